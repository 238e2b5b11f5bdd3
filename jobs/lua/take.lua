-- Takes ids in the order of start-time fair queueing: always the org whose next job has the smallest
-- start tag, and each job taken moves its org's tag on by one. So orgs with work get equal shares,
-- an org that was idle starts at the present, and nobody saves up or owes for the past.
--
-- KEYS[1] ring      zset: orgs with queued ids, by the start tag of each one's next job
-- KEYS[2] clock     hash: field "now" is virtual time, the start tag of the job taken last
-- KEYS[3] rested    zset: orgs that ran out of ids, by the tag their next job would have had
-- KEYS[4] wake      list: a token per worker to be woken
-- KEYS[5] behind    set: orgs with more queued jobs in the record than here
-- KEYS[6] taken     zset: ids taken in the last second, by when: they are about to be started
-- ARGV[1] prefix    of the orgs' queues (zset: job ids by score)
-- ARGV[2] most      how many ids to take
-- ARGV[3] low       an org that is behind wants more when it has fewer ids left than this
-- Returns           whether an org wants more (1 or 0), and the ids
local taken = {}
local hungry = 0
local low = redis.call('EXISTS', KEYS[5]) == 1 and tonumber(ARGV[3]) or 0
local most = tonumber(ARGV[2])
local now = tonumber(redis.call('HGET', KEYS[2], 'now') or '0')
while #taken < most do
  local first = redis.call('ZRANGE', KEYS[1], 0, 1, 'WITHSCORES')
  if #first == 0 then break end
  local org, tag = first[1], tonumber(first[2])
  -- As many as start before the next org's turn: all of them when it is alone. At a tie the ring
  -- itself decides, by name, so the order does not depend on how many are taken at once.
  local share = most - #taken
  if #first > 2 then
    share = math.min(share, math.max(math.ceil(tonumber(first[4]) - tag), 1))
  end
  local popped = redis.call('ZPOPMIN', ARGV[1] .. org, share)
  local got = #popped / 2
  for at = 1, #popped, 2 do taken[#taken + 1] = popped[at] end
  if got > 0 then now = math.max(now, tag + got - 1) end
  local left = redis.call('ZCARD', ARGV[1] .. org)
  if left < low and redis.call('SISMEMBER', KEYS[5], org) == 1 then hungry = 1 end
  if left == 0 then
    redis.call('ZREM', KEYS[1], org)
    redis.call('ZADD', KEYS[3], tag + got, org)
  else
    redis.call('ZADD', KEYS[1], tag + got, org)
  end
end
redis.call('HSET', KEYS[2], 'now', tostring(now))
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
if redis.call('ZCARD', KEYS[1]) > 0 and redis.call('LLEN', KEYS[4]) == 0 then
  redis.call('RPUSH', KEYS[4], '1')
end
if #taken > 0 then
  local time = redis.call('TIME')
  local clock = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', clock - 1000)
  local entries = {}
  for at = 1, #taken do
    entries[2 * at - 1], entries[2 * at] = clock, taken[at]
  end
  redis.call('ZADD', KEYS[6], unpack(entries))
  redis.call('PEXPIRE', KEYS[6], 1000)
end
return {hungry, taken}
