#!lua flags=no-writes,allow-oom
-- Find a session that has not ended. The key ends with the last of its sessions, so each session's end is checked.
-- KEYS[1]  the account's sessions
-- ARGV     token's SHA-256
-- Returns  {account id, credentials version} | nil
local sessions, account = sessions_in(redis.call('GET', KEYS[1]), now_ms())
local place = place_of(ARGV[1], sessions)
return place and {account, sessions[place].version}
