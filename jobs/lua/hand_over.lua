-- Puts ids of queued jobs on their orgs' queues, and orgs that had none into the ring; wakes workers.
--
-- KEYS[1] ring      zset: orgs with queued ids, by the start tag of each one's next job
-- KEYS[2] clock     hash: field "now" is virtual time, the start tag of the job taken last
-- KEYS[3] rested    zset: orgs that ran out of ids, by the tag their next job would have had
-- KEYS[4] wake      list: a token per worker to be woken; at most ARGV[2]
-- KEYS[5] behind    set: orgs with more queued jobs in the record than here
-- KEYS[6] taken     zset: ids taken in the last second: not forgotten, but about to be started
-- ARGV[1] prefix    of the orgs' queues (zset: job ids by score)
-- ARGV[2] tokens    the most wake tokens that lie around
-- ARGV[3] bound     the most ids per org; more wait in the record for the relay
-- ARGV[4] refill    1: these are the next ones of an org that is behind; 0: they are new, and have to
--                   wait behind those in the record
-- ARGV[5…]          org, id, score; and so on
-- Returns           how many ids were not there before
local added = 0
local now = tonumber(redis.call('HGET', KEYS[2], 'now') or '0')
local bound = tonumber(ARGV[3])
local behind = {}
for at = 5, #ARGV, 3 do
  local org, id, score = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local queue = ARGV[1] .. org
  if behind[org] == nil then
    behind[org] = ARGV[4] == '0' and redis.call('SISMEMBER', KEYS[5], org) == 1
  end
  if not behind[org] then
    if redis.call('ZCARD', queue) >= bound then
      redis.call('SADD', KEYS[5], org)
      behind[org] = true
    elseif ARGV[4] == '0' or not redis.call('ZSCORE', KEYS[6], id) then
      added = added + redis.call('ZADD', queue, 'NX', score, id)
      if not redis.call('ZSCORE', KEYS[1], org) then
        local tag = tonumber(redis.call('ZSCORE', KEYS[3], org) or '0')
        redis.call('ZREM', KEYS[3], org)
        redis.call('ZADD', KEYS[1], math.max(now, tag), org)
      end
    end
  end
end
local wanted = math.min(added, tonumber(ARGV[2]) - redis.call('LLEN', KEYS[4]))
for _ = 1, wanted do redis.call('RPUSH', KEYS[4], '1') end
return added
