-- Delete a record. Answers the stored user id, so that the index can forget it.
-- KEYS[1] record

if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then
  redis.call('DEL', KEYS[1])
  return false
end
local user_id = redis.call('HGET', KEYS[1], ':_auth_user_id')
redis.call('DEL', KEYS[1])
return user_id
