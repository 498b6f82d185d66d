-- asked: leases (run_id, scope), ttl. Answers with true or false for each lease, in order.

if not enter() then return answer({}) end
local names = {}
for i, lease in ipairs(asked.leases) do names[i] = lease.scope end
load_scopes(names)
load_leases(names)
local renewed = {}
for i, lease in ipairs(asked.leases) do renewed[i] = renew(lease.scope, lease.run_id, asked.ttl) end
save()
return answer(renewed)
