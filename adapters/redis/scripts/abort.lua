#!lua flags=allow-oom
-- Open a quote again that this claim token froze; its TTL runs on.
-- KEYS[1]  the quote
-- ARGV     claim token
-- Returns  {OK}, also where there is nothing to open
local old = redis.call('GET', KEYS[1])
local record = old and parse(old)
if record and record.claim == ARGV[1] then
  redis.call('SET', KEYS[1], opened(record.revision, record.save, record.body), 'KEEPTTL')
end
return {'OK'}
