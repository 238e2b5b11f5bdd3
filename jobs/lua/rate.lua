-- Takes from rate limits by the generic cell rate algorithm: from all of them, or from none.
--
-- KEYS[1] awake     string: since when this Redis remembers, in milliseconds since 1970
-- KEYS[2…] rates    string each: the theoretical arrival time in milliseconds; expires when it is past
-- ARGV[1] cost      how many to take
-- ARGV[2…]          per rate: interval (ms between two), burst, period (ms), used in the last period or -1
-- Returns           {1, remaining…} when taken, {0, number of the rate, ms to wait} when refused,
--                   {-1, number of the rate} when the rate's past is unknown: call again with "used"
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
redis.call('SET', KEYS[1], string.format('%d', now), 'NX')
local awake = tonumber(redis.call('GET', KEYS[1]))
local answer = {1}
local arrivals = {}
for at = 2, #KEYS do
  local first = 2 + (at - 2) * 4
  local interval, burst = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
  local period, used = tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  local arrival = tonumber(redis.call('GET', KEYS[at]) or '-1')
  if arrival < 0 then
    arrival = now
    if now - awake < period then
      if used < 0 then return {-1, at - 1} end
      arrival = now + math.min(used, burst) * interval
    end
  end
  local cost = math.min(tonumber(ARGV[1]), burst)
  local next = math.max(arrival, now) + cost * interval
  local late = next - burst * interval - now
  if late > 0.001 then return {0, at - 1, math.ceil(late)} end
  arrivals[at] = next
  answer[at] = math.floor((burst * interval - (next - now)) / interval + 0.001)
end
for at = 2, #KEYS do
  local left = math.ceil(arrivals[at] - now)
  if left > 0 then
    redis.call('SET', KEYS[at], string.format('%.3f', arrivals[at]), 'PX', left)
  end
end
return answer
