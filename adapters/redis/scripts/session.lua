#!lua flags=allow-oom
-- Open a session, also when the memory is full: a customer must be able to log in.
-- KEYS[1]  the session, by its token's hash
-- ARGV     value, TTL in ms
-- Returns  expiry in ms
local time = redis.call('TIME')
redis.call('SET', KEYS[1], ARGV[1], 'PX', tonumber(ARGV[2]))
return time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
