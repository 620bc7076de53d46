-- Let a renewed id stand where the old one stood, with its time of login, only if the
-- old one still stands: a revocation that came in between wins. An entry that a rebuild
-- has not settled yet may have been revoked before. Answers 1 or 0.
-- KEYS[1] index; ARGV: old member, new member

if redis.call('ZSCORE', KEYS[1], ARGV[2]) then
  return 1
end
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) <= 0 or tonumber(score) % 1 ~= 0 then
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], score, ARGV[2])
return 1
