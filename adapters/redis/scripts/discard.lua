#!lua flags=allow-oom
-- Delete a quote, unless a live lease holds it.
-- KEYS[1]  the quote
-- ARGV     expected revision or ''
-- Returns  {OK} | {GONE} | {CLAIMED} | {BUSY, seconds} | {CONFLICT, revision} | {UNREADABLE, record}
local old = redis.call('GET', KEYS[1])
if not old then return {'GONE'} end
local record = parse(old)
if record then
  if record.state == TOMBSTONE then return {'CLAIMED'} end
  local busy = busy_seconds(record, now_ms())
  if busy then return {'BUSY', busy} end
  if differs(record, ARGV[1]) then return {'CONFLICT', record.revision} end
elseif ARGV[1] ~= '' then
  return {'UNREADABLE', old}
end
redis.call('DEL', KEYS[1])
return {'OK'}
