#!lua flags=allow-oom
-- Open a session, also when the memory is full: a customer must be able to log in.
-- KEYS[1]  the account's sessions
-- ARGV     account id, token's SHA-256, credentials version, TTL in ms, most sessions of an account
-- Returns  expiry in ms
-- The same token again gets the first answer. Sessions of older credentials end. Sessions of newer credentials stay.
-- The new session is kept beside them, since only SQL knows the present credentials. It is the first to go if there are
-- too many.
local account, token, version, ttl, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local now = now_ms()
local found = sessions_in(redis.call('GET', KEYS[1]), now)
local repeated = place_of(token, found)
if repeated then return found[repeated].ends end

local ends, sessions, place = now + ttl, {}, 1
for _, session in ipairs(found) do
  if session.version >= version then table.insert(sessions, session) end
  if session.version == version then place = #sessions + 1 end
end
table.insert(sessions, place, {ends = ends, bytes = token .. pack_number(version, 4) .. pack_number(ends, 6)})
while #sessions > most do table.remove(sessions, 1) end
store(sessions, account)
return ends
