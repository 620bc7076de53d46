-- Answer the server's time, how many users there are in the span, and n of them with
-- their times, newest first.
-- KEYS[1] the list; ARGV: youngest and oldest age in ms ('' for any), newest time in µs
--   to begin at ('' for the newest of all), n

local now = server_now()
ensure_list(KEYS[1])
local function ago(ms)
  return string.format('%.0f', now - ms * 1000)
end
local newest = ARGV[1] ~= '' and ago(ARGV[1]) or '(+inf'
local oldest = ARGV[2] ~= '' and ago(ARGV[2]) or 0
local count = redis.call('ZCOUNT', KEYS[1], oldest, newest)
local from = newest
if ARGV[3] ~= '' and (newest == '(+inf' or tonumber(ARGV[3]) < tonumber(newest)) then
  from = ARGV[3]
end
local found = redis.call(
  'ZRANGE', KEYS[1], from, oldest, 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[4], 'WITHSCORES'
)
return {string.format('%.0f', now), count, found}
