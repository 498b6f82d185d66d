-- asked: scope, run_id. Answers whether there was such a lease.

load_leases({asked.scope})
local lease = find_lease(asked.scope, asked.run_id)
if lease then
  lease.lease_until = math.min(lease.lease_until, now)
  lease.lock_until = math.min(lease.lock_until, now)
  put_leases(asked.scope)
  save()
end
return answer({found = lease ~= nil})
