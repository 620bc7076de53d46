-- Enter a login. Answers the members to end, or nil if the limit leaves no room.
-- Sent twice, it finds its own member and evicts nobody again; if that was evicted in
-- between, it stays so.
-- KEYS[1] index; ARGV: member, member it replaces or '', limit or 0,
--   what to do at the limit ('ask', 'deny', 'evict_oldest'), absolute ms, dead members

local key, member, limit, absolute = KEYS[1], ARGV[1], tonumber(ARGV[3]), ARGV[5]
local now = server_now()
redis.call('ZREMRANGEBYSCORE', key, '(0', string.format('%.0f', now - absolute * 1000))
redis.call('ZREMRANGEBYSCORE', key, string.format('%.0f', 60 * 1000000 - now), '(0')
redis.call('ZREM', key, ARGV[2], unpack(ARGV, 6))

local listed = tonumber(redis.call('ZSCORE', key, member) or nil)
if listed and listed <= 0 then
  return redis.call('ZRANGEBYSCORE', key, 0, 0)
end
if limit > 0 and not listed then
  local surplus = redis.call('ZCOUNT', key, '(0', '+inf') + 1 - limit
  if surplus > 0 and ARGV[4] ~= 'evict_oldest' then
    return false
  end
  if surplus > 0 then
    local oldest = redis.call('ZRANGEBYSCORE', key, '(0', '+inf', 'LIMIT', 0, surplus)
    for _, evicted in ipairs(oldest) do
      redis.call('ZADD', key, 0, evicted)
    end
  end
end
redis.call('ZADD', key, string.format('%.0f', now), member)
-- The newest login ends last, so the index is needed until then.
redis.call('PEXPIRE', key, string.format('%.0f', absolute + 60000))
return redis.call('ZRANGEBYSCORE', key, 0, 0)
