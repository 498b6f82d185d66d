-- The decisions of coordination/ledger.cc, in its order and by its names; there stands why they are what they are.

local function find_lease(scope, run_id)
  for i, lease in ipairs(scope.leases) do
    if lease.run_id == run_id then return lease, i end
  end
end

local function find_live(scope)
  for _, lease in ipairs(scope.leases) do
    if lease.lease_until > now then return lease end
  end
end

local function put_lease(scope, lease)
  local _, i = find_lease(scope, lease.run_id)
  scope.leases[i or #scope.leases + 1] = lease
end

local function release(scope, run_id)
  local _, i = find_lease(scope, run_id)
  if i then table.remove(scope.leases, i) end
end

local function may_renew(lease, scope)
  if now >= lease.lock_until then return false end
  return now < lease.lease_until or lease.overlap == 'allow' or lease.token == scope.token
end

local function renew_lease(lease, ttl) lease.lease_until = math.min(now + ttl, lease.lock_until) end

local function renew(name, run_id, ttl)
  local scope = scopes[name]
  local lease = find_lease(scope, run_id)
  if not lease or not may_renew(lease, scope) then return false end
  renew_lease(lease, ttl)
  touch(name)
  return true
end

local function describe_outcome(record)
  return record.reason and record.outcome .. '(' .. record.reason .. ')' or record.outcome
end

local function finish(record)
  local name = record.scope or record.task
  local scope, known = scopes[name], entries[record.run_id]
  if known and known.outcome ~= 'running' and record.outcome == 'running' then return end
  if known and known.outcome == 'lost' then
    local late = '; later reported ' .. describe_outcome(record)
    local reason = known.reason or ''
    if string.sub(reason, -#late) ~= late then known.reason = reason .. late end
    known.output_tail = record.output_tail
    put(known)
  else
    if known then record.answer, record.holder = known.answer, known.holder end
    put(record)
  end

  touch(name)
  if not known then
    local last = place_of(record)
    if not record.kind and (not scope.watermark or scope.watermark < last) then scope.watermark = last end
    scope.token = math.max(scope.token, record.token or 0)
  end
  if record.outcome ~= 'running' then
    release(scope, record.run_id)
  elseif not known then
    put_lease(scope, {run_id = record.run_id, server = record.server, incarnation = asked.incarnations[record.server],
      overlap = 'allow', token = record.token or 0, lease_until = 0, lock_until = 0})
  end
end
