-- Functions that all scripts share. Plain Lua 5.1 arithmetic, no struct: the same text runs on Redis, Valkey and
-- fakeredis.
local function unpack_number(bytes, first, last)
  local number = 0
  for i = first, last do number = number * 256 + string.byte(bytes, i) end
  return number
end

local function pack_number(number, size)
  local bytes = {}
  for i = size, 1, -1 do
    bytes[i] = string.char(number % 256)
    number = math.floor(number / 256)
  end
  return table.concat(bytes)
end

-- Milliseconds of the server's own clock.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
