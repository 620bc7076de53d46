-- Change fields of a record, only if it is alive. Answers 1 if it was, else 0.
-- KEYS[1] record; ARGV: idle ms or '' if this is no use of it, absolute ms,
--   number n of fields to set, n names each followed by its value, names to remove

local meta = redis.call('HMGET', KEYS[1], 'c', 'r')
if not meta[1] or meta[2] then
  return 0
end
local last = 3 + 2 * ARGV[3]
for i = 4, last, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
for i = last + 1, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
local stored = redis.call('HMGET', KEYS[1], 'c', 'a', 'i', 'x')
local own = {c = stored[1], a = stored[2], i = stored[3], x = stored[4]}
local idle = ARGV[1] ~= '' and ARGV[1] or redis.call('PTTL', KEYS[1])
live_on(KEYS[1], own, idle, ARGV[2], server_now())
return 1
