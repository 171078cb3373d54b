//! What an operator can set. Everything has a default that is safe; the comments become the
//! descriptions of the configuration's JSON Schema.

mod control_plane;
mod nodes;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use control_plane::{ControlPlane, Etcd};
pub use nodes::Nodes;

/// A Kubernetes cluster made by kOps in the network of the cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The machines of the control plane, which also hold etcd.
    pub control_plane: ControlPlane,
    /// The volumes and backups of etcd.
    pub etcd: Etcd,
    /// The instance group `nodes`, on which workloads run.
    pub nodes: Nodes,
    /// Further groups of nodes by name, for example for batch work on spot instances or for another
    /// processor.
    pub node_groups: BTreeMap<String, Nodes>,
    /// The image of all machines that do not name their own: an `ami-` id, or one of Ubuntu's by name,
    /// `099720109477/ubuntu/images/…`. Both stay what they are; an SSM parameter would change between
    /// two runs and is refused. Without this, Ubuntu 24.04 of a release that is known to work, for the
    /// processor of the machine type.
    pub image: Option<String>,

    /// Networks that may reach the API server besides the cluster's own: CIDR blocks, for example of a
    /// VPN. Its load balancer is always internal, so only blocks of private addresses make sense
    /// (RFC 1918, RFC 6598, RFC 4193); others are refused.
    #[schemars(length(max = 32))]
    pub api_access: Vec<String>,
    /// Networks that may reach the machines over SSH, of private addresses too. None by default: machines
    /// are replaced, not repaired.
    #[schemars(length(max = 32))]
    pub ssh_access: Vec<String>,
    /// The block from which Pods and Services get addresses. Pods get its upper half, Services its first
    /// eighth. It may overlap with no cluster's network.
    pub internal_cidr: String,
    /// The private Route 53 zone that holds the names of the API server: the cluster's own name, a name that
    /// ends it, or the id of a hosted zone. The default is the cluster's own name, so that no cluster can
    /// write another one's records; kOps makes that zone when it does not exist, and leaves it behind.
    pub dns_zone: Option<String>,
    /// The Pod network, which enforces NetworkPolicy.
    pub calico: Calico,
    /// Whether kOps tags the subnets for load balancers. Only needed for a network that another tool
    /// made without the tags: two owners of one tag undo each other's work.
    pub tag_subnets: bool,

    /// Whether the API server encrypts Secrets before it gives them to etcd, whose volumes are
    /// encrypted in any case.
    pub secrets_encryption: SecretsEncryption,
    /// How long the audit log is kept on the control plane.
    pub audit: Audit,
    /// Pulls every image anew with the Pod's own credentials, so that no Pod runs a private image
    /// only because another one pulled it. Pods do not start while the registry is away.
    pub always_pull_images: bool,
    /// Most processes in a Pod, against fork bombs.
    #[schemars(range(min = 100, max = 100_000))]
    pub pids_per_pod: u32,
    /// The ARN of an IAM policy that bounds every role that kOps makes, those of service accounts
    /// too. By default the boundary that the stack has, if it has one.
    pub permissions_boundary: Option<String>,

    /// Runs the cluster autoscaler, which moves each group of nodes between `min` and `max`.
    pub autoscaling: bool,
    /// Runs the metrics server, which horizontal autoscaling reads. Its certificate comes from cert-manager.
    pub metrics_server: bool,
    /// How machines are replaced.
    pub rolling_update: RollingUpdate,
    /// Who installs updates of the operating system.
    pub os_updates: OsUpdates,
    /// Tags on everything that kOps makes in AWS, besides `aegis:stack` and `aegis:cluster`.
    pub tags: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            control_plane: ControlPlane::default(),
            etcd: Etcd::default(),
            nodes: Nodes::default(),
            node_groups: BTreeMap::new(),
            image: None,
            api_access: Vec::new(),
            ssh_access: Vec::new(),
            // The shared address space of RFC 6598, which is also what kOps would take.
            internal_cidr: String::from("100.64.0.0/10"),
            dns_zone: None,
            calico: Calico::default(),
            tag_subnets: false,
            secrets_encryption: SecretsEncryption::default(),
            audit: Audit::default(),
            always_pull_images: false,
            pids_per_pod: 4096,
            permissions_boundary: None,
            autoscaling: true,
            metrics_server: true,
            rolling_update: RollingUpdate::default(),
            os_updates: OsUpdates::default(),
            tags: BTreeMap::new(),
        }
    }
}

/// The Pod network. What Pods on different nodes say to each other is always encrypted (WireGuard).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Calico {
    /// Replicas of Typha, which stands between the nodes and the API server. By default one for each
    /// zone, at most three.
    #[schemars(range(max = 20))]
    pub typha_replicas: Option<u8>,
    /// Serves metrics of the nodes' agents and of Typha.
    pub metrics: bool,
}

impl Default for Calico {
    fn default() -> Self {
        Self {
            typha_replicas: None,
            metrics: true,
        }
    }
}

/// Whether the API server encrypts Secrets before it gives them to etcd.
///
/// kOps takes the `EncryptionConfiguration` from the entry `encryptionconfig` of its secret store.
/// It holds a key, so it is never part of this configuration, nor of any document: it can only come from the
/// secret fact `encryption.configuration` of the cluster, which goes into that store and nowhere else. A
/// target that only writes documents cannot deliver it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretsEncryption {
    /// When somebody provides the fact. A cluster that has stored encrypted Secrets should say
    /// `required`: it cannot read them any more when the fact is gone.
    #[default]
    WhenProvided,
    /// Always; without the fact there is no plan.
    Required,
    /// Never; only the volumes of etcd are encrypted.
    Off,
}

/// The audit log of the API server. The numbers are at least those of the CIS Kubernetes benchmark.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Audit {
    /// Days until a rotated file is deleted.
    #[schemars(range(min = 30, max = 3650))]
    pub max_age_days: u16,
    /// Rotated files that are kept.
    #[schemars(range(min = 10, max = 1000))]
    pub max_backups: u16,
    /// Megabytes after which the file is rotated.
    #[schemars(range(min = 100, max = 10_000))]
    pub max_size_mb: u16,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            max_age_days: 30,
            max_backups: 10,
            max_size_mb: 100,
        }
    }
}

/// How machines are replaced when their configuration changes. The control plane goes one by one in any
/// case.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RollingUpdate {
    /// Whether `aegis apply` replaces machines.
    pub mode: RollMode,
    /// Nodes that are started in each group before old ones go.
    #[schemars(range(max = 100))]
    pub surge: u16,
    /// Nodes of each group that may be missing at the same time.
    #[schemars(range(max = 100))]
    pub unavailable: u16,
}

impl Default for RollingUpdate {
    fn default() -> Self {
        Self {
            mode: RollMode::default(),
            surge: 1,
            unavailable: 0,
        }
    }
}

/// Whether an apply replaces machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RollMode {
    /// Those whose configuration changed.
    #[default]
    AsNeeded,
    /// None: new machines get the new configuration, the others keep theirs.
    Never,
}

/// Who installs updates of the operating system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OsUpdates {
    /// Nobody on the machine: a new image replaces it, so that all machines of a group are alike.
    #[default]
    NewImages,
    /// The machine itself, without restarting.
    Unattended,
}
