-- Remember something ephemeral about a channel and tell it, in one step, fenced by attempt.
--
-- KEYS  1 hash    attempt, position, line, and "latest:<key>" for each latest value
--       2 string  the tail of the attempt's output
--       3 list    the newest lines
-- ARGV  1 attempt        smaller than the remembered one: refused; larger: output, latest values and
--                        the line number of the old attempt are forgotten (its lines stay)
--       2 ttl            seconds, for all three keys
--       3 what           "latest" | "text" | "lines"
--       4 bound          latest: unused; text: bytes kept; lines: lines kept
--       5 again          1: a hole is refused, what is missing can be said again; 0: it is accepted
--       6 count          how many arguments the value has
--       7 …              latest: key, value; text: bytes before it, text;
--                        lines: lines of the attempt before them, the lines
--       then             pub/sub channel, packed message, …: published as they are
-- result  fate, listeners, known
--         fate       "kept" and told | "old" attempt | all "known" already | "hole" before it
--         listeners  how many heard the messages, added up
--         known      how far the memory reaches now: bytes of output, or lines, of this attempt

local ttl, what, bound, count = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[6])
local attempt = tonumber(ARGV[1])
local newest = tonumber(redis.call('HGET', KEYS[1], 'attempt') or '0')

if attempt < newest then return {'old', 0, 0} end
if attempt > newest then
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'attempt', attempt)
end
redis.call('EXPIRE', KEYS[1], ttl)

local known = 0
if what == 'latest' then
  redis.call('HSET', KEYS[1], 'latest:' .. ARGV[7], ARGV[8])
else
  local place = what == 'text' and 'position' or 'line'
  local start = tonumber(ARGV[7])
  local finish = start + (what == 'text' and #ARGV[8] or count - 1)
  known = tonumber(redis.call('HGET', KEYS[1], place) or '0')
  if start > known and ARGV[5] == '1' then return {'hole', 0, known} end
  if finish <= known and finish > start then return {'known', 0, known} end
  if what == 'text' then
    local text = ARGV[8]
    if start > known then redis.call('DEL', KEYS[2]) end -- a hole: known from here on only
    if start < known then text = string.sub(text, known - start + 1) end
    local size = redis.call('APPEND', KEYS[2], text)
    if size > bound + bound / 4 then -- seldom, because it copies
      redis.call('SET', KEYS[2], redis.call('GETRANGE', KEYS[2], -bound, -1))
    end
    redis.call('EXPIRE', KEYS[2], ttl)
  else
    for i = 8 + math.max(known - start, 0), 6 + count do redis.call('RPUSH', KEYS[3], ARGV[i]) end
    redis.call('LTRIM', KEYS[3], -bound, -1)
    redis.call('EXPIRE', KEYS[3], ttl)
  end
  known = finish
  redis.call('HSET', KEYS[1], place, finish)
end

local listeners = 0
for i = 7 + count, #ARGV, 2 do
  listeners = listeners + redis.call('PUBLISH', ARGV[i], ARGV[i + 1])
end
return {'kept', listeners, known}
