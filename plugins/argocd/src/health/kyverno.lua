-- A policy is ready when Kyverno has compiled it and the API server asks about it.
local condition = (obj.status or {}).conditionStatus or {}
if condition.ready == true then
  return { status = "Healthy", message = condition.message or "" }
end
local reasons = {}
for _, part in ipairs(condition.conditions or {}) do
  if part.status == "False" then
    table.insert(reasons, (part.type or "") .. ": " .. (part.message or part.reason or ""))
  end
end
return { status = "Progressing", message = table.concat(reasons, "; ") }
