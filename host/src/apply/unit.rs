//! One pass over one instance.

use crate::plan::{
    ChangeAction, Instance, InstanceStatus, Mode, PlannedChange, Precision, StructuralRule,
};
use crate::state::Phase;

use super::outcome::InstanceOutcome;

/// The changes of an instance that are made in one pass.
#[derive(Clone, Debug)]
pub(super) struct Unit<'p> {
    pub(super) instance: &'p Instance,
    pub(super) phase: Phase,
    /// Without those that change nothing.
    pub(super) changes: Vec<&'p PlannedChange>,
    /// Changes that change nothing.
    pub(super) unchanged: usize,
}

impl<'p> Unit<'p> {
    /// The pass that creates and updates.
    pub(super) fn apply(instance: &'p Instance) -> Self {
        let is = |change: &&PlannedChange, action| change.action == action;
        let of_phase = instance
            .changes
            .iter()
            .filter(|change| !is(change, ChangeAction::Delete));
        let (noop, changes): (Vec<_>, Vec<_>) =
            of_phase.partition(|change| is(change, ChangeAction::Noop));
        Self {
            instance,
            phase: Phase::Apply,
            changes,
            unchanged: noop.len(),
        }
    }

    /// The pass that removes; `None` when there is nothing to remove.
    pub(super) fn prune(instance: &'p Instance, mode: Mode) -> Option<Self> {
        let changes: Vec<_> = instance
            .changes
            .iter()
            .filter(|change| change.action == ChangeAction::Delete)
            .collect();
        let unit = Self {
            instance,
            phase: Phase::Prune,
            changes,
            unchanged: 0,
        };
        (!unit.changes.is_empty() || unit.ends(mode)).then_some(unit)
    }

    /// Whether nothing of the instance is left after this pass.
    pub(super) fn ends(&self, mode: Mode) -> bool {
        let only_deletes = self
            .instance
            .changes
            .iter()
            .all(|change| change.action == ChangeAction::Delete);
        self.phase == Phase::Prune
            && only_deletes
            && (self.instance.request.is_none() || mode == Mode::Destroy)
    }

    /// Why the pass is not run at all.
    pub(super) fn held_back(&self, rule: StructuralRule) -> Option<InstanceOutcome> {
        match &self.instance.state {
            InstanceStatus::Deferred(reason) => {
                return Some(InstanceOutcome::Deferred {
                    reason: reason.clone(),
                });
            }
            InstanceStatus::Blocked(reason) => {
                return Some(InstanceOutcome::Blocked {
                    reason: reason.clone(),
                });
            }
            InstanceStatus::Planned => {}
        }
        let structural = self
            .changes
            .iter()
            .find(|change| matches!(change.precision, Precision::Structural(_)));
        match (rule, structural) {
            (StructuralRule::Refuse, Some(change)) => Some(InstanceOutcome::Refused {
                identity: change.identity.clone(),
            }),
            _ => None,
        }
    }
}
