//! The facts of a plan, as they are now.

use std::collections::BTreeMap;

use aegis_document::Identifier;

use super::view::View;
use crate::driver::document::Document;
use crate::driver::tree::{FactShape, Shapes};
use crate::fact::FactRef;
use crate::plan::{Body, FactStatus, InstanceId, PlannedFact, Provenance};
use crate::state::{InstanceState, StoredFact};
use crate::template::Binding;

/// What a plan says of facts.
pub(super) struct PlanFacts<'p> {
    facts: BTreeMap<&'p FactRef, &'p PlannedFact>,
    provided: BTreeMap<&'p InstanceId, Vec<&'p PlannedFact>>,
    pub(super) shapes: Shapes,
}

impl<'p> PlanFacts<'p> {
    pub(super) fn of(body: &'p Body) -> Self {
        let mut provided: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for fact in &body.facts {
            if let Some(provider) = provider(fact) {
                provided.entry(provider).or_default().push(fact);
            }
        }
        let shape = |fact: &PlannedFact| {
            (
                fact.reference.clone(),
                FactShape {
                    format: fact.format.clone(),
                    secret: fact.secret,
                },
            )
        };
        Self {
            facts: body
                .facts
                .iter()
                .map(|fact| (&fact.reference, fact))
                .collect(),
            provided,
            shapes: body.facts.iter().map(shape).collect(),
        }
    }

    /// The values for a document: those of the plan, which must still hold, and those that became known since.
    pub(super) fn binding(&self, document: &Document, view: &View<'_>) -> Result<Binding, String> {
        let mut binding = Binding::default();
        for reference in document.facts() {
            let fact = self
                .facts
                .get(&reference)
                .ok_or_else(|| format!("the plan does not know the fact {reference}"))?;
            if fact.secret {
                continue;
            }
            let now = provider(fact).and_then(|provider| view.fact(provider, &fact.reference.name));
            let value = match (&fact.value, now) {
                // A planned value is one that this very run writes.
                (Some(planned), Some(now))
                    if *planned != now && fact.status != FactStatus::Planned =>
                {
                    return Err(format!(
                        "the fact {reference} has another value than in the plan"
                    ));
                }
                (Some(planned), _) => planned.clone(),
                (None, Some(now)) => now,
                (None, None) => continue,
            };
            binding.insert(reference, fact.format.clone(), value);
        }
        Ok(binding)
    }

    /// What state keeps of the facts that an instance provides. `moved` says that the instance was changed after
    /// the plan was made: then what the plan had from state itself is older than what state has now.
    pub(super) fn stored(
        &self,
        instance: &InstanceState,
        moved: bool,
    ) -> BTreeMap<Identifier, StoredFact> {
        let stored = |fact: &&PlannedFact| {
            let old = instance.facts.get(&fact.reference.name);
            let mut stored = StoredFact {
                format: fact.format.clone(),
                schema: fact.schema,
                secret: fact.secret,
                provenance: fact.provenance.clone(),
                value: if fact.secret {
                    None
                } else {
                    fact.value.clone()
                },
                extra: old.map(|old| old.extra.clone()).unwrap_or_default(),
            };
            if let (true, Some(old)) = (moved && fact.status != FactStatus::Planned, old) {
                stored.value.clone_from(&old.value);
                stored.provenance.clone_from(&old.provenance);
            }
            (fact.reference.name.clone(), stored)
        };
        self.provided
            .get(&instance.id)
            .into_iter()
            .flatten()
            .map(stored)
            .collect()
    }
}

/// The instance that a fact belongs to, if it is not given from outside.
fn provider(fact: &PlannedFact) -> Option<&InstanceId> {
    match &fact.provenance {
        Provenance::Stage(instance) | Provenance::Imported(instance) => Some(instance),
        Provenance::Host | Provenance::Supplied => None,
    }
}
