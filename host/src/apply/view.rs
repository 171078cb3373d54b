//! State, as one pass sees it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aegis_document::Identifier;
use serde_json::Value;

use crate::plan::{Identity, InstanceId};
use crate::state::{InstanceState, InventoryEntry, Ledger, State};

/// Who owns what, kept while a run goes on: looking through every instance for each change would make
/// large stacks slow.
#[derive(Debug, Default)]
pub(super) struct Owners(BTreeMap<Identity, InstanceId>);

impl Owners {
    pub(super) fn of(state: &State) -> Self {
        let owned = |(identity, (owner, _)): (&Identity, (&InstanceId, _))| {
            (identity.clone(), owner.clone())
        };
        Self(state.inventory().into_iter().map(owned).collect())
    }

    /// Takes over what instances become; `state` is that before.
    pub(super) fn update(&mut self, state: &State, changed: &[InstanceState]) {
        for instance in changed {
            let before = state
                .instance(&instance.id)
                .into_iter()
                .flat_map(|before| before.inventory.keys());
            for identity in before.filter(|identity| !instance.inventory.contains_key(identity)) {
                if self.0.get(identity) == Some(&instance.id) {
                    self.0.remove(identity);
                }
            }
            let owned = instance
                .inventory
                .keys()
                .map(|identity| (identity.clone(), instance.id.clone()));
            self.0.extend(owned);
        }
    }
}

pub(super) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A worker that panicked ends the run when its thread is joined; what it held is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks things up while other passes write. What a pass reads is only changed by itself and by those before it, so
/// nothing moves under it.
pub(super) struct View<'a> {
    ledger: &'a Mutex<Ledger>,
    owners: &'a Mutex<Owners>,
    instance: &'a InstanceId,
    own: Option<InstanceState>,
}

impl<'a> View<'a> {
    pub(super) fn of(
        ledger: &'a Mutex<Ledger>,
        owners: &'a Mutex<Owners>,
        instance: &'a InstanceId,
    ) -> Self {
        let own = guard(ledger).state().instance(instance).cloned();
        Self {
            ledger,
            owners,
            instance,
            own,
        }
    }

    /// The owner of an identity and what it knows of it.
    pub(super) fn owner(&self, identity: &Identity) -> Option<(InstanceId, InventoryEntry)> {
        if let Some(entry) = self
            .own
            .as_ref()
            .and_then(|own| own.inventory.get(identity))
        {
            return Some((self.instance.clone(), entry.clone()));
        }
        let owner = guard(self.owners).0.get(identity).cloned()?;
        let entry = guard(self.ledger)
            .state()
            .instance(&owner)?
            .inventory
            .get(identity)
            .cloned()?;
        Some((owner, entry))
    }

    /// The value of a fact that an instance provides.
    pub(super) fn fact(&self, provider: &InstanceId, name: &Identifier) -> Option<Value> {
        guard(self.ledger)
            .state()
            .instance(provider)?
            .facts
            .get(name)?
            .value
            .clone()
    }

    /// The serial of the instance, if state knows it.
    pub(super) fn serial(&self) -> Option<u64> {
        self.own.as_ref().map(|own| own.serial)
    }
}
