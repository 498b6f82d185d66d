-- asked: records, runs (record, overlap, lease_ttl, lock_left), watermarks (scope, at), incarnations (server ->
-- incarnation), max_skew. Answers with the milliseconds until claims go on.

local function reassert_run(run)
  local record = run.record
  local known = entries[record.run_id]
  if known and known.outcome ~= 'running' then return end
  if not known then finish(record) end
  local name = record.scope or record.task
  local lock_until = now + run.lock_left
  put_lease(scopes[name], {run_id = record.run_id, server = record.server,
    incarnation = asked.incarnations[record.server], overlap = run.overlap, token = record.token or 0,
    lease_until = math.min(now + run.lease_ttl, lock_until), lock_until = lock_until})
  touch(name)
end

local function reassert_watermark(name, remembered)
  local scope = scopes[name]
  remembered = math.min(remembered, now + asked.max_skew)
  local old = scope.watermark
  if old and old >= remembered then return end
  scope.watermark = remembered
  if old then
    scope.suspect = {after = scope.suspect and scope.suspect.after or old, last = remembered}
    redis.call('SADD', SUSPECTS, name)
  end
  touch(name)
end

if not enter() then return answer({}) end
local batch, names = {}, {}
for _, record in ipairs(asked.records) do batch[#batch + 1] = record end
for _, run in ipairs(asked.runs) do batch[#batch + 1] = run.record end
load_batch(batch)
for _, remembered in ipairs(asked.watermarks) do
  if not scopes[remembered.scope] then names[#names + 1] = remembered.scope end
end
load_scopes(names)
for _, record in ipairs(asked.records) do finish(record) end
for _, run in ipairs(asked.runs) do reassert_run(run) end
for _, remembered in ipairs(asked.watermarks) do reassert_watermark(remembered.scope, remembered.at) end
save()
return answer({quiet = math.max(0, quiet_until - now)})
