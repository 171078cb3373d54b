//! kOps clusters.

use serde_json::Value;

use crate::bindings::shared::changes::{KopsInstanceGroup, KopsRoll, KopsSecret};

pub use crate::bindings::shared::changes::KopsCluster as Cluster;

impl Cluster {
    /// A cluster with the `spec` of its Cluster document, whose nodes are rolled as needed. The host
    /// sets name, stores, channel and Kubernetes version.
    pub fn new(spec: Value) -> Self {
        Self {
            spec: spec.to_string(),
            instance_groups: Vec::new(),
            secrets: Vec::new(),
            roll: KopsRoll::AsNeeded,
        }
    }

    /// Adds an instance group with the `spec` of its document.
    pub fn instance_group(mut self, name: impl Into<String>, spec: Value) -> Self {
        self.instance_groups.push(KopsInstanceGroup {
            name: name.into(),
            spec: spec.to_string(),
        });
        self
    }

    /// Fills an entry of the kOps secret store, for example `encryptionconfig`, with a secret fact.
    pub fn secret(mut self, name: impl Into<String>, fact: impl Into<String>) -> Self {
        self.secrets.push(KopsSecret {
            name: name.into(),
            fact: fact.into(),
        });
        self
    }

    /// Nodes keep running as they are.
    pub fn never_roll(mut self) -> Self {
        self.roll = KopsRoll::Never;
        self
    }

    /// Only the nodes of these instance groups are rolled.
    pub fn roll_only<S: Into<String>>(mut self, groups: impl IntoIterator<Item = S>) -> Self {
        self.roll = KopsRoll::Groups(groups.into_iter().map(Into::into).collect());
        self
    }
}
