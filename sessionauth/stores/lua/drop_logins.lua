-- Drop users without sessions, unless they have logged in since the list was read.
-- KEYS[1] the list; ARGV: pairs of a user id and the login time that was read, in µs

for n = 1, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[n])
  if score and tonumber(score) == tonumber(ARGV[n + 1]) then
    redis.call('ZREM', KEYS[1], ARGV[n])
  end
end
