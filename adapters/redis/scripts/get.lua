#!lua flags=no-writes,allow-oom
-- Read a quote. One script, since two commands at once are two round trips in a cluster whose slots move.
-- KEYS[1]  the quote
-- Returns  {OK, record, expiry in ms} | {GONE}
local value = redis.call('GET', KEYS[1])
if not value then return {'GONE'} end
return {'OK', value, redis.call('PEXPIRETIME', KEYS[1])}
