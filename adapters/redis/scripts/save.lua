#!lua
-- Replace a quote's payload and restart its TTL, up to its maximum age. Never brings back a quote that is gone.
-- KEYS[1]  the quote
-- ARGV     save id, payload, TTL in ms, maximum age in ms since the epoch, expected revision or ''
-- Returns  {OK, revision, expiry in ms, product} | {GONE} | {CLAIMED} | {BUSY, seconds} | {CONFLICT, revision}
--          | {UNREADABLE, record}
-- The same save id again gets the first answer, also when a claim has frozen the quote meanwhile.
local save, payload, ttl, max_age_end, expected = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

local now = now_ms()
local old = redis.call('GET', KEYS[1])
if not old then return {'GONE'} end
local record = parse(old)
if not record then return {'UNREADABLE', old} end
if record.state == TOMBSTONE then return {'CLAIMED'} end
if record.save == save then
  return {'OK', record.revision, redis.call('PEXPIRETIME', KEYS[1]), record.product}
end
local busy = busy_seconds(record, now)
if busy then return {'BUSY', busy} end
ttl = math.min(ttl, max_age_end - now)
if ttl <= 0 then return {'GONE'} end
if differs(record, expected) then return {'CONFLICT', record.revision} end

local revision = math.max(record.revision + 1, now)
local product = string.sub(record.body, 1, 1 + #record.product)
redis.call('SET', KEYS[1], opened(revision, save, product .. payload), 'PX', ttl)
return {'OK', revision, redis.call('PEXPIRETIME', KEYS[1]), record.product}
