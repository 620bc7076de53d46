-- Take members without a record off the list; what is no list goes altogether.
-- KEYS[1] index; ARGV: members

ensure_list(KEYS[1])
for _, member in ipairs(ARGV) do
  redis.call('ZREM', KEYS[1], member)
end
