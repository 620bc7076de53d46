-- Delete a record. Answers the stored user id, so that the index can forget it.
-- One that was renewed counts no more, and stays until it expires: whoever ends the
-- session under its old id, or asks twice, must find the way to the new one.
-- KEYS[1] record

if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then
  redis.call('DEL', KEYS[1])
  return false
end
-- The user id, and whether the session was renewed (core/record.py).
local stored = redis.call('HMGET', KEYS[1], 'U', 'r')
if not stored[2] then
  redis.call('DEL', KEYS[1])
end
return stored[1]
