-- A shard: its epoch, and what a batch touches of it, which is read by few commands, decided upon, and written by few
-- commands at the end. An error before that has changed nothing.

local META, SCOPES, LEASES, RECORDS, HISTORY, PAUSES, SUSPECTS = unpack(KEYS)

-- More tokens than were given out since the former floor, should the clock not show it.
local TOKENS = 1000000

local shard = {}  -- What the answer says of the shard.
local quiet_until, pause, token_floor, reason

-- When an epoch began: its id is a ULID.
local function begun(id) return string.sub(id, 1, 10) end

-- Learns whose epoch it is, and opens a new one where the shard may have lost what it acknowledged. Returns false when
-- the caller has to tell first what it remembers.
local function enter()
  local found = redis.call('HMGET', META, 'epoch', 'primary', 'quiet_until', 'token_floor', 'beat', 'reason', 'pause')
  local epoch, primary, beat = found[1], found[2], tonumber(found[5] or 0)
  reason = found[6]
  quiet_until, token_floor = tonumber(found[3] or 0), tonumber(found[4] or 0)
  pause = tonumber(found[7] or 0)
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
  elseif caller.epoch and begun(caller.epoch) > begun(epoch) then
    opened = 'it was left for another one'  -- Which may be deciding still, as where a fail-over is taken back.
  end
  if opened then
    shard.opened, shard.former, shard.process = opened, primary or '', process
    if caller.epoch == epoch and beat < caller.beat then shard.gap = caller.beat - beat end
    epoch, reason = caller.offered, opened
    -- A shard that is new cannot be told from one that was emptied, and met first by a server that remembers nothing.
    pause = opened == 'it is new' and caller.settling or caller.quarantine
    quiet_until = now + pause
    token_floor = pause > 0 and math.max(now, token_floor + TOKENS) or 0
    redis.call('HSET', META, 'epoch', epoch, 'primary', process, 'quiet_until', quiet_until, 'pause', pause,
      'token_floor', token_floor, 'reason', reason)
  end
  -- A clock that was set back must not make a short pause long.
  if quiet_until - now > pause then quiet_until = now end
  shard.epoch, shard.beat, shard.now = epoch, math.max(now, beat + 1), now
  redis.call('HSET', META, 'beat', shard.beat)
  if not caller.epoch or caller.epoch == epoch then return true end
  shard.lost = reason
  return false
end

local function answer(found) return {encode(shard), encode(found)} end

-- Rows as they are kept, their fields where somebody asked for them, and which of them have changed.
local scopes, changed_scopes = {}, {}                                  -- By scope.
local lease_texts, leases, changed_leases = {}, {}, {}                 -- By scope: a list. No text: an empty one.
local texts, entries, changed_entries, places = {}, {}, {}, {}         -- By run id; the score in the history, if it changes.

local function load_scopes(names)
  read(SCOPES, names, function(name, value)
    local scope = decode(value) or {}
    scope.token = scope.token or 0
    scopes[name] = scope
  end)
end

local function load_leases(names)
  read(LEASES, names, function(name, value) lease_texts[name], leases[name] = value, nil end)
end

local function find_leases(name)
  leases[name] = leases[name] or decode(lease_texts[name]) or {}
  return leases[name]
end

local function load_entries(run_ids)
  read(RECORDS, run_ids, function(run_id, value) texts[run_id] = value end)
end

local function find_entry(run_id)
  if not entries[run_id] and texts[run_id] then entries[run_id] = decode(texts[run_id]) end
  return entries[run_id]
end

local function place_of(entry) return entry.scheduled_last or entry.scheduled_at end

-- Numbers as texts: the same few stand in many rows.
local number = setmetatable({}, {__index = function(known, value)
  local text = tostring(value)
  known[value] = text
  return text
end})

local function put_scope(name) changed_scopes[name] = true end

local function put_leases(name)
  local held = leases[name]
  lease_texts[name], changed_leases[name] = #held > 0 and encode(held), true
end

-- The only one, where its text is at hand.
local function put_only_lease(name, text) lease_texts[name], leases[name], changed_leases[name] = text, nil, true end

-- `place` is the score in the history, where it is new.
local function put_text(run_id, text, place)
  texts[run_id], entries[run_id], changed_entries[run_id] = text, nil, true
  places[run_id] = place or places[run_id]
end

local function put(entry)
  local known, place = texts[entry.run_id], place_of(entry)
  local moved = not known or place_of(decode(known)) ~= place
  put_text(entry.run_id, encode(entry), moved and place or nil)
end

local function encode_scope(scope)
  if scope.suspect or scope.seeded or not scope.watermark then return encode(scope) end
  return '{"token":' .. number[scope.token] .. ',"watermark":' .. number[scope.watermark] .. '}'
end

local function save()
  local states, held, freed, records, moved = {}, {}, {}, {}, {}
  for name in pairs(changed_scopes) do
    states[#states + 1], states[#states + 2] = name, encode_scope(scopes[name])
  end
  for name in pairs(changed_leases) do
    if lease_texts[name] then
      held[#held + 1], held[#held + 2] = name, lease_texts[name]
    else
      freed[#freed + 1] = name
    end
  end
  for run_id in pairs(changed_entries) do records[#records + 1], records[#records + 2] = run_id, texts[run_id] end
  for run_id, place in pairs(places) do moved[#moved + 1], moved[#moved + 2] = number[place], run_id end
  write('HSET', SCOPES, states)
  write('HSET', LEASES, held)
  write('HDEL', LEASES, freed)
  write('HSET', RECORDS, records)
  write('ZADD', HISTORY, moved)
  changed_scopes, changed_leases, changed_entries, places = {}, {}, {}, {}
end
