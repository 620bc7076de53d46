-- What every script about a record starts with. Values that carry data are never
-- read here: only the one-letter fields, which are plain numbers.

local function server_now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Let the record live on until it was idle for too long, but never past its end.
-- `own` has its fields c, a, i, x, r; what is damaged ends the record.
local function live_on(key, own, idle, absolute, now)
  local anchor = own.a or own.c
  if not anchor or own.r then
    return -- no record, or one that was renewed: nothing to keep alive
  end
  local left = tonumber(idle)
  local function at_most(ms)
    if not (ms and ms >= left) then
      left = ms or -1
    end
  end
  at_most((tonumber(anchor) or 0) + absolute - now)
  if own.i then
    at_most(tonumber(own.i))
  end
  if own.x then
    at_most((tonumber(own.x) or 0) - now)
  end
  -- In this order max() turns what is no number into -1 as well.
  redis.call('PEXPIRE', key, math.floor(math.max(-1, left)))
end
