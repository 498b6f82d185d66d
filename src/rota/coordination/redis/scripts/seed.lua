-- asked: scopes, seed. Gives those that have no watermark this one. Answers with the watermark of each, in order.

if not enter() then return answer({}) end
load_scopes(asked.scopes)
local watermarks = {}
for i, name in ipairs(asked.scopes) do
  local scope = scopes[name]
  if not scope.watermark then
    scope.watermark, scope.seeded = math.min(asked.seed, now), true
    put_scope(name)
  end
  watermarks[i] = scope.watermark
end
save()
return answer(watermarks)
