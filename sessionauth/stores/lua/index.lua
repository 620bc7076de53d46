-- What every script about a user's index starts with: a sorted set of digests by the
-- time of login. Score 0 marks a member that was evicted and whose record is still
-- to be deleted: it does not count, but a crash can't lose it. Scores count
-- microseconds: two logins may fall into one millisecond, and must keep their order.

local function server_now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
