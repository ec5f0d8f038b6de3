#!lua flags=no-writes,allow-oom
-- Read a quote. One script, because two commands at once are two round trips in a cluster with moving slots.
-- KEYS[1]  the quote
-- ARGV     maximum age in ms since the epoch
-- Returns  {OK, record, expiry in ms} | {GONE}, also past the maximum age, even if a claim has restarted the TTL
local value = redis.call('GET', KEYS[1])
if not value then return {'GONE'} end
local record = parse(value)
if record and record.state ~= TOMBSTONE and now_ms() >= tonumber(ARGV[1]) then return {'GONE'} end
return {'OK', value, redis.call('PEXPIRETIME', KEYS[1])}
