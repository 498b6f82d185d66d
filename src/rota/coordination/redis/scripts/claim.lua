-- asked: requests, incarnations (server -> incarnation), max_skew. Answers each request, in order.

local pauses = {}

local function load_pauses()
  local found = redis.call('HGETALL', PAUSES)
  for i = 1, #found, 2 do pauses[found[i]] = cjson.decode(found[i + 1]) end
end

local function find_pause(task)
  for _, of in ipairs({task, ''}) do
    local pause = pauses[of]
    if pause and (not pause.ends or pause.ends > now) then return pause end
  end
end

local function make_record(request, outcome, reason)
  return {run_id = request.run_id, task = request.task, scope = request.scope, kind = request.kind,
    scheduled_at = request.at, server = request.server, outcome = outcome, reason = reason}
end

local function close(request, outcome, reason, reply)
  local record = make_record(request, outcome, reason)
  record.finished_at = now
  record.answer, record.holder = reply.outcome, reply.holder
  put(record)
end

local function grant(request, scope, reply)
  local token = math.max(scope.token, token_floor) + 1
  local lock_until = now + request.lock_timeout
  reply.outcome, reply.token = 'claimed', token
  scope.token = token
  put_lease(scope, {run_id = request.run_id, server = request.server,
    incarnation = asked.incarnations[request.server], overlap = request.overlap, token = token,
    lease_until = math.min(now + request.lease_ttl, lock_until), lock_until = lock_until})
  local record = make_record(request, 'running')
  record.token, record.started_at, record.answer = token, now, 'claimed'
  put(record)
end

-- Returns the span of the instants that the watermark passes.
local function move_watermark(request, scope)
  local old = scope.watermark
  scope.watermark = request.at
  if not old or not request.previous or request.previous <= old then return nil end
  local gap = make_record(request, 'missed', request.gap_reason)
  gap.run_id = request.run_id .. '.gap'
  gap.scheduled_at, gap.scheduled_last = old + 1, request.previous
  gap.count, gap.finished_at = 0, now
  return gap
end

local function repeated(request, name, known)
  local scope = scopes[name]
  local reply = {outcome = known.answer or 'decided', holder = known.holder, gap = entries[request.run_id .. '.gap']}
  if known.count == 0 then reply.gap = known end
  if known.answer ~= 'claimed' or (known.token or 0) == 0 then return reply end

  local lease = find_lease(scope, request.run_id)
  if not lease then
    reply.outcome = 'decided'
  elseif request.purpose ~= 'record' and may_renew(lease, scope) then
    reply.token = lease.token
    lease.lock_until = now + request.lock_timeout
    renew_lease(lease, request.lease_ttl)
    touch(name)
  else
    local given_up = request.purpose == 'record'
    reply.outcome = given_up and 'claimed' or 'decided'
    release(scope, request.run_id)
    touch(name)
    known.outcome, known.started_at, known.finished_at = 'missed', nil, now
    known.reason = 'store'
    if given_up then known.reason = request.reason end
    put(known)
  end
  return reply
end

local function claim(request)
  local name = request.scope or request.task
  local scope, known = scopes[name], entries[request.run_id]
  if known then return repeated(request, name, known) end

  local reply = {}
  if not request.kind then
    if scope.watermark and request.at <= scope.watermark then return {outcome = 'decided'} end
    local earliest = request.at - asked.max_skew
    if request.purpose == 'record' then earliest = math.max(request.at, request.record_from or 0) end
    if now < earliest then return {outcome = 'early', wait = earliest - now} end
    reply.gap = move_watermark(request, scope)
  end
  touch(name)
  local gap = reply.gap
  local pause = request.kind ~= 'manual' and find_pause(request.task) or nil
  local to_record = request.purpose == 'record'
  if not pause and to_record and gap and request.outcome == 'missed' and request.reason == request.gap_reason then
    reply.outcome = 'claimed'
    gap.run_id, gap.scheduled_last, gap.answer = request.run_id, request.at, 'claimed'
    put(gap)
    return reply
  end
  if gap then put(gap) end

  local busy = request.overlap == 'skip' and find_live(scope) or nil
  if pause then
    reply.outcome = 'paused'
    reply.holder = pause.reason and pause.author .. ': ' .. pause.reason or pause.author
    close(request, 'skipped', 'paused', reply)
  elseif to_record then
    reply.outcome = 'claimed'
    close(request, request.outcome, request.reason, reply)
  elseif busy then
    reply.outcome, reply.holder = 'overlap', busy.server
    close(request, 'skipped', 'overlap', reply)
  else
    grant(request, scope, reply)
  end
  return reply
end

if not enter() then return answer({}) end
-- A new shard has nothing to be remembered but instants: what people ask for need not wait.
local function waits()
  if now >= quiet_until then return false end
  if reason ~= 'it is new' then return true end
  for _, request in ipairs(asked.requests) do
    if not request.kind then return true end
  end
  return false
end

if waits() then
  shard.quiet_until = quiet_until
  return answer({})
end
load_pauses()
load_batch(asked.requests)
local spans = {}
for _, request in ipairs(asked.requests) do
  if entries[request.run_id] then spans[#spans + 1] = request.run_id .. '.gap' end
end
load_entries(spans)
local replies = {}
for i, request in ipairs(asked.requests) do replies[i] = claim(request) end
save()
return answer(replies)
