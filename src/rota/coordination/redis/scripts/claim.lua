-- asked: incarnations (server -> incarnation), max_skew. Each claim is three arguments: its run id, its scope, and its
-- terms in JSON, or nothing where they are those of the claim before it. Answers each claim, in order.

local pauses = {}  -- Those in force, by field: a task, ' tag nightly', '' for all tasks, ' maintenance'.

local function load_pauses()
  local found = redis.call('HGETALL', PAUSES)
  for i = 1, #found, 2 do
    local pause = decode(found[i + 1])
    if not pause.ends or pause.ends > now then pauses[found[i]] = pause end
  end
end

-- The pause that tells most of what holds the claim back, and the reason to record.
local function find_pause(request)
  if request.kind == 'manual' or request.kind == 'backfill' then return nil end
  local found = pauses[task_of(request.scope)]
  for _, tag in ipairs(request.tags or {}) do found = found or pauses[' tag ' .. tag] end
  found = found or pauses['']
  if found then return found, 'paused' end
  return not request.even_in_maintenance_mode and pauses[' maintenance'] or nil, 'maintenance'
end

local function make_record(request, outcome, reason)
  local task = task_of(request.scope)
  return {run_id = request.run_id, task = task, scope = request.scope ~= task and request.scope or nil,
    kind = request.kind, scheduled_at = request.at, server = request.server, outcome = outcome, reason = reason}
end

local function close(request, outcome, reason, reply)
  local record = make_record(request, outcome, reason)
  record.finished_at = now
  record.answer, record.holder = reply.outcome, reply.holder
  put(record)
end

-- A claim is one of terms, and has a run id and a scope of its own. What all grants by the same terms write alike is made
-- once: a lease and a record of a run, open at the end for what differs.
local function prepare(terms)
  terms.__index = terms
  terms.lock_until = now + terms.lock_timeout
  terms.lease_until = math.min(now + terms.lease_ttl, terms.lock_until)
  local tries = terms.attempts_if_lost
  terms.lease = string.gsub(encode({server = terms.server, incarnation = asked.incarnations[terms.server],
    overlap = terms.overlap, lease_until = terms.lease_until, lock_until = terms.lock_until,
    attempts_if_lost = tries, lock_timeout = tries and terms.lock_timeout}), '}$', '')
  terms.record = string.gsub(encode({kind = terms.kind, scheduled_at = terms.at, server = terms.server,
    outcome = 'running', started_at = now, answer = 'claimed'}), '}$', '')
  return terms
end

-- Returns its token, and what the texts of the lease and of the record have in common.
local function grant_lease(request, scope)
  local name, token = request.scope, math.max(scope.token, token_floor) + 1
  scope.token = token
  put_scope(name)

  local own = ',"token":' .. number[token] .. ',"run_id":' .. encode(request.run_id)
  local lease = request.lease .. own .. '}'
  if lease_texts[name] then
    put_lease(name, decode(lease))
  else
    put_only_lease(name, '[' .. lease .. ']')
  end
  return token, own
end

local function grant(request, scope)
  local token, own = grant_lease(request, scope)
  local name, task = request.scope, task_of(request.scope)
  put_text(request.run_id, request.record .. own .. ',"task":' .. encode(task) ..
    (name ~= task and ',"scope":' .. encode(name) or '') .. '}', request.at)
  return {outcome = 'claimed', token = token}
end

local function take_slot(request, scope)
  local name = request.scope
  local own = find_lease(name, request.run_id)
  if own and may_renew(own, name) then
    renew_lease(own, name, request.lease_ttl)
    return {outcome = 'claimed', token = own.token}
  end
  local held, over = 0, own
  for _, lease in ipairs(find_leases(name)) do
    if lease.lease_until > now then
      held = held + 1
    else
      over = over or lease
    end
  end
  if held >= request.fleet_limit then
    local holder = find_live(name)
    return {outcome = 'busy', holder = holder and holder.server}
  end
  if over then release(name, over.run_id) end
  local token = grant_lease(request, scope)
  return {outcome = 'claimed', token = token}
end

-- Returns the span of the instants that the watermark passes.
local function move_watermark(request, scope)
  local old = scope.watermark
  decide(scope, request.at)
  put_scope(request.scope)
  if not old or not request.previous or request.previous <= old then return nil end
  local gap = make_record(request, 'missed', request.gap_reason)
  gap.run_id = request.run_id .. '.gap'
  gap.scheduled_at, gap.scheduled_last = old + 1, request.previous
  gap.count, gap.finished_at = 0, now
  return gap
