-- asked: alive (server -> incarnation) as of asked_at, keep, max_records, server (which reaps), ttl (of the leases that it
-- is given). Answers with the records that it made lost, with the further attempts of those that it gave to the server,
-- with the records of suspect instants, and whether there is more to drop than one call does.

local BATCH = 500
local found = {lost = {}, unknown = {}, more = false}

-- A lease that ran out after its server was looked up says nothing yet.
local function dead(lease)
  return lease.lease_until <= math.min(now, asked.asked_at) and asked.alive[lease.server] ~= (lease.incarnation or '')
end

-- Gives the next attempt of a run that was lost to the server that reaps.
local function next_run_id(lost) return string.match(lost.run_id, '^[^.]*') .. '.' .. ((lost.attempt or 1) + 1) end

local function try_again(name, lease, lost)
  local scope, attempt = scopes[name], (lost.attempt or 1) + 1
  scope.token = math.max(scope.token, token_floor) + 1
  put_scope(name)
  local run_id = next_run_id(lost)
  local lock_until = now + lease.lock_timeout
  put_lease(name, {run_id = run_id, server = asked.server, overlap = lease.overlap, token = scope.token,
    lease_until = math.min(now + asked.ttl, lock_until), lock_until = lock_until,
    attempts_if_lost = lease.attempts_if_lost, lock_timeout = lease.lock_timeout})
  put({run_id = run_id, task = lost.task, scope = lost.scope, kind = lost.kind, scheduled_at = lost.scheduled_at,
    scheduled_last = lost.scheduled_last, count = lost.count, server = asked.server, attempt = attempt,
    token = scope.token, started_at = now, outcome = 'running'})
  found.lost[#found.lost + 1] = find_entry(run_id)
  return '; attempt ' .. attempt .. ' on ' .. asked.server
end

local function reap_leases()
  local names = redis.call('HKEYS', LEASES)
  load_leases(names)
  local reaped, run_ids = {}, {}
  for _, name in ipairs(names) do
    for _, lease in ipairs(find_leases(name)) do
      if dead(lease) then
        reaped[#reaped + 1] = {name, lease}
        run_ids[#run_ids + 1] = lease.run_id
      end
    end
  end
  load_entries(run_ids)
  local owners, following = {}, {}
  for i, one in ipairs(reaped) do
    owners[i] = one[1]
    local entry = find_entry(one[2].run_id)
    if entry then following[#following + 1] = next_run_id(entry) end
  end
  load_scopes(owners)
  load_entries(following)
  for _, one in ipairs(reaped) do
    local name, lease = unpack(one)
    local entry = find_entry(lease.run_id)
    local runs = entry and entry.outcome == 'running'
    local again = runs and not find_entry(next_run_id(entry)) and (entry.attempt or 1) < (lease.attempts_if_lost or 1)
    local other = lease.overlap ~= 'allow' and find_live(name)
    release(name, lease.run_id)
    if runs then
      entry.outcome, entry.reason = 'lost', 'server ' .. lease.server .. ' died'
      entry.finished_at = math.max(lease.lease_until, entry.started_at or 0)
      found.lost[#found.lost + 1] = entry
      if again and lease.stop then
        entry.reason = entry.reason .. '; not tried again: ' .. lease.stop
      elseif again and other then
        entry.reason = entry.reason .. '; not tried again: ' .. other.server .. ' runs the task already'
      elseif again then
        entry.reason = entry.reason .. try_again(name, lease, entry)
      end
      put(entry)
    end
  end
end

-- Whether the history has records of suspect instants: scope -> true.
local function find_recorded(names, after)
  local recorded, offset, run_ids = {}, 0
  repeat
    run_ids = redis.call('ZRANGEBYSCORE', HISTORY, '(' .. after, '+inf', 'LIMIT', offset, BATCH)
    read(RECORDS, run_ids, function(_, value)
      local record = decode(value)
      local name = record and (record.scope or record.task)
      local suspect = names[name]
      if suspect and place_of(record) > suspect.after and record.scheduled_at <= suspect.last then
        recorded[name] = true
      end
    end)
    offset = offset + BATCH
  until #run_ids < BATCH
  return recorded
end

local function settle_suspects()
  local names = redis.call('SRANDMEMBER', SUSPECTS, BATCH)
  if #names == 0 then return end
  load_scopes(names)
  local suspects, earliest = {}, now
  for _, name in ipairs(names) do
    local suspect = scopes[name].suspect
    suspects[name] = suspect
    if suspect then earliest = math.min(earliest, suspect.after) end
  end
  local recorded = find_recorded(suspects, earliest)
  for name, suspect in pairs(suspects) do
    scopes[name].suspect = nil
    put_scope(name)
    if not recorded[name] then
      local record = {run_id = name .. '@' .. number[suspect.last] .. '.unknown', task = task_of(name), scope = name,
        scheduled_at = suspect.after + 1, scheduled_last = suspect.last, count = 0, server = '', finished_at = now,
        outcome = 'unknown', reason = 'decided before the store lost its state'}
      put(record)
      found.unknown[#found.unknown + 1] = record
    end
  end
  write('SREM', SUSPECTS, names)
  found.more = found.more or #names == BATCH
end

-- Drops what is too old and the oldest beyond the bound, but no record of a run under way.
local function prune()
  local excess = redis.call('ZCARD', HISTORY) - asked.max_records
  local oldest = redis.call('ZRANGE', HISTORY, 0, 0, 'WITHSCORES')[2]
  if not oldest or (excess <= 0 and tonumber(oldest) >= now - asked.keep) then return end
  local page = redis.call('ZRANGE', HISTORY, 0, BATCH - 1, 'WITHSCORES')
  local candidates = {}
  for i = 1, #page, 2 do
    if tonumber(page[i + 1]) >= now - asked.keep and excess <= 0 then break end
    candidates[#candidates + 1] = page[i]
    excess = excess - 1
  end
  local dropped = {}
  read(RECORDS, candidates, function(run_id, value)
    if not value or not runs(value) then dropped[#dropped + 1] = run_id end
  end)
  write('HDEL', RECORDS, dropped)
  write('ZREM', HISTORY, dropped)
  found.more = found.more or (#dropped > 0 and #candidates == BATCH)
end

if not enter() then return answer({}) end
-- While servers tell what they remember, leases and heartbeats may be older than they were; and some time after, for a
-- second fault may have kept one from telling.
if now >= quiet_until + pause then
  reap_leases()
  save()
  settle_suspects()
  save()
end
prune()
return answer(found)
