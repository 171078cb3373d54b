//! Who may do what in Argo CD: its `policy.csv`.

use crate::config::{Access, set};
use crate::names::PLATFORM;

/// What administrators of the platform may do besides reading: synchronise. Everything else would change what
/// Git says, or go around it: `override` synchronises what somebody has on his disk, `update` makes another
/// application of one, and `action` and `delete` would need a server that may change the whole cluster.
const ADMINISTRATOR: &str = "role:platform-administrator";
/// What readers may do.
const READER: &str = "role:platform-reader";

/// The policy. A person without a line in it may do nothing.
pub fn policy(access: &Access) -> String {
    let mut lines = Vec::new();
    let mut allow = |role: &str, resource: &str, action: &str, object: &str| {
        lines.push(format!("p, {role}, {resource}, {action}, {object}, allow"));
    };
    let applications = format!("{PLATFORM}/*");
    for role in [ADMINISTRATOR, READER] {
        allow(role, "applications", "get", &applications);
        allow(role, "logs", "get", &applications);
        allow(role, "projects", "get", PLATFORM);
        allow(role, "clusters", "get", "*");
        allow(role, "repositories", "get", "*");
    }
    allow(ADMINISTRATOR, "applications", "sync", &applications);
    for (groups, role) in [
        (&access.administrators, ADMINISTRATOR),
        (&access.readers, READER),
    ] {
        lines.extend(
            set(groups)
                .iter()
                .map(|group| format!("g, {group}, {role}")),
        );
    }
    lines.join("\n") + "\n"
}
