//! What state owns and nobody proposes any more.

use std::collections::{BTreeMap, BTreeSet};

use super::super::document::{Instance, InstanceStatus};
use super::super::identity::{Identity, InstanceId};
use super::Inputs;
use super::change::removal;
use super::failure::{PlanFailure, TARGET};
use crate::driver::document::Document;
use crate::stack::Diagnostic;

/// Adds the deletes. Nothing is deleted of an instance that is deferred or blocked: that it proposes
/// nothing says nothing.
pub fn prune(
    inputs: &Inputs<'_>,
    instances: &mut Vec<Instance>,
    claimed: &BTreeMap<Identity, InstanceId>,
) -> Result<(), PlanFailure> {
    let silent: BTreeSet<InstanceId> = instances
        .iter()
        .filter(|instance| instance.state != InstanceStatus::Planned)
        .map(|instance| instance.id.clone())
        .collect();
    let places: BTreeMap<InstanceId, usize> = instances
        .iter()
        .enumerate()
        .map(|(index, instance)| (instance.id.clone(), index))
        .collect();
    let mut orphans: BTreeMap<InstanceId, Instance> = BTreeMap::new();
    let known = inputs.state.inventory();
    for recorded in inputs.state.instances() {
        let owner = &recorded.id;
        if silent.contains(owner) {
            continue;
        }
        for (identity, entry) in &recorded.inventory {
            if claimed.contains_key(identity) {
                continue;
            }
            let difference = inputs
                .tree
                .diff(identity, None, Some(entry))
                .map_err(|error| Diagnostic::new(TARGET, error.to_string()))?;
            let source = crate::state::document(inputs.store, &entry.document).ok();
            let before = source
                .as_ref()
                .and_then(|source| Document::parse(identity, source).ok());
            let known = known.keys().copied();
            let change = removal(identity.clone(), entry, difference, before.as_ref(), known);
            match places
                .get(owner)
                .and_then(|index| instances.get_mut(*index))
            {
                Some(instance) => instance.changes.push(change),
                None => orphans
                    .entry(owner.clone())
                    .or_insert_with(|| orphan(owner))
                    .changes
                    .push(change),
            }
        }
        // A stage that is gone and owned nothing leaves a record that has to go, too.
        if !places.contains_key(owner) {
            orphans
                .entry(owner.clone())
                .or_insert_with(|| orphan(owner));
        }
    }
    instances.extend(orphans.into_values());
    Ok(())
}

/// The instance of a stage that is no longer in the stack.
fn orphan(id: &InstanceId) -> Instance {
    Instance {
        id: id.clone(),
        state: InstanceStatus::Planned,
        edges: Vec::new(),
        request: None,
        response: None,
        changes: Vec::new(),
        sources: BTreeMap::new(),
        probes: Vec::new(),
    }
}
