-- asked: one or more of
--   shards: the number of shards, fixed by the first that comes, unless nothing can be written;
--   beat (id, ttl, row): the heartbeat of the server with this row, as it joined; without a row it has not;
--   join (id, expected, row, manifest): writes the row where the id's is as expected (absent: there is none);
--   leave (id, incarnation): the heartbeat of the server ends;
--   keep: drops the servers whose heartbeat ended longer ago;
--   manifest_of: the id of a server.
-- Answers with shards (0: not fixed), joined, servers: the rows by id, after all that, and the manifest asked for.

local META, SERVERS, MANIFESTS = unpack(KEYS)

local function put(id, row, ttl)
  if ttl then row.seen_at, row.alive_until = now, now + ttl end
  redis.call('HSET', SERVERS, id, encode(row))
end

-- As in coordination/ledger.cc.
local function holds_id(own, row)
  return not row or row.incarnation == own.incarnation or row.started_at < own.started_at or row.alive_until <= now
end

local found = {}
if asked.shards then redis.pcall('HSETNX', META, 'shards', asked.shards) end
found.shards = tonumber(redis.call('HGET', META, 'shards') or 0)

if asked.beat then
  local row, own = decode(redis.call('HGET', SERVERS, asked.beat.id)), asked.beat.row
  if own and holds_id(own, row) then
    if row and row.incarnation == own.incarnation then own = row end  -- It may just have joined with another schedule.
    own.clock_offset = asked.beat.clock_offset
    put(asked.beat.id, own, asked.beat.ttl)
  end
end
if asked.join then
  local former = redis.call('HGET', SERVERS, asked.join.id) or nil
  found.joined = former == asked.join.expected
  if found.joined then
    local row, before = asked.join.row, decode(former)
    if before and before.incarnation == row.incarnation then
      row.started_at = before.started_at
    else
      row.started_at = before and math.max(now, before.started_at + 1) or now
    end
    row.loaded_at = now
    put(asked.join.id, row, asked.join.ttl)
    if asked.join.manifest then
      redis.call('HSET', MANIFESTS, asked.join.id, asked.join.manifest)
    else
      redis.call('HDEL', MANIFESTS, asked.join.id)
    end
  end
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
  if asked.keep and decode(rows[i + 1]).alive_until < now - asked.keep then
    redis.call('HDEL', SERVERS, rows[i])
    redis.call('HDEL', MANIFESTS, rows[i])
  else
    servers[rows[i]] = rows[i + 1]
  end
end
found.servers = servers
if asked.manifest_of then found.manifest = redis.call('HGET', MANIFESTS, asked.manifest_of) or nil end
return {encode({now = now}), encode(found)}
