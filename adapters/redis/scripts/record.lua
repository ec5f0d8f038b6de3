-- The record of a quote, shared by the scripts about quotes; its layout is described in adapters/redis/record.py.
local VERSION, OPEN, CLAIMING, TOMBSTONE = 1, 'O', 'C', 'T'

-- Returns the fields of a record; nil if this version cannot read the bytes.
local function parse(value)
  local state = string.sub(value, 2, 2)
  local shortest = ({[OPEN] = 17, [CLAIMING] = 37, [TOMBSTONE] = 8})[state]
  if not shortest or #value < shortest or string.byte(value, 1) ~= VERSION then return nil end
  local record = {state = state, revision = unpack_number(value, 3, 8)}
  if state == TOMBSTONE then return record end
  record.save, record.body = string.sub(value, 9, 16), string.sub(value, shortest)
  if state == CLAIMING then
    record.lease_end, record.claim = unpack_number(value, 17, 20), string.sub(value, 21, 36)
  end
  record.product = string.sub(record.body, 2, 1 + string.byte(record.body, 1))
  return record
end

local function opened(revision, save, body)
  return string.char(VERSION) .. OPEN .. pack_number(revision, 6) .. save .. body
end

-- Returns the seconds for which a lease still runs; nil if there is none.
local function busy_seconds(record, now)
  if record.state ~= CLAIMING or record.lease_end * 1000 <= now then return nil end
  return math.ceil(record.lease_end - now / 1000)
end

local function differs(record, expected)
  return expected ~= '' and record.revision ~= tonumber(expected)
end
