-- Until it has been compared for the first time, an application has no status.
local health = (obj.status or {}).health or {}
return {
  status = health.status or "Progressing",
  message = health.message or "",
}
