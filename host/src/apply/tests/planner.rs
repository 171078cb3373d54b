//! A planner small enough to see through.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Digest, canonical_bytes};
use serde_json::{Value, json};

use super::world::{Stage, World, instance, name};
use crate::driver::document::Document;
use crate::driver::tree::{Desired, FactShape, RenderContext, Shapes, render};
use crate::fact::FactRef;
use crate::plan::*;
use crate::proposal::{FactMode, FactSource, OnImmutable};
use crate::state::*;
use crate::template::Binding;

impl World {
    pub(super) fn plan(&self, stages: &[Stage]) -> Plan {
        self.plan_with(stages, |_| {})
    }

    pub(super) fn plan_with(&self, stages: &[Stage], change: impl FnOnce(&mut Body)) -> Plan {
        let state = self.state().unwrap();
        let mut documents = Documents::default();
        let facts = planned_facts(stages, &state);
        let (shapes, binding) = known(&facts);
        let mut claimed = BTreeSet::new();
        let mut instances = Vec::new();
        for stage in stages {
            let id = instance(&stage.id);
            let mut changes = Vec::new();
            if stage.state.is_none() {
                for (path, text) in &stage.files {
                    let identity = Identity::File { path: path.clone() };
                    let document = Document::parse(&identity, &json!({"content": text})).unwrap();
                    claimed.insert(identity.clone());
                    changes.push(self.change(
                        &state,
                        &id,
                        identity,
                        &document,
                        (&shapes, &binding),
                        &mut documents,
                    ));
                }
            }
            instances.push(Instance {
                id,
                state: stage.state.clone().unwrap_or(InstanceStatus::Planned),
                edges: stage.needs.iter().map(|need| instance(need)).collect(),
                request: Some(Digest::of(stage.id.as_bytes())),
                response: None,
                changes,
                sources: stage
                    .facts
                    .iter()
                    .map(|(fact, _, _)| (name(fact), FactSource::Value(Value::Null)))
                    .collect(),
                probes: Vec::new(),
            });
        }
        self.prunes(&state, &claimed, &mut instances);
        let mut body = Body {
            stack: self.context.expected.stack.clone(),
            mode: Mode::Apply,
            base: Base {
                lineage: state.base_lineage().map(str::to_owned),
                serials: state.serials(),
            },
            policy: self.context.expected.policy.clone(),
            lock: self.context.expected.lock,
            plugins: Vec::new(),
            facts,
            instances,
            findings: Vec::new(),
            exceptions: Vec::new(),
        };
        change(&mut body);
        Plan::seal(body, Evidence::default(), documents).unwrap()
    }

    fn change(
        &self,
        state: &State,
        id: &InstanceId,
        identity: Identity,
        document: &Document,
        (shapes, binding): (&Shapes, &Binding),
        documents: &mut Documents,
    ) -> PlannedChange {
        let text = canonical_bytes(&document.to_source()).unwrap();
        let digest = Digest::of(&text);
        let text = String::from_utf8(text).unwrap();
        documents.0.insert(digest, text.into());
        let bound = document.bind(&identity, binding).unwrap();
        let context = RenderContext {
            instance: id,
            shapes,
            binding,
        };
        let rendered = render(&identity, document, &context).unwrap();
        let owned = state.owner_of(&identity);
        let entry = owned.map(|(_, entry)| entry);
        let desired = Desired {
            document: digest,
            rendered: &rendered,
        };
        let difference = self
            .context
            .tree
            .diff(&identity, Some(desired), entry)
            .unwrap();
        assert!(
            difference.conflicts.is_empty(),
            "{:?}",
            difference.conflicts
        );
        let transferred = owned.is_some_and(|(owner, _)| owner != id);
        let waiting = rendered.waiting();
        PlannedChange {
            id: None,
            driver: DriverKind::Tree,
            action: if transferred {
                ChangeAction::Transfer
            } else {
                difference.action
            },
            cause: if difference.drift.is_empty() {
                Cause::Config
            } else {
                Cause::Drift
            },
            precision: if waiting {
                Precision::Structural(StructuralReason::UnboundFact)
            } else {
                Precision::Exact
            },
            desired: Some(digest),
            before: entry.map(|entry| entry.document),
            bound: Some(aegis_document::digest_of(&bound.to_source()).unwrap()),
            target: Some(difference.fingerprint),
            drift: difference.drift,
            completes: Vec::new(),
            waits_for: rendered.waits_for.iter().cloned().collect(),
            risk: Risk::None,
            moved_from: None,
            after: Vec::new(),
            on_immutable: OnImmutable::Fail,
            takes: 0,
            capabilities: Vec::new(),
            identity,
        }
    }

