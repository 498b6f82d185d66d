-- asked: incarnations (server -> incarnation). Each record is three arguments: its run id, its scope, its text.

if not enter() then return answer({}) end
local run_ids, names, unknown = {}, {}, {}
for i = 3, #ARGV, 3 do run_ids[#run_ids + 1], names[#names + 1] = ARGV[i], ARGV[i + 1] end
load_entries(run_ids)
load_leases(names)
for i, run_id in ipairs(run_ids) do
  if not texts[run_id] then unknown[#unknown + 1] = names[i] end
end
load_scopes(unknown)
for i, run_id in ipairs(run_ids) do finish(run_id, names[i], ARGV[3 * i + 2]) end
save()
return answer({})
