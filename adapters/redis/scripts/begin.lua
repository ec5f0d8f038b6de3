#!lua flags=allow-oom
-- Freeze a quote for one claim token, and restart its TTL: at most one TTL past its maximum age.
-- KEYS[1]  the quote
-- ARGV     claim token, lease in ms, TTL in ms, maximum age in ms since the epoch, expected revision or ''
-- Returns  {OK, revision, record} | {GONE} | {CLAIMED} | {BUSY, seconds} | {CONFLICT, revision}
--          | {UNREADABLE, record}, not frozen: the record cannot be parsed
-- The same claim token again gets the same answer. A lease that has ended is taken over.
local claim, lease, ttl, max_age_end, expected = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

local now = now_ms()
local old = redis.call('GET', KEYS[1])
if not old then return {'GONE'} end
local record = parse(old)
if not record then return {'UNREADABLE', old} end
if record.state == TOMBSTONE then return {'CLAIMED'} end
if record.claim == claim then return {'OK', record.revision, old} end
local busy = busy_seconds(record, now)
if busy then return {'BUSY', busy} end
ttl = math.min(ttl, max_age_end + ttl - now)
if ttl <= 0 then return {'GONE'} end
if differs(record, expected) then return {'CONFLICT', record.revision} end

local frozen = string.char(VERSION) .. CLAIMING .. pack_number(record.revision, 6) .. record.save
  .. pack_number(math.ceil((now + lease) / 1000), 4) .. claim .. record.body
redis.call('SET', KEYS[1], frozen, 'PX', ttl)
return {'OK', record.revision, frozen}