end

local function repeated(request, known)
  local name = request.scope
  local reply = {outcome = known.answer or 'decided', holder = known.holder, gap = find_entry(request.run_id .. '.gap')}
  if known.answer == 'paused' then reply.reason = known.reason end
  if known.count == 0 then reply.gap = known end
  if known.answer ~= 'claimed' or (known.token or 0) == 0 then return reply end

  local lease = find_lease(name, request.run_id)
  if not lease then
    reply.outcome = 'decided'
  elseif request.purpose ~= 'record' and may_renew(lease, name) then
    reply.token = lease.token
    lease.lock_until = request.lock_until
    renew_lease(lease, name, request.lease_ttl)
  else
    local given_up = request.purpose == 'record'
    reply.outcome = given_up and 'claimed' or 'decided'
    release(name, request.run_id)
    known.outcome, known.started_at, known.finished_at = 'missed', nil, now
    known.reason = 'store'
    if given_up then known.reason = request.reason end
    put(known)
  end
  return reply
end

local function claim(request)
  local name = request.scope
  local scope, known = scopes[name], find_entry(request.run_id)
  if request.purpose == 'slot' then return take_slot(request, scope) end
  if request.purpose == 'give_back' then
    release(name, request.run_id)
    return {outcome = 'claimed'}
  end
  if known then return repeated(request, known) end

  if not request.kind then
    if scope.watermark and request.at <= scope.watermark then return {outcome = 'decided'} end
    local earliest = request.at - asked.max_skew
    if request.purpose == 'record' then earliest = math.max(request.at, request.record_from or 0) end
    if now < earliest then return {outcome = 'early', wait = earliest - now} end
  end
  local pause, why = find_pause(request)
  local to_record = request.purpose == 'record'
  local queues = request.overlap ~= 'allow' and request.overlap ~= 'skip'
  local to_run = not to_record or (queues and request.outcome == 'missed')
  local busy = not pause and to_run and request.overlap ~= 'allow' and find_live(name) or nil
  if busy and queues then
    if request.overlap == 'cancel_previous' then stop(name, busy, request.overlap) end
    return {outcome = 'busy', holder = busy.server}
  end
  local gap = not request.kind and move_watermark(request, scope) or nil
  if not pause and to_record and gap and request.outcome == 'missed' and request.reason == request.gap_reason then
    gap.run_id, gap.scheduled_last, gap.answer = request.run_id, request.at, 'claimed'
    put(gap)
    return {outcome = 'claimed', gap = gap}
  end
  if gap then put(gap) end

  local reply = {gap = gap}
  if pause then
    reply.outcome, reply.reason = 'paused', why
    reply.holder = pause.reason and pause.author .. ': ' .. pause.reason or pause.author
    close(request, 'skipped', why, reply)
  elseif to_record then
    reply.outcome = 'claimed'
    close(request, request.outcome, request.reason, reply)
  elseif busy then
    reply.outcome, reply.holder = 'overlap', busy.server
    close(request, 'skipped', 'overlap', reply)
  else
    reply = grant(request, scope)
    reply.gap = gap
  end
  return reply
end

if not enter() then return answer({}) end
local requests, run_ids, names, terms = {}, {}, {}, nil
for i = 3, #ARGV, 3 do
  if ARGV[i + 2] ~= '' then terms = prepare(decode(ARGV[i + 2])) end
  local request = setmetatable({run_id = ARGV[i], scope = ARGV[i + 1]}, terms)
  requests[#requests + 1], run_ids[#run_ids + 1], names[#names + 1] = request, request.run_id, request.scope
end

-- A new shard has nothing to be remembered but instants: what people ask for need not wait.
local function waits()
  if now >= quiet_until then return false end
  if reason ~= 'it is new' then return true end
  for _, request in ipairs(requests) do
    if not request.kind and request.purpose ~= 'slot' then return true end
  end
  return false
end

if waits() then
  shard.quiet_until = quiet_until
  return answer({})
end
load_pauses()
load_scopes(names)
load_leases(names)
load_entries(run_ids)
local spans = {}
for _, run_id in ipairs(run_ids) do
  if texts[run_id] then spans[#spans + 1] = run_id .. '.gap' end
end
load_entries(spans)
local replies = {}
for i, request in ipairs(requests) do replies[i] = claim(request) end
save()
return answer(replies)
