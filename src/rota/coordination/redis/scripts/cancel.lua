-- asked: scope, run_id, cause. Answers whether there was such a lease.

load_leases({asked.scope})
local lease = find_lease(asked.scope, asked.run_id)
if lease then
  stop(asked.scope, lease, asked.cause)
  save()
end
return answer({found = lease ~= nil})
