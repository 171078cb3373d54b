//! The `spec` of the Cluster.
//!
//! What kOps would make up when it is left out (blocks of addresses, names, days of retention) is always
//! written: it then does not change with the version of kOps, and shows in a plan. Name, stores,
//! channel and Kubernetes version are the host's.

mod addons;
mod components;
mod etcd;
mod identity;
mod network;

use serde_json::{Map, Value, json};

use crate::design::Design;
use crate::facts::Facts;
use crate::instance_group::update_policy;
use crate::object::with;

pub use identity::issuer;

/// The whole spec.
pub fn spec(design: &Design<'_>, facts: &Facts) -> Value {
    let parts = [
        general(design),
        network::fields(design, facts),
        etcd::fields(design, facts),
        components::fields(design),
        identity::fields(design, facts),
        addons::fields(design),
    ];
    Value::Object(parts.into_iter().fold(Map::new(), with))
}

fn general(design: &Design<'_>) -> Value {
    let config = design.config;
    let mut tags = config.tags.clone();
    tags.insert(String::from("aegis:stack"), design.stack.to_owned());
    tags.insert(String::from("aegis:cluster"), design.cluster.name.clone());
    json!({
        "cloudProvider": "aws",
        "cloudLabels": tags,
        "updatePolicy": update_policy(config.os_updates),
        "rollingUpdate": {
            "maxSurge": config.rolling_update.surge,
            "maxUnavailable": config.rolling_update.unavailable,
            "drainAndTerminate": true,
        },
    })
}
