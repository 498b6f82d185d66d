-- The decisions of coordination/ledger.cc, in its order and by its names; there stands why they are what they are.

local function task_of(name)
  local place = string.find(name, '\31', 1, true)
  return place and string.sub(name, 1, place - 1) or name
end

local function find_lease(name, run_id)
  for i, lease in ipairs(find_leases(name)) do
    if lease.run_id == run_id then return lease, i end
  end
end

local function find_live(name)
  for _, lease in ipairs(find_leases(name)) do
    if lease.lease_until > now then return lease end
  end
end

local function put_lease(name, lease)
  local held = find_leases(name)
  local _, i = find_lease(name, lease.run_id)
  held[i or #held + 1] = lease
  put_leases(name)
end

local function release(name, run_id)
  local _, i = find_lease(name, run_id)
  if not i then return end
  table.remove(leases[name], i)
  put_leases(name)
end

local function may_renew(lease, name)
  if now >= lease.lock_until then return false end
  return now < lease.lease_until or lease.overlap == 'allow' or lease.token == scopes[name].token
end

local function renew_lease(lease, name, ttl)
  lease.lease_until = math.min(now + ttl, lease.lock_until)
  put_leases(name)
end

-- Answers whether the lease was renewed, with the cause where its run is to stop.
local function renew(name, run_id, incarnation, ttl)
  local lease = find_lease(name, run_id)
  if not lease or not may_renew(lease, name) then return false end
  lease.incarnation = lease.incarnation or incarnation
  renew_lease(lease, name, ttl)
  return lease.stop or true
end

local function stop(name, lease, cause)
  if lease.stop then return end
  lease.stop = cause
  put_leases(name)
end

local function decide(scope, instant) scope.watermark, scope.seeded = instant, nil end

-- Whether a record's text is that of a run under way. What people wrote cannot look like that: its quotes are escaped.
local function runs(text) return string.find(text, '"outcome":"running"', 1, true) ~= nil end

local function describe_outcome(record)
  return record.reason and record.outcome .. '(' .. record.reason .. ')' or record.outcome
end

-- What became of a run is told beside its loss, on which the fleet acted.
local function finish_late(known, record)
  local late = '; later reported ' .. describe_outcome(record)
  local reason = known.reason or ''
  if string.sub(reason, -#late) ~= late then known.reason = reason .. late end
  known.output_tail = record.output_tail
  put(known)
end

-- The record of a run that the shard has not heard of.
local function finish_unknown(name, record, text)
  local scope, last = scopes[name], place_of(record)
  put_text(record.run_id, text, last)
  if not record.kind and (not scope.watermark or scope.watermark < last) then decide(scope, last) end
  scope.token = math.max(scope.token, record.token or 0)
  put_scope(name)
  if record.outcome ~= 'running' then return end
  put_lease(name, {run_id = record.run_id, server = record.server, incarnation = asked.incarnations[record.server],
    overlap = 'allow', token = record.token or 0, lease_until = 0, lock_until = 0})
end

-- REQUIRES: the scopes of records that the shard does not know are loaded.
local function finish(run_id, name, text)
  local known = texts[run_id]
  if not known then
    finish_unknown(name, decode(text), text)
  elseif runs(known) then
    local claimed = string.find(known, '"answer":"claimed"', 1, true)
    put_text(run_id, claimed and string.sub(text, 1, -2) .. ',"answer":"claimed"}' or text)
  elseif runs(text) then
    return
  elseif find_entry(run_id).outcome == 'lost' then
    finish_late(find_entry(run_id), decode(text))
  else
    local record = decode(text)
    record.answer, record.holder = find_entry(run_id).answer, find_entry(run_id).holder
    put(record)
  end
  if not runs(text) then release(name, run_id) end
end
