//! What the journal says of the parts of a run before this one.

use std::collections::BTreeMap;

use crate::driver::tree::TreePath;
use crate::plan::{Identity, InstanceId};
use crate::state::{ChangeResult, Event, FileChange, Phase, Record};

/// The earlier parts of a run.
#[derive(Debug, Default)]
pub(super) struct Prior {
    units: BTreeMap<(InstanceId, Phase), PriorUnit>,
    nothing: PriorUnit,
}

/// What is known of one pass.
#[derive(Debug, Default)]
pub(super) struct PriorUnit {
    /// The last intent of each change.
    pub(super) intents: BTreeMap<Identity, BTreeMap<TreePath, FileChange>>,
    /// The last outcome, if it came after the last intent.
    pub(super) outcomes: BTreeMap<Identity, ChangeResult>,
}

impl Prior {
    pub(super) fn of(records: &[Record]) -> Self {
        let mut prior = Self::default();
        for record in records {
            match &record.event {
                Event::Intent {
                    instance,
                    phase,
                    changes,
                } => {
                    let unit = prior.units.entry((instance.clone(), *phase)).or_default();
                    for (identity, steps) in changes {
                        unit.outcomes.remove(identity);
                        unit.intents.insert(identity.clone(), steps.clone());
                    }
                }
                Event::Outcome {
                    instance,
                    phase,
                    changes,
                } => {
                    let unit = prior.units.entry((instance.clone(), *phase)).or_default();
                    unit.outcomes.extend(changes.clone());
                }
                _ => {}
            }
        }
        prior
    }

    pub(super) fn unit(&self, instance: &InstanceId, phase: Phase) -> &PriorUnit {
        self.units
            .get(&(instance.clone(), phase))
            .unwrap_or(&self.nothing)
    }
}

impl PriorUnit {
    /// Whether nothing of the pass was begun.
    pub(super) fn is_empty(&self) -> bool {
        self.intents.is_empty() && self.outcomes.is_empty()
    }

    /// Whether the change was begun: then the target is not what the plan saw, and the intent says what it
    /// is to be.
    pub(super) fn touched(&self, identity: &Identity) -> bool {
        self.intents.contains_key(identity) || self.outcomes.contains_key(identity)
    }
}
