-- Answers with every lease, its scope and the start of its run.

local names = redis.call('ZRANGE', LEASES, 0, -1)
load_scopes(names)
local run_ids = {}
for _, name in ipairs(names) do
  for _, lease in ipairs(scopes[name].leases) do run_ids[#run_ids + 1] = lease.run_id end
end
load_entries(run_ids)
local locks = {}
for _, name in ipairs(names) do
  for _, lease in ipairs(scopes[name].leases) do
    local entry = entries[lease.run_id]
    locks[#locks + 1] = {scope = name, lease = lease, since = entry and entry.started_at}
  end
end
return answer(locks)
