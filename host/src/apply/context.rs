//! What an apply is done with.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use aegis_document::{Digest, Identifier};

use super::cancel::Cancel;
use super::report::Reporter;
use crate::date::Date;
use crate::driver::document::Document;
use crate::driver::tree::TreeTarget;
use crate::plan::{Identity, InstanceId, Plan, PlannedChange, PolicyUse, StackUse};
use crate::state::{ClusterState, LedgerContext};

/// Everything that an apply needs besides the plan.
#[derive(Clone)]
pub struct ApplyContext {
    pub ledger: LedgerContext,
    pub tree: TreeTarget,
    /// What the stack's folder says now.
    pub expected: Expected,
    /// Whether this machine made the plan. One that came from elsewhere is only applied when somebody approved it.
    pub made_here: bool,
    /// How many approvals the operator wants at least, whatever the stack file says: who changes the stack must not
    /// decide how many people look at it.
    pub least_approvals: u32,
    /// Fingerprints of the distinct keys whose approvals of this very plan were verified.
    pub approvals: BTreeSet<String>,
    /// The stack's clusters; recorded, so that one can be taken out later.
    pub clusters: BTreeMap<Identifier, ClusterState>,
    pub reauthorize: Arc<dyn Reauthorize>,
    pub reporter: Arc<dyn Reporter>,
    pub cancel: Cancel,
    /// How many instances are worked on at a time.
    pub parallelism: NonZeroUsize,
    /// Exceptions that expired before this day do not count any more.
    pub today: Date,
    /// A person's answers for changes that could not be observed, on resume.
    pub assume: BTreeMap<Identity, Assumption>,
}

impl ApplyContext {
    /// How many approvals a plan needs.
    pub(super) fn needed_approvals(&self, plan: &Plan) -> u32 {
        plan.body.policy.approvals.max(self.least_approvals)
    }
}

/// A plan is only applied to the stack, lock file and policy that it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub stack: StackUse,
    /// Digest of the lock file, with all grants.
    pub lock: Digest,
    pub policy: PolicyUse,
}

/// What a person says of a change whose outcome nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumption {
    /// It is as it should be.
    Done,
    /// Do it, over what is there.
    Redo,
}

/// Authorises a change again, with the facts in it that are known now.
pub trait Reauthorize: Send + Sync {
    /// `document` is the bound document, `None` for a removal.
    fn reauthorize(
        &self,
        instance: &InstanceId,
        change: &PlannedChange,
        document: Option<&Document>,
    ) -> Result<(), Refusal>;
}

/// Why a change was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `AEG0123`
    pub code: String,
    pub message: String,
    pub help: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}
