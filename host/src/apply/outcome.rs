//! How an apply ended.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::driver::tree::TreePath;
use crate::fact::FactRef;
use crate::plan::{Identity, InstanceId};

/// How it ended for one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum InstanceOutcome {
    /// Everything that the plan has for it holds.
    Done { changed: usize, unchanged: usize },
    /// The plan has nothing for it: its plugin waits for facts.
    Deferred { reason: String },
    /// Its target exists and does not answer.
    Blocked { reason: String },
    /// Policy refuses changes that are not exact.
    Refused { identity: Identity },
    /// Authorising it again, with the facts of today, failed.
    Denied {
        identity: Identity,
        code: String,
        reason: String,
        help: Option<String>,
    },
    /// The target or state is not what it was when the plan was made. Nothing was done.
    Stale { reasons: BTreeMap<Identity, String> },
    Failed {
        identity: Option<Identity>,
        reason: String,
    },
    /// An instance before it did not end well.
    Skipped { upstream: InstanceId },
    /// Nobody knows whether a change happened: the file is neither what it was nor what it was to be.
    Unknown { identity: Identity, path: TreePath },
    /// The run was stopped before.
    Interrupted,
}

impl InstanceOutcome {
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    pub run: String,
    pub lineage: String,
    pub instances: BTreeMap<InstanceId, InstanceOutcome>,
    /// Documents that are in the tree but not final, with the facts they wait for.
    pub waiting: BTreeMap<Identity, BTreeSet<FactRef>>,
}

impl Outcome {
    /// 4: stopped and resumable; 1: something failed; 3: something was denied; 2: something is left for another plan;
    /// 0: all done.
    pub fn exit_code(&self) -> u8 {
        let any = |test: fn(&InstanceOutcome) -> bool| self.instances.values().any(test);
        if self.is_resumable() {
            4
        } else if any(|outcome| matches!(outcome, InstanceOutcome::Failed { .. })) {
            1
        } else if any(|outcome| matches!(outcome, InstanceOutcome::Denied { .. })) {
            3
        } else if any(|outcome| !outcome.is_done()) {
            2
        } else {
            0
        }
    }

    /// Whether `aegis apply --resume` goes on with it.
    pub fn is_resumable(&self) -> bool {
        self.instances.values().any(|outcome| {
            matches!(
                outcome,
                InstanceOutcome::Interrupted | InstanceOutcome::Unknown { .. }
            )
        })
    }
}
