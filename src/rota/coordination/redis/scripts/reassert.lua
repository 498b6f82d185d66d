-- asked: records (run_id, scope, text), runs (record, server, token, overlap, lease_ttl, lock_left, attempts_if_lost,
-- lock_timeout), watermarks (scope, at), slots (run_id, scope, server, lease_ttl, lock_timeout), incarnations (server ->
-- incarnation), max_skew. Answers with the milliseconds until claims go on.

local function reassert_run(run)
  local record = run.record
  local known = texts[record.run_id]
  if known and not runs(known) then return end
  if not known then finish(record.run_id, record.scope, record.text) end
  local lock_until = now + run.lock_left
  put_lease(record.scope, {run_id = record.run_id, server = run.server, incarnation = asked.incarnations[run.server],
    overlap = run.overlap, token = run.token, lease_until = math.min(now + run.lease_ttl, lock_until),
    lock_until = lock_until, attempts_if_lost = run.attempts_if_lost, lock_timeout = run.lock_timeout})
end

local function reassert_slot(slot)
  put_lease(slot.scope, {run_id = slot.run_id, server = slot.server, incarnation = asked.incarnations[slot.server],
    overlap = 'skip', token = 0, lease_until = now + slot.lease_ttl, lock_until = now + slot.lock_timeout})
end

local function reassert_watermark(name, remembered)
  local scope = scopes[name]
  remembered = math.min(remembered, now + asked.max_skew)
  local old = not scope.seeded and scope.watermark or nil
  if old and old >= remembered then return end
  decide(scope, remembered)
  if old then
    scope.suspect = {after = scope.suspect and scope.suspect.after or old, last = remembered}
    redis.call('SADD', SUSPECTS, name)
  end
  put_scope(name)
end

if not enter() then return answer({}) end
local run_ids, names = {}, {}
local function note(told) names[#names + 1], run_ids[#run_ids + 1] = told.scope, told.run_id end
for _, record in ipairs(asked.records) do note(record) end
for _, run in ipairs(asked.runs) do note(run.record) end
for _, remembered in ipairs(asked.watermarks) do note(remembered) end
for _, slot in ipairs(asked.slots) do note(slot) end
load_scopes(names)
load_leases(names)
load_entries(run_ids)
for _, record in ipairs(asked.records) do finish(record.run_id, record.scope, record.text) end
for _, run in ipairs(asked.runs) do reassert_run(run) end
for _, remembered in ipairs(asked.watermarks) do reassert_watermark(remembered.scope, remembered.at) end
for _, slot in ipairs(asked.slots) do reassert_slot(slot) end
save()
return answer({quiet = math.max(0, quiet_until - now)})
