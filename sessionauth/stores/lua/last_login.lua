-- Note the login of a user. Each call moves the time on, if only by a microsecond, so
-- that nobody drops the user who read the list before.
-- KEYS[1] the list; ARGV: user id, login time in µs or '' for now, absolute ms

local key, absolute = KEYS[1], tonumber(ARGV[3])
local now = server_now()
local at = ARGV[2] ~= '' and tonumber(ARGV[2]) or now
ensure_list(key)
redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - absolute * 1000))
if at <= now - absolute * 1000 then
  return -- a session at its end; the list may be kept for nobody else
end

local before = redis.call('ZSCORE', key, ARGV[1])
if before then
  at = math.max(at, tonumber(before) + 1)
end
redis.call('ZADD', key, string.format('%.0f', at), ARGV[1])
keep_for(key, math.floor((at - now) / 1000) + absolute)
