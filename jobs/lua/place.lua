-- Tells how many jobs will start before one that is queued, if nothing else comes.
--
-- KEYS[1] ring      zset: orgs with queued ids, by the start tag of each one's next job
-- ARGV[1] prefix    of the orgs' queues (zset: job ids by score)
-- ARGV[2] org       whose job it is
-- ARGV[3] id        the job
-- ARGV[4] orgs      the most orgs to look at
-- Returns           the number of jobs before it; nil when the queue does not know the job
local function is_before(one, other)  -- as the ring orders names, whatever the locale
  for at = 1, math.min(#one, #other) do
    local left, right = one:byte(at), other:byte(at)
    if left ~= right then return left < right end
  end
  return #one < #other
end
local rank = redis.call('ZRANK', ARGV[1] .. ARGV[2], ARGV[3])
if not rank then return nil end
local tag = redis.call('ZSCORE', KEYS[1], ARGV[2])
local before = rank
if tag then
  local turn = tonumber(tag) + rank
  local ring = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[4]), 'WITHSCORES')
  for at = 1, #ring, 2 do
    local org, theirs = ring[at], tonumber(ring[at + 1])
    if org ~= ARGV[2] and theirs <= turn then
      local turns = math.ceil(turn - theirs)
      if turns == turn - theirs and is_before(org, ARGV[2]) then turns = turns + 1 end
      before = before + math.min(redis.call('ZCARD', ARGV[1] .. org), turns)
    end
  end
end
return before
