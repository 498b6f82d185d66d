-- asked: records, incarnations (server -> incarnation).

if not enter() then return answer({}) end
load_batch(asked.records)
for _, record in ipairs(asked.records) do finish(record) end
save()
return answer({})
