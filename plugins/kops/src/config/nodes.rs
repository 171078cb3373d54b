//! Groups of nodes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A group of equal nodes.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Nodes {
    /// An EC2 instance type.
    pub machine_type: String,
    /// Fewest nodes. The group `nodes` has at least one.
    #[schemars(range(max = 1000))]
    pub min: u16,
    /// Most nodes.
    #[schemars(range(min = 1, max = 1000))]
    pub max: u16,
    /// Zones of the cluster over which the nodes are spread; all of them by default.
    pub zones: Option<Vec<String>>,
    /// Takes spare capacity that AWS may take back at short notice.
    pub spot: Option<Spot>,
    /// Labels of the nodes. The domains `kubernetes.io` and `k8s.io` are Kubernetes' own, except
    /// `node.kubernetes.io/` and `node-restriction.kubernetes.io/`.
    pub labels: BTreeMap<String, String>,
    /// Taints of the nodes, `key=value:EFFECT` or `key:EFFECT`.
    pub taints: Vec<String>,
    /// GiB of the root volume.
    #[schemars(range(min = 20, max = 16_384))]
    pub volume_gib: u16,
    /// As `image`, for these nodes.
    pub image: Option<String>,
    /// Days after which a node is drained and replaced, so that none runs an old image for long; 0 for never.
    #[schemars(range(max = 365))]
    pub max_age_days: u16,
}

impl Default for Nodes {
    fn default() -> Self {
        Self {
            machine_type: String::from("m6i.large"),
            min: 3,
            max: 6,
            zones: None,
            spot: None,
            labels: BTreeMap::new(),
            taints: Vec::new(),
            volume_gib: 128,
            image: None,
            max_age_days: 30,
        }
    }
}

/// Spare capacity of AWS.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Spot {
    /// Further instance types of about the same size: the more there are, the rarer all of them are
    /// taken back at once.
    #[schemars(length(max = 30))]
    pub machine_types: Vec<String>,
    /// Nodes of the group that are paid in full and stay.
    #[schemars(range(max = 1000))]
    pub on_demand_base: u16,
}
