-- asked: leases (run_id, scope), incarnation (of the server that renews), ttl. Answers for each lease, in order, with
-- true or false, or the cause where it was renewed and its run is to stop.

if not enter() then return answer({}) end
local names = {}
for i, lease in ipairs(asked.leases) do names[i] = lease.scope end
load_scopes(names)
load_leases(names)
local renewed = {}
for i, lease in ipairs(asked.leases) do renewed[i] = renew(lease.scope, lease.run_id, asked.incarnation, asked.ttl) end
save()
return answer(renewed)
