//! The two etcd clusters: one for all objects, one for events, which are many and may be lost.

use serde_json::{Value, json};

use crate::design::Design;
use crate::facts::Facts;

pub fn fields(design: &Design<'_>, facts: &Facts) -> Value {
    json!({ "etcdClusters": [
        etcd("main", "200m", design, facts),
        etcd("events", "100m", design, facts),
    ] })
}

fn etcd(name: &str, cpu: &str, design: &Design<'_>, facts: &Facts) -> Value {
    let config = &design.config.etcd;
    let members = design.members.iter().map(|member| {
        json!({
            "name": member.name,
            "instanceGroup": member.group,
            // kOps encrypts on request only.
            "encryptedVolume": true,
            "kmsKeyId": facts.etcd_key,
            "volumeType": "gp3",
            "volumeSize": config.volume_gib,
            // What gp3 gives without extra cost.
            "volumeIops": 3000,
            "volumeThroughput": 125,
        })
    });
    json!({
        "name": name,
        "provider": "Manager",
        "cpuRequest": cpu,
        "memoryRequest": "100Mi",
        "manager": {
            "backupRetentionDays": config.backup_retention_days,
            "backupInterval": duration(config.backup_interval_minutes),
        },
        "etcdMembers": members.collect::<Vec<_>>(),
    })
}

/// Minutes as Kubernetes writes durations.
fn duration(minutes: u16) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m0s"),
        (hours, minutes) => format!("{hours}h{minutes}m0s"),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_written_as_kubernetes_writes_them() {
        for (minutes, want) in [
            (5, "5m0s"),
            (15, "15m0s"),
            (60, "1h0m0s"),
            (90, "1h30m0s"),
            (1440, "24h0m0s"),
        ] {
            assert_eq!(duration(minutes), want);
        }
    }
}
