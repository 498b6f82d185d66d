-- A shard: its epoch, and what a batch touches of it, which is read by few commands, decided upon, and written by few
-- commands at the end. An error before that has changed nothing.

local META, SCOPES, LEASES, RECORDS, HISTORY, PAUSES, SUSPECTS = unpack(KEYS)

local shard = {}  -- What the answer says of the shard.
local quiet_until, token_floor, reason

-- Learns whose epoch it is, and opens a new one where the shard may have lost what it acknowledged. Returns false when
-- the caller has to tell first what it remembers.
local function enter()
  local found = redis.call('HMGET', META, 'epoch', 'primary', 'quiet_until', 'token_floor', 'beat', 'reason')
  local epoch, primary, beat = found[1], found[2], tonumber(found[5] or 0)
  reason = found[6]
  quiet_until, token_floor = tonumber(found[3] or 0), tonumber(found[4] or 0)
  local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')

  local opened
  if not epoch then
    opened = caller.epoch and 'it was emptied' or 'it is new'
  elseif primary ~= process then
    opened = 'its process is another one'
  elseif caller.epoch == epoch and beat < caller.beat then
    opened = 'it went back in time'
  elseif caller.epoch and caller.epoch ~= epoch and reason == 'it is new' then
    opened = 'it was emptied'  -- And a server that remembers nothing came first.
  end
  if opened then
    shard.opened, shard.former, shard.process = opened, primary or '', process
    if caller.epoch == epoch and beat < caller.beat then shard.gap = caller.beat - beat end
    epoch, reason = caller.offered, opened
    -- A shard that is new cannot be told from one that was emptied, and met first by a server that remembers nothing.
    local pause = opened == 'it is new' and caller.settling or caller.quarantine
    quiet_until = now + pause
    token_floor = pause > 0 and math.max(now, token_floor + 1) or 0
    redis.call('HSET', META, 'epoch', epoch, 'primary', process, 'quiet_until', quiet_until, 'token_floor',
      token_floor, 'reason', reason)
  end
  -- A clock that was set back must not make a short pause long.
  if quiet_until - now > math.max(caller.quarantine, caller.settling) then quiet_until = now end
  shard.epoch, shard.beat, shard.now = epoch, math.max(now, beat + 1), now
  redis.call('HSET', META, 'beat', shard.beat)
  if not caller.epoch or caller.epoch == epoch then return true end
  shard.lost = reason
  return false
end

local function answer(found) return {cjson.encode(shard), cjson.encode(found)} end

local scopes, touched = {}, {}    -- By name.
local entries, changed = {}, {}  -- By run id.
local places = {}                -- By run id: the score in the history.

local function load_scopes(names)
  read(SCOPES, names, function(name, value)
    local scope = decode(value) or {}
    scope.token = scope.token or 0
    scope.leases = scope.leases or {}
    scopes[name] = scope
  end)
end

local function place_of(entry) return entry.scheduled_last or entry.scheduled_at end

local function load_entries(run_ids)
  read(RECORDS, run_ids, function(run_id, value)
    local entry = decode(value)
    entries[run_id] = entry
    places[run_id] = entry and place_of(entry)
  end)
end

-- Reads what a batch of claims or records is about.
local function load_batch(batch)
  local names, run_ids = {}, {}
  for i, item in ipairs(batch) do
    names[i], run_ids[i] = item.scope or item.task, item.run_id
  end
  load_scopes(names)
  load_entries(run_ids)
end

local function touch(name) touched[name] = true end

local function put(entry)
  entries[entry.run_id] = entry
  changed[entry.run_id] = true
end

local function save()
  local states, ends, ended = {}, {}, {}
  for name in pairs(touched) do
    local scope = scopes[name]
    local first
    for _, lease in ipairs(scope.leases) do
      if not first or lease.lease_until < first then first = lease.lease_until end
    end
    if first then
      ends[#ends + 1], ends[#ends + 2] = first, name
    else
      ended[#ended + 1] = name
      scope.leases = nil  -- An empty table would become an object.
    end
    states[#states + 1], states[#states + 2] = name, cjson.encode(scope)
  end
  write('HSET', SCOPES, states)
  write('ZADD', LEASES, ends)
  write('ZREM', LEASES, ended)

  local records, moved = {}, {}
  for run_id in pairs(changed) do
    local entry = entries[run_id]
    records[#records + 1], records[#records + 2] = run_id, cjson.encode(entry)
    local place = place_of(entry)
    if places[run_id] ~= place then moved[#moved + 1], moved[#moved + 2] = place, run_id end
  end
  write('HSET', RECORDS, records)
  write('ZADD', HISTORY, moved)
  touched, changed = {}, {}
end
