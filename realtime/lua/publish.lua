-- Publish messages, in order, but only those somebody hears.
--
-- KEYS    none: pub/sub channels are no keys
-- ARGV    pub/sub channel, packed message, …  (at most 1,000 pairs: they go through Lua's stack)
-- result  how many listeners heard them, added up

local names = {}
for i = 1, #ARGV, 2 do names[#names + 1] = ARGV[i] end
local heard = redis.call('PUBSUB', 'NUMSUB', unpack(names))

local listeners = 0
for i = 1, #names do
  if heard[2 * i] > 0 then
    listeners = listeners + redis.call('PUBLISH', names[i], ARGV[2 * i])
  end
end
return listeners
