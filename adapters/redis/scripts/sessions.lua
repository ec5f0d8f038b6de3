-- The sessions of an account, shared by the scripts about sessions; the layout is described in
-- adapters/redis/sessions.py.
local VERSION, TOKEN, ENTRY = 1, 32, 42

-- Returns the sessions that have not ended, and the account's id. Bytes that this version cannot read hold no session.
local function sessions_in(value, now)
  local size = value and string.byte(value, 2)
  if not size or string.byte(value, 1) ~= VERSION or (#value - 2 - size) % ENTRY ~= 0 then return {} end
  local account = string.sub(value, 3, 2 + size)
  if not string.find(account, '^[!-~]+$') then return {} end
  local sessions = {}
  for first = 3 + size, #value, ENTRY do
    local last = first + ENTRY - 1
    local ends = unpack_number(value, last - 5, last)
    if ends > now then
      table.insert(sessions, {
        token = string.sub(value, first, first + TOKEN - 1),
        version = unpack_number(value, first + TOKEN, last - 6),
        ends = ends,
        bytes = string.sub(value, first, last),
      })
    end
  end
  return sessions, account
end

-- Returns the place of the session with that token's hash; nil if there is none.
local function place_of(token, sessions)
  for place, session in ipairs(sessions) do
    if session.token == token then return place end
  end
end

-- Writes the sessions. The key ends with the last of them.
local function store(sessions, account)
  if #sessions == 0 then
    redis.call('DEL', KEYS[1])
    return
  end
  local value, latest = string.char(VERSION, #account) .. account, 0
  for _, session in ipairs(sessions) do
    value = value .. session.bytes
    latest = math.max(latest, session.ends)
  end
  redis.call('SET', KEYS[1], value, 'PXAT', latest)
end
