//! The documents of state, `aegis.state/1`.
//!
//! Fields that this version does not know are kept when a document is written again, so that a newer
//! minor version does not lose what it recorded.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Digest, Identifier};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::journal::{Phase, Position};
use crate::driver::tree::TreePath;
use crate::fact::{FactRef, Format};
use crate::plan::{Identity, InstanceId, Provenance};
use crate::proposal::{FactSource, Probe};

/// The one object that names all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Head {
    /// [`Head::FORMAT`].
    pub format: String,
    /// 32 hexadecimal digits, random, made by the first apply.
    pub lineage: String,
    /// Raised by every write.
    pub serial: u64,
    pub stack: Identifier,
    /// The oldest version that may write this state.
    pub min_host: semver::Version,
    /// State of every instance, by content.
    pub instances: BTreeMap<InstanceId, Digest>,
    pub clusters: BTreeMap<Identifier, ClusterState>,
    /// The last journal record when this head was written.
    pub journal: Option<Position>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Head {
    pub const FORMAT: &'static str = "aegis.state/1";
    /// Serial of the head that a first apply writes before anything else.
    pub const FIRST_SERIAL: u64 = 1;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterState {
    pub region: String,
    pub dns_name: String,
    pub presence: ClusterPresence,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterPresence {
    Present,
    Removing,
}

/// What is known about one stage in one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InstanceState {
    pub id: InstanceId,
    /// Raised once by every run that changes the instance. Kept when the instance is removed, so that an
    /// old approval does not fit a new life of the same name.
    pub serial: u64,
    pub plugin: Option<PluginMark>,
    pub progress: InstanceProgress,
    /// Instances that had to be ready before this one: prunes go the other way.
    pub edges: BTreeSet<InstanceId>,
    /// Facts that the stage provides, by name.
    pub facts: BTreeMap<Identifier, StoredFact>,
    /// Where they come from, as the plan had it.
    pub sources: BTreeMap<Identifier, FactSource>,
    pub probes: Vec<Probe>,
    /// What the instance owns.
    pub inventory: BTreeMap<Identity, InventoryEntry>,
    pub last: Option<LastRun>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl InstanceState {
    /// An instance that was never applied.
    pub fn new(id: InstanceId) -> Self {
        Self {
            id,
            serial: 0,
            plugin: None,
            progress: InstanceProgress::Pending,
            edges: BTreeSet::new(),
            facts: BTreeMap::new(),
            sources: BTreeMap::new(),
            probes: Vec::new(),
            inventory: BTreeMap::new(),
            last: None,
            extra: Map::new(),
        }
    }

    /// The full name of one of its facts.
    pub fn fact_ref(&self, name: &Identifier) -> FactRef {
        FactRef::new(self.id.cluster.clone(), name.clone())
    }
}

/// The plugin that proposed what an instance is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PluginMark {
    /// `publisher/plugin`
    pub plugin: String,
    pub version: semver::Version,
    pub component: Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceProgress {
    Pending,
    /// Some of its changes are done.
    Applying,
    /// All changes are done, and all of them are files.
    Written,
    /// All changes are done.
    Applied,
    /// Its probes pass.
    Ready,
    Degraded,
    Failed,
    Removing,
    /// Gone; only its serial is kept.
    Removed,
}

/// The run that changed an instance last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LastRun {
    pub run: String,
    pub plan: Digest,
    /// What of the run is complete.
    pub phases: BTreeSet<Phase>,
}

/// A fact as its provider left it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StoredFact {
    pub format: Format,
    pub schema: u32,
    pub secret: bool,
    pub provenance: Provenance,
    /// Absent while unknown, and always for a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One thing that an instance owns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InventoryEntry {
    /// The applied document, tokens and all; in the store under this digest.
    pub document: Digest,
    /// Digest of the document with the facts bound that were known.
    pub bound: Digest,
    /// Files in the tree, with the digest of what was written.
    pub files: BTreeMap<TreePath, Digest>,
    /// Facts that the document waits for; its files are not final then.
    pub waits_for: BTreeSet<FactRef>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
