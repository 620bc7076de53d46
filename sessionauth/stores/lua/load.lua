-- Read a record and, if this is a use of it, note that. Answers all fields, as they were
-- before, and the server's time.
-- KEYS[1] record; ARGV: idle ms, absolute ms, ms between two notes of the last use,
--   or '' if this is no use

local fields = redis.call('HGETALL', KEYS[1])
local count = #fields
if count == 0 then
  -- Nothing to do, but a write: who may not write (a replica that was the primary) may
  -- lack the newest sessions, and is to refuse rather than to call them unknown.
  redis.call('PEXPIRE', KEYS[1], 1)
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
if ARGV[3] ~= '' then
  local seen = tonumber(own.u or own.a or own.c)
  if seen and not own.r and math.abs(now - seen) >= tonumber(ARGV[3]) then
    -- A full server refuses this, and is to go on reading.
    redis.pcall('HSET', KEYS[1], 'u', string.format('%.0f', now))
  end
  -- Last, because it deletes a record that came to its end.
  live_on(KEYS[1], own, ARGV[1], ARGV[2], now)
end
fields[count + 1] = now
return fields
