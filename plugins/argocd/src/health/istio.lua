-- Without analysis there is no status, and nothing to wait for.
local status = obj.status or {}
local errors = {}
for _, found in ipairs(status.validationMessages or {}) do
  if found.level == "ERROR" then
    table.insert(errors, (found.type or {}).code or "unknown")
  end
end
if #errors > 0 then
  return { status = "Degraded", message = "Istio found errors: " .. table.concat(errors, ", ") }
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Reconciled" and condition.status == "False" then
    return { status = "Progressing", message = condition.message or "not yet with every proxy" }
  end
end
return { status = "Healthy", message = "" }
