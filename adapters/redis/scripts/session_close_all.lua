#!lua flags=allow-oom
-- End all sessions of an account.
-- KEYS[1]  the account's sessions
-- Returns  1 | 0 if there was nothing
return redis.call('DEL', KEYS[1])
