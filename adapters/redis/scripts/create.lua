#!lua
-- Keep a new quote.
-- KEYS[1]  the quote
-- ARGV     save id, body (product and payload), TTL in ms, maximum age in ms since the epoch
-- Returns  {OK, revision, expiry in ms, product} | {GONE} past the maximum age | {CONFLICT, revision} if it exists
local save, body, ttl, max_age_end = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local now = now_ms()
local old = redis.call('GET', KEYS[1])
if old then
  local record = parse(old)
  if not record or record.save ~= save then return {'CONFLICT', record and record.revision or 0} end
  return {'OK', record.revision, redis.call('PEXPIRETIME', KEYS[1]), record.product}
end
ttl = math.min(ttl, max_age_end - now)
if ttl <= 0 then return {'GONE'} end
local value = opened(now, save, body)
redis.call('SET', KEYS[1], value, 'PX', ttl)
return {'OK', now, redis.call('PEXPIRETIME', KEYS[1]), parse(value).product}
