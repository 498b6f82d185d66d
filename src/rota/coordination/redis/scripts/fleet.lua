-- asked: one or more of
--   shards: the number of shards, fixed by the first that comes;
--   beat (id, ttl, row): the heartbeat of a server, which gets its row back where the fleet has lost it;
--   join (id, expected, row): writes the row where the id's is as expected (absent: there is none);
--   leave (id, incarnation): the heartbeat of the server ends;
--   keep: drops the servers whose heartbeat ended longer ago.
-- Answers with shards, joined, and servers: the rows by id, after all that.

local META, SERVERS = unpack(KEYS)

local function put(id, row, ttl)
  if ttl then row.seen_at, row.alive_until = now, now + ttl end
  redis.call('HSET', SERVERS, id, cjson.encode(row))
end

local found = {}
if asked.shards then redis.call('HSETNX', META, 'shards', asked.shards) end
found.shards = tonumber(redis.call('HGET', META, 'shards') or 0)

if asked.beat then
  local row, own = decode(redis.call('HGET', SERVERS, asked.beat.id)), asked.beat.row
  -- Incarnations grow with time: an older one came back with an older state.
  if own and (not row or row.incarnation < own.incarnation) then row = own end
  if row then
    row.clock_offset = asked.beat.clock_offset or row.clock_offset
    put(asked.beat.id, row, asked.beat.ttl)
  end
end
if asked.join then
  local former = redis.call('HGET', SERVERS, asked.join.id) or nil
  found.joined = former == asked.join.expected
  if found.joined then put(asked.join.id, asked.join.row, asked.join.ttl) end
end
if asked.leave then
  local row = decode(redis.call('HGET', SERVERS, asked.leave.id))
  local incarnation = asked.leave.incarnation
  if row and (not incarnation or incarnation == row.incarnation) then  -- Not that of a successor under its id.
    row.alive_until = now
    put(asked.leave.id, row)
  end
end

local rows = redis.call('HGETALL', SERVERS)
local servers = {}
for i = 1, #rows, 2 do
  if asked.keep and cjson.decode(rows[i + 1]).alive_until < now - asked.keep then
    redis.call('HDEL', SERVERS, rows[i])
  else
    servers[rows[i]] = rows[i + 1]
  end
end
found.servers = servers
return {cjson.encode({now = now}), cjson.encode(found)}
