-- Create a bare record, only if the id is new. Answers when it was created, or nil.
-- A bare record is one that nobody filled yet: then this call was sent twice.
-- KEYS[1] record; ARGV: idle ms, absolute ms

if redis.call('EXISTS', KEYS[1]) == 1 then
  local created = redis.call('HGET', KEYS[1], 'c')
  if redis.call('HLEN', KEYS[1]) > 1 or not created then
    return false
  end
  return tonumber(created)
end
local now = server_now()
redis.call('HSET', KEYS[1], 'c', string.format('%.0f', now))
live_on(KEYS[1], {c = now}, ARGV[1], ARGV[2], now)
return now
