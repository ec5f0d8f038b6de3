#!lua flags=no-writes,allow-oom
-- Look at a counter without counting.
-- KEYS[1]  the counter
-- Returns  the count, milliseconds until its window ends; zeros where there is none
return {
  tonumber(redis.call('GET', KEYS[1])) or 0,
  math.max(redis.call('PEXPIRETIME', KEYS[1]) - now_ms(), 0),
}
