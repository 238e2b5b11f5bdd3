-- Remember something ephemeral about a channel and tell it, in one step, fenced by attempt.
--
-- KEYS  1 hash    attempt, position, and "latest:<key>" for each latest value
--       2 string  the tail of the attempt's output
--       3 list    the newest lines
-- ARGV  1 attempt        smaller than the remembered one: refused; larger: output and latest
--                        values of the old attempt are forgotten (lines stay)
--       2 ttl            seconds, for all three keys
--       3 what           "latest" | "text" | "lines"
--       4 bound          latest: unused; text: bytes kept; lines: lines kept
--       5 count          how many arguments the value has
--       6 …              latest: key, value; text: start (bytes), text; lines: the lines
--       then             pub/sub channel, packed message, …: published as they are
-- result  1 remembered and told, 0 refused (an old attempt, or text that is already known)

local ttl, what, bound, count = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local attempt = tonumber(ARGV[1])
local known = tonumber(redis.call('HGET', KEYS[1], 'attempt') or '0')

if attempt < known then return 0 end
if attempt > known then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'attempt', attempt)
end

if what == 'latest' then
  redis.call('HSET', KEYS[1], 'latest:' .. ARGV[6], ARGV[7])
elseif what == 'text' then
  local start, text = tonumber(ARGV[6]), ARGV[7]
  local finish = start + #text
  local position = tonumber(redis.call('HGET', KEYS[1], 'position') or '0')
  if #text > 0 and finish <= position then return 0 end
  if start > position then redis.call('DEL', KEYS[2]) end -- a hole: known from here on only
  if start < position then text = string.sub(text, position - start + 1) end
  local size = redis.call('APPEND', KEYS[2], text)
  if size > bound + bound / 4 then -- seldom, because it copies
    redis.call('SET', KEYS[2], redis.call('GETRANGE', KEYS[2], -bound, -1))
  end
  redis.call('HSET', KEYS[1], 'position', finish)
  redis.call('EXPIRE', KEYS[2], ttl)
else
  for i = 6, 5 + count do redis.call('RPUSH', KEYS[3], ARGV[i]) end
  redis.call('LTRIM', KEYS[3], -bound, -1)
  redis.call('EXPIRE', KEYS[3], ttl)
end
redis.call('EXPIRE', KEYS[1], ttl)

for i = 6 + count, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end
return 1
