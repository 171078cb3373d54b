//! Facts that the operator brings from a provider's outputs, for example `terraform output -json`.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::Identifier;
use serde_json::Value;

use super::error::StateError;
use super::journal::{Event, Operation, RunEnd};
use super::ledger::{Ledger, LedgerContext};
use super::model::InstanceState;
use crate::plan::{InstanceId, Provenance};

/// What an import changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Facts that have a new value.
    pub changed: BTreeSet<Identifier>,
    /// Facts that had this value already.
    pub unchanged: BTreeSet<Identifier>,
}

/// Writes values of facts that an instance provides. All of them are checked before any is written; under the
/// lease, through the journal, like everything that changes state.
pub fn import_facts(
    context: LedgerContext,
    instance: &InstanceId,
    values: &BTreeMap<Identifier, Value>,
) -> Result<Imported, StateError> {
    let mut ledger = Ledger::open(context, Operation::Import, None)?;
    let imported = match check(&ledger, instance, values) {
        Ok(imported) => imported,
        Err(error) => {
            // Nothing was begun; the error is what matters.
            let _ = ledger.close();
            return Err(error);
        }
    };
    if imported.changed.is_empty() {
        ledger.close()?;
        return Ok(imported);
    }
    match record(&mut ledger, instance, values, &imported) {
        Ok(()) => ledger.end(RunEnd::Complete)?,
        Err(error) => ledger.leave(Err(error))?,
    };
    Ok(imported)
}

fn record(
    ledger: &mut Ledger,
    instance: &InstanceId,
    values: &BTreeMap<Identifier, Value>,
    imported: &Imported,
) -> Result<(), StateError> {
    ledger.record(Event::Begin {
        operation: Operation::Import,
        plan: None,
        approvals: BTreeSet::new(),
        resumed: false,
    })?;
    ledger.record(Event::Import {
        instance: instance.clone(),
        facts: imported.changed.clone(),
    })?;
    if let Some(state) = ledger.state().instance(instance) {
        let mut state = state.clone();
        write(&mut state, values, &imported.changed);
        ledger.put_instances(vec![state], None)?;
    }
    Ok(())
}

fn check(
    ledger: &Ledger,
    id: &InstanceId,
    values: &BTreeMap<Identifier, Value>,
) -> Result<Imported, StateError> {
    let state = ledger
        .state()
        .instances()
        .find(|instance| instance.id == *id);
    let state = state.ok_or_else(|| StateError::UnknownInstance(id.clone()))?;
    let mut imported = Imported {
        changed: BTreeSet::new(),
        unchanged: BTreeSet::new(),
    };
    for (name, value) in values {
        let fact = state.facts.get(name).ok_or_else(|| {
            let known: Vec<&str> = state.facts.keys().map(Identifier::as_str).collect();
            StateError::UnknownFact {
                instance: id.clone(),
                name: name.clone(),
                known: known.join(", "),
            }
        })?;
        if fact.secret {
            return Err(StateError::FactSecret {
                instance: id.clone(),
                name: name.clone(),
            });
        }
        fact.format
            .check(value)
            .map_err(|misfit| StateError::FactMisfit {
                instance: id.clone(),
                name: name.clone(),
                misfit,
            })?;
        let same = fact.value.as_ref() == Some(value);
        if same {
            imported.unchanged.insert(name.clone())
        } else {
            imported.changed.insert(name.clone())
        };
    }
    Ok(imported)
}

fn write(
    state: &mut InstanceState,
    values: &BTreeMap<Identifier, Value>,
    changed: &BTreeSet<Identifier>,
) {
    for name in changed {
        if let (Some(fact), Some(value)) = (state.facts.get_mut(name), values.get(name)) {
            fact.value = Some(value.clone());
            fact.provenance = Provenance::Imported(state.id.clone());
        }
    }
    state.serial += 1;
}
