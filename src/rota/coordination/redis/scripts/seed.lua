-- asked: scopes, seed. Gives those that have no watermark this one. Answers, in order, what each has: at (the
-- watermark), seeded.

local OLDEST_SEED = 2 * 60 * 1000

if not enter() then return answer({}) end
load_scopes(asked.scopes)
local found = {}
for i, name in ipairs(asked.scopes) do
  local scope = scopes[name]
  if not scope.watermark then
    scope.watermark, scope.seeded = math.max(math.min(asked.seed, now), now - OLDEST_SEED), true
    put_scope(name)
  end
  found[i] = {at = scope.watermark, seeded = scope.seeded}
end
save()
return answer(found)
