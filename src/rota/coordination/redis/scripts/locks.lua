-- Answers with every lease, its scope and the start of its run.

local names = redis.call('HKEYS', LEASES)
load_leases(names)
local run_ids = {}
for _, name in ipairs(names) do
  for _, lease in ipairs(find_leases(name)) do run_ids[#run_ids + 1] = lease.run_id end
end
load_entries(run_ids)
local locks = {}
for _, name in ipairs(names) do
  for _, lease in ipairs(find_leases(name)) do
    local entry = find_entry(lease.run_id)
    locks[#locks + 1] = {scope = name, lease = lease, since = entry and entry.started_at}
  end
end
return answer(locks)
