-- Read a record and note that it was used. Answers all fields and the server's time.
-- KEYS[1] record; ARGV: idle ms, absolute ms

local fields = redis.call('HGETALL', KEYS[1])
local count = #fields
if count == 0 then
  return fields
end
-- Found here they cost no further command: this script runs at every request.
local own = {}
for n = 1, count, 2 do
  if #fields[n] == 1 then
    own[fields[n]] = fields[n + 1]
  end
end
local now = server_now()
live_on(KEYS[1], own, ARGV[1], ARGV[2], now)
fields[count + 1] = now
return fields
