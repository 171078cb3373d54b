//! Records.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Digest, Identifier};
use serde::{Deserialize, Serialize};

use crate::driver::tree::TreePath;
use crate::plan::{Identity, InstanceId};

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Position {
    pub segment: u64,
    /// From 1, over all segments.
    pub seq: u64,
    /// Digest of the record's line.
    pub hash: Digest,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    pub seq: u64,
    /// Digest of the line before; `None` for the first.
    pub previous: Option<Digest>,
    pub run: String,
    pub lease: String,
    /// RFC 3339, UTC.
    pub time: String,
    pub actor: String,
    #[serde(flatten)]
    pub event: Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    Apply,
    Destroy,
    Import,
    Abandon,
}

impl Operation {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Import => "import",
            Self::Abandon => "abandon",
        }
    }
}

/// The two passes of a run over an instance: first what comes, then, backwards, what goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Apply,
    Prune,
}

/// What happens to one file. The marker by which a later look tells whether it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileChange {
    /// `None`: there is no file.
    pub before: Option<Digest>,
    pub after: Option<Digest>,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result", content = "reason")]
pub enum ChangeResult {
    Done,
    /// It was there already.
    Noop,
    Failed(String),
    /// The target is not what it was when the plan was made.
    Stale(String),
    /// Something before it did not end well.
    Skipped(String),
}

impl ChangeResult {
    /// Whether the target now is what the change wanted.
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Done | Self::Noop)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunEnd {
    /// Everything is done.
    Complete,
    /// Parts are left for another plan.
    Partial,
    Failed,
    /// A person gave the run up.
    Abandoned,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Event {
    Begin {
        operation: Operation,
        /// The plan's digest; the plan itself is in the store.
        plan: Option<Digest>,
        /// Fingerprints of the keys whose approvals were used.
        approvals: BTreeSet<String>,
        /// This part goes on with a run that was begun before.
        resumed: bool,
    },
    /// The changes are about to be made.
    Intent {
        instance: InstanceId,
        phase: Phase,
        changes: BTreeMap<Identity, BTreeMap<TreePath, FileChange>>,
    },
    /// Documents that were bound only now, by digest.
    Bound {
        instance: InstanceId,
        changes: BTreeMap<Identity, Digest>,
    },
    Started {
        instance: InstanceId,
        changes: BTreeSet<Identity>,
    },
    Outcome {
        instance: InstanceId,
        phase: Phase,
        changes: BTreeMap<Identity, ChangeResult>,
    },
    /// State has the instance as it is now. Written after it, so reading it twice does no harm.
    Checkpoint {
        instance: InstanceId,
        phase: Phase,
        serial: u64,
    },
    /// A person answered for a change that could not be observed.
    Assume {
        instance: InstanceId,
        change: Identity,
        done: bool,
    },
    Import {
        instance: InstanceId,
        facts: BTreeSet<Identifier>,
    },
    /// The run stopped on request and can be resumed.
    Interrupted,
    End {
        end: RunEnd,
    },
}
