-- What every script about an index starts with. A user's index is a sorted set of
-- digests by the time of login. Score 0 marks a member that was evicted and whose record
-- is still to be deleted: it does not count, but a crash can't lose it. Afterwards its
-- score is negative, the time of its login's eviction, and for a minute tells the call
-- that entered it, if that is sent twice, not to do so again. Scores count microseconds:
-- two logins may fall into one millisecond, and must keep their order.

local function server_now()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Let an index live on for so long and a minute, never shorter than it would anyway.
local function keep_for(key, ms)
  if redis.call('PTTL', key) < ms + 60000 then
    redis.call('PEXPIRE', key, string.format('%.0f', ms + 60000))
  end
end

-- Delete what lies in an index's place and is none.
local function ensure_list(key)
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'zset' and kind ~= 'none' then
    redis.call('DEL', key)
  end
end
