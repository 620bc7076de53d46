-- Hand a record's fields over to a new id, once. Answers them, or nil.
-- What stays behind for a while does not count as a session; it tells the same call
-- sent twice from a second taker, and a dead id from one that never was.
-- KEYS[1] the old record; ARGV: digest of the new id, ms to stay behind

local meta = redis.call('HMGET', KEYS[1], 'c', 'r')
if not meta[1] or (meta[2] and meta[2] ~= ARGV[1]) then
  return false
end
if not meta[2] then
  redis.call('HSET', KEYS[1], 'r', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('HGETALL', KEYS[1])
