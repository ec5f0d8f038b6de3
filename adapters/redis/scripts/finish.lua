#!lua flags=allow-oom
-- Put a tombstone in a claimed quote's place, also if nothing is there, but not if the draft is newer than the claim.
-- KEYS[1]  the quote
-- ARGV     committed revision, tombstone's TTL in ms, the undecodable record that the claim holds or ''
-- Returns  {OK} | {NEWER, revision, record} | {UNREADABLE, record}
local LAST = 2 ^ 48 - 1
local committed, undecodable = tonumber(ARGV[1]), ARGV[3]
local old = redis.call('GET', KEYS[1])
local record = old and parse(old)
if record and record.state ~= TOMBSTONE and record.revision > committed then
  return {'NEWER', record.revision, old}
end
if old and not record and old ~= undecodable and committed ~= LAST then return {'UNREADABLE', old} end
redis.call('SET', KEYS[1], string.char(VERSION) .. TOMBSTONE .. pack_number(committed, 6), 'PX', tonumber(ARGV[2]))
return {'OK'}
