-- A condition of an earlier generation says nothing about this one.
local generation = (obj.metadata or {}).generation or 0
for _, condition in ipairs((obj.status or {}).conditions or {}) do
  if condition.type == "CONDITION" and (condition.observedGeneration or generation) >= generation then
    if condition.status == "True" then
      return { status = "Healthy", message = condition.message or "" }
    end
    return { status = "Degraded", message = condition.message or condition.reason or "" }
  end
end
return { status = "Progressing", message = "waiting for the condition CONDITION" }
