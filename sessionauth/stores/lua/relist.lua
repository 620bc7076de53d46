-- Enter a session that may be missing, with a score that tells it from a login: a
-- fraction, until it is settled that the session is alive. Answers 1 if that is to be
-- settled, else 0.
-- KEYS[1] index; ARGV: member, unsettled score, absolute ms

local key, member, score = KEYS[1], ARGV[1], tonumber(ARGV[2])
ensure_list(key) -- nobody could log in over it
local left = math.floor((score - server_now()) / 1000) + ARGV[3]
if left < 0 then
  return 0 -- the session is at its absolute end
end
local listed = redis.call('ZSCORE', key, member)
local is_unsettled = not listed or tonumber(listed) % 1 ~= 0
if is_unsettled then
  redis.call('ZADD', key, ARGV[2], member)
end
keep_for(key, left)
return is_unsettled and 1 or 0
