-- Give an entry its time of login, or take it off; only if it is as this rebuild left
-- it: not forgotten by a revocation, nor entered once more by another rebuild.
-- KEYS[1] index; ARGV: member, unsettled score, login time in µs or '' for dead

local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) ~= tonumber(ARGV[2]) then
  return
end
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
end
