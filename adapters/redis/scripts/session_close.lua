#!lua flags=allow-oom
-- End one session.
-- KEYS[1]  the account's sessions
-- ARGV     token's SHA-256
-- Returns  1 | 0 if there was none, or it had ended
local sessions, account = sessions_in(redis.call('GET', KEYS[1]), now_ms())
local place = place_of(ARGV[1], sessions)
if not place then return 0 end
table.remove(sessions, place)
store(sessions, account)
return 1
