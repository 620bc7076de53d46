-- What every script about a record starts with. Values that carry data are never
-- read here: only the one-letter fields, which are plain numbers.

local function server_now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Let the record live on: until it was idle for too long, but never past its end.
local function extend(key, idle, absolute, now)
  local meta = redis.call('HMGET', key, 'c', 'a', 'i', 'x', 'r')
  local anchor = tonumber(meta[2] or meta[1])
  if not anchor or meta[5] then
    return false -- no record, or one that was renewed: nothing to keep alive
  end
  local left = math.min(
    tonumber(idle),
    tonumber(meta[3] or idle) or 0,
    anchor + tonumber(absolute) - now,
    (tonumber(meta[4] or math.huge) or 0) - now
  )
  redis.call('PEXPIRE', key, string.format('%.0f', left))
  return true
end
