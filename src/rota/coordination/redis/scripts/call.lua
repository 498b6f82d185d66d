-- How every script is called: KEYS of one hash tag, ARGV[1] with what the store says of itself, ARGV[2] with what is
-- asked, both JSON; a batch of claims or of outcomes is in the arguments after it (claim.lua, finish.lua). The answer is
-- two texts of JSON: what the script says of the shard, and what was asked for.
-- A field that is absent has its default (docs/redis-format.md). Instants are milliseconds since 1970, UTC.

local encode = cjson.encode
local function decode(text) return text and cjson.decode(text) or nil end

local caller = decode(ARGV[1])
local asked = decode(ARGV[2])

-- Redis' own time. Tests bring theirs.
local function read_clock()
  if caller.now then return caller.now end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = read_clock()

-- Lua hands a command some 8,000 arguments at most.
local CHUNK = 4000

local function write(command, key, arguments)
  for i = 1, #arguments, CHUNK do
    redis.call(command, key, unpack(arguments, i, math.min(i + CHUNK - 1, #arguments)))
  end
end

-- Calls back with each field and its value, false where there is none.
local function read(key, fields, each)
  for i = 1, #fields, CHUNK do
    local values = redis.call('HMGET', key, unpack(fields, i, math.min(i + CHUNK - 1, #fields)))
    for n, value in ipairs(values) do each(fields[i + n - 1], value) end
  end
end
