//! The control plane and etcd.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machines of the control plane.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ControlPlane {
    /// How many: 1, 3 or 5, because etcd needs a majority. By default 3 when the cluster has more than one
    /// zone, else 1. They are dealt out over the zones in order, so that a cluster with fewer zones than
    /// members has several in its first ones and does not survive the loss of that zone. It cannot be
    /// changed later without moving etcd.
    pub count: Option<u8>,
    /// An EC2 instance type.
    pub machine_type: String,
    /// GiB of the root volume.
    #[schemars(range(min = 20, max = 16_384))]
    pub volume_gib: u16,
    /// As `image`, for these machines.
    pub image: Option<String>,
}

impl Default for ControlPlane {
    fn default() -> Self {
        Self {
            count: None,
            machine_type: String::from("m6i.large"),
            volume_gib: 64,
            image: None,
        }
    }
}

/// The volumes and backups of etcd. Its volumes are always encrypted with the cluster's own key.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Etcd {
    /// GiB of the volume of each member, of which there is one for the objects and one for the events.
    #[schemars(range(min = 10, max = 1000))]
    pub volume_gib: u16,
    /// Days until a backup is deleted.
    #[schemars(range(min = 7, max = 3650))]
    pub backup_retention_days: u16,
    /// Minutes between two backups: what can be lost.
    #[schemars(range(min = 5, max = 1440))]
    pub backup_interval_minutes: u16,
}

impl Default for Etcd {
    fn default() -> Self {
        Self {
            volume_gib: 20,
            backup_retention_days: 90,
            backup_interval_minutes: 15,
        }
    }
}
