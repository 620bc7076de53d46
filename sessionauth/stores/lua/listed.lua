-- Answer the server's time and the members that logged in until then, with scores.
-- KEYS[1] index; ARGV: until when in µs, or '' for all

local now = string.format('%.0f', server_now())
-- Without an instant even the future is listed: a failover may have brought a clock
-- that is behind the one of the last logins.
local until_us = ARGV[1] ~= '' and ARGV[1] or '+inf'
return {now, redis.call('ZRANGEBYSCORE', KEYS[1], 0, until_us, 'WITHSCORES')}
