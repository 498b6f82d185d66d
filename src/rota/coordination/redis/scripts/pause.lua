-- asked: task (the field: '' for all tasks, ' maintenance', ' tag nightly', or a task), and pause (author, reason, since,
-- ends), which replaces that of the field; without one it is cleared. Drops pauses that have ended. Answers whether there
-- was one to clear; a pause that could have no effect is not set, and the answer tells so.

local PAUSES = KEYS[6]

local function in_force(pause) return not pause.ends or pause.ends > now end

local found = redis.call('HGETALL', PAUSES)
local ended, cleared = {}, false
for i = 1, #found, 2 do
  if not in_force(decode(found[i + 1])) then
    ended[#ended + 1] = found[i]
  elseif found[i] == asked.task then
    cleared = true
  end
end
write('HDEL', PAUSES, ended)
local set = asked.pause and in_force(asked.pause)
if set then
  redis.call('HSET', PAUSES, asked.task, encode(asked.pause))
elseif not asked.pause then
  redis.call('HDEL', PAUSES, asked.task)
end
return {encode({now = now}), encode({cleared = cleared, refused = asked.pause and not set})}
