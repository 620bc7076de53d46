-- Read a record and note that it was used. Answers all fields and the server's time.
-- KEYS[1] record; ARGV: idle ms, absolute ms

local fields = redis.call('HGETALL', KEYS[1])
if #fields == 0 then
  return fields
end
local now = server_now()
extend(KEYS[1], ARGV[1], ARGV[2], now)
fields[#fields + 1] = now
return fields
