#!lua flags=no-writes,allow-oom
-- Count the sessions that have not ended.
-- KEYS[1]  the account's sessions
-- ARGV     credentials version
-- Returns  the number of sessions that were opened under it
local count = 0
for _, session in ipairs((sessions_in(redis.call('GET', KEYS[1]), now_ms()))) do
  if session.version == tonumber(ARGV[1]) then count = count + 1 end
end
return count
