#!lua
-- Count a request; the first one starts the window.
-- KEYS[1]  the counter
-- ARGV     amount to count, milliseconds of a window
-- Returns  the count, milliseconds until the window ends
local now, ends = now_ms(), redis.call('PEXPIRETIME', KEYS[1])
if ends < now then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {tonumber(ARGV[1]), tonumber(ARGV[2])}
end
local count = (tonumber(redis.call('GET', KEYS[1])) or 0) + ARGV[1]
redis.call('SET', KEYS[1], count, 'KEEPTTL')
return {count, ends - now}