    fn prunes(&self, state: &State, claimed: &BTreeSet<Identity>, instances: &mut Vec<Instance>) {
        for recorded in state.instances() {
            let index = instances
                .iter()
                .position(|instance| instance.id == recorded.id)
                .unwrap_or_else(|| {
                    instances.push(Instance {
                        id: recorded.id.clone(),
                        state: InstanceStatus::Planned,
                        edges: Vec::new(),
                        request: None,
                        response: None,
                        changes: Vec::new(),
                        sources: BTreeMap::new(),
                        probes: Vec::new(),
                    });
                    instances.len() - 1
                });
            if instances[index].state != InstanceStatus::Planned {
                continue;
            }
            for (identity, entry) in recorded
                .inventory
                .iter()
                .filter(|(identity, _)| !claimed.contains(identity))
            {
                let difference = self.context.tree.diff(identity, None, Some(entry)).unwrap();
                instances[index].changes.push(PlannedChange {
                    id: None,
                    identity: identity.clone(),
                    driver: DriverKind::Tree,
                    action: ChangeAction::Delete,
                    cause: Cause::Removed,
                    precision: Precision::Exact,
                    desired: None,
                    before: Some(entry.document),
                    bound: None,
                    target: Some(difference.fingerprint),
                    drift: difference.drift,
                    completes: Vec::new(),
                    waits_for: Vec::new(),
                    risk: Risk::Disruptive,
                    moved_from: None,
                    after: Vec::new(),
                    on_immutable: OnImmutable::Fail,
                    takes: 0,
                    capabilities: Vec::new(),
                });
            }
        }
    }
}

fn planned_facts(stages: &[Stage], state: &State) -> Vec<PlannedFact> {
    let mut facts = Vec::new();
    for stage in stages {
        let id = instance(&stage.id);
        for (fact, format, value) in &stage.facts {
            let stored = state
                .instance(&id)
                .and_then(|state| state.facts.get(&name(fact)));
            let known = stored.and_then(|stored| stored.value.clone());
            let status = match (&known, value) {
                (Some(known), Some(value)) if known != value => FactStatus::Planned,
                (None, Some(_)) => FactStatus::Planned,
                (Some(_), _) => FactStatus::Known,
                (None, None) => FactStatus::Unknown,
            };
            facts.push(PlannedFact {
                reference: FactRef::new(id.cluster.clone(), name(fact)),
                format: format.parse().unwrap(),
                schema: 1,
                secret: false,
                mode: FactMode::Opaque,
                status,
                provenance: stored.map_or_else(
                    || Provenance::Stage(id.clone()),
                    |stored| stored.provenance.clone(),
                ),
                value: value.clone().or(known),
            });
        }
    }
    facts
}

fn known(facts: &[PlannedFact]) -> (Shapes, Binding) {
    let (mut shapes, mut binding) = (Shapes::new(), Binding::default());
    for fact in facts {
        let shape = FactShape {
            format: fact.format.clone(),
            secret: fact.secret,
        };
        shapes.insert(fact.reference.clone(), shape);
        if let Some(value) = &fact.value {
            binding.insert(fact.reference.clone(), fact.format.clone(), value.clone());
        }
    }
    (shapes, binding)
}
