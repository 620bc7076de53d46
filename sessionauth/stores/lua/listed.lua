-- Answer the server's time and the members that logged in until then, with scores.
-- KEYS[1] index; ARGV: until when in µs, or '' for now

local now = string.format('%.0f', server_now())
local until_us = ARGV[1] ~= '' and ARGV[1] or now
return {now, redis.call('ZRANGEBYSCORE', KEYS[1], 0, until_us, 'WITHSCORES')}
