//! The `spec` of InstanceGroups.

use serde_json::{Map, Value, json};

use crate::config::OsUpdates;
use crate::control_plane::Member;
use crate::design::Design;
use crate::facts::Facts;
use crate::image;
use crate::nodes::Group;
use crate::object::with;

/// One machine of the control plane.
///
/// It is never replaced for its age: all of them are as old as each other, and AWS would take them away
/// together, with etcd's majority.
pub fn control_plane(design: &Design<'_>, facts: &Facts, member: &Member) -> Value {
    let config = &design.config.control_plane;
    let machine = Machine {
        machine_type: &config.machine_type,
        image: config.image.as_deref(),
        volume_gib: config.volume_gib,
    };
    Value::Object(with(
        machine.spec(design, facts),
        json!({
            "role": "ControlPlane",
            "minSize": 1,
            "maxSize": 1,
            "subnets": [member.zone],
            "autoscale": false,
            // kOps cannot start a second machine beside this one: both would want the volumes of etcd.
            "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 1, "drainAndTerminate": true },
        }),
    ))
}

/// A group of nodes.
pub fn nodes(design: &Design<'_>, facts: &Facts, group: &Group<'_>) -> Value {
    let config = group.nodes;
    let machine = Machine {
        machine_type: &config.machine_type,
        image: config.image.as_deref(),
        volume_gib: config.volume_gib,
    };
    let mut spec = with(
        machine.spec(design, facts),
        json!({
            "role": "Node",
            "minSize": config.min,
            "maxSize": config.max,
            "subnets": group.zones,
            "autoscale": design.config.autoscaling,
        }),
    );
    if !config.labels.is_empty() {
        spec = with(spec, json!({ "nodeLabels": config.labels }));
    }
    if !config.taints.is_empty() {
        spec = with(spec, json!({ "taints": config.taints }));
    }
    if config.max_age_days > 0 {
        let hours = u32::from(config.max_age_days) * 24;
        spec = with(
            spec,
            json!({ "maxInstanceLifetime": format!("{hours}h0m0s") }),
        );
    }
    if let Some(spot) = &config.spot {
        let types = std::iter::once(&config.machine_type).chain(&spot.machine_types);
        spec = with(
            spec,
            json!({
                // Moves to other capacity when AWS says that this one is likely to be taken back.
                "capacityRebalance": true,
                "mixedInstancesPolicy": {
                    "instances": types.collect::<Vec<_>>(),
                    "onDemandBase": spot.on_demand_base,
                    "onDemandAboveBase": 0,
                    "spotAllocationStrategy": "price-capacity-optimized",
                },
            }),
        );
    }
    Value::Object(spec)
}

/// What all machines have.
struct Machine<'a> {
    machine_type: &'a str,
    image: Option<&'a str>,
    volume_gib: u16,
}

impl Machine<'_> {
    fn spec(&self, design: &Design<'_>, facts: &Facts) -> Map<String, Value> {
        let image = self.image.or(design.config.image.as_deref());
        let image = image.map_or_else(
            || image::ubuntu(self.machine_type, design.partition),
            str::to_owned,
        );
        with(
            Map::new(),
            json!({
                "manager": "CloudGroup",
                "machineType": self.machine_type,
                "image": image,
                "associatePublicIp": false,
                // Credentials of the machine are for the machine: a Pod is one hop further away.
                "instanceMetadata": { "httpTokens": "required", "httpPutResponseHopLimit": 1 },
                "rootVolumeType": "gp3",
                "rootVolumeSize": self.volume_gib,
                // What gp3 gives without extra cost.
                "rootVolumeIops": 3000,
                "rootVolumeThroughput": 125,
                "rootVolumeEncryption": true,
                "rootVolumeEncryptionKey": facts.volumes_key,
                "rootVolumeDeleteOnTermination": true,
                "updatePolicy": update_policy(design.config.os_updates),
            }),
        )
    }
}

/// The `updatePolicy` of kOps.
pub const fn update_policy(updates: OsUpdates) -> &'static str {
    match updates {
        OsUpdates::NewImages => "external",
        OsUpdates::Unattended => "automatic",
    }
}
