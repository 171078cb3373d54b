//! The way of one change: make its documents, bind what is known, compare with the target.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::{Digest, Identifier, canonical_text, untrusted};

use super::super::document::{
    Cause, ChangeAction, DriverKind, PlannedChange, Power, Precision, Risk, StructuralReason,
};
use super::super::identity::{Identity, InstanceId};
use super::STATE_FACTS;
use super::failure::{DOCUMENT, FOREIGN_FILE, PlanFailure, TARGET, at_stage};
use super::instance::{Answered, Judged, Work};
use super::reads::kind;
use super::stage::StagePlan;
use crate::capability::{Authorized, AuthorizedProposal, Risk as CapabilityRisk};
use crate::driver::document::{Document, Origin, documents};
use crate::driver::risk::{risk, takes};
use crate::driver::tree::{
    Conflict, Desired, Difference, FactShape, RenderContext, Shapes, render_bound,
};
use crate::fact::FactRef;
use crate::graph::InstanceNode;
use crate::proposal::{Action, Change, OnImmutable};
use crate::stack::{Diagnostic, ReleaseOwner};
use crate::state::{InstanceState, InventoryEntry};
use crate::template::{Binding, Node};

/// The change that a document comes from.
struct Place<'a> {
    stage: &'a StagePlan,
    id: &'a InstanceId,
    change: &'a Authorized<Change>,
    after: &'a [Identity],
    moved_from: Option<Identity>,
}

impl Work<'_> {
    /// Plans what an authorised proposal changes.
    pub(super) fn changes(
        &self,
        stage: &StagePlan,
        node: &InstanceNode,
        proposal: &AuthorizedProposal,
        answered: &mut Answered,
    ) -> Result<(), PlanFailure> {
        let id = &node.id;
        let provides_state = stage
            .stage_type()
            .provides
            .iter()
            .any(|offer| offer.name.as_str().starts_with(STATE_FACTS));
        let origin = Origin {
            target: self.target,
            instance: id,
            provides_state,
            release_owner: self
                .owners
                .get(&stage.name)
                .copied()
                .unwrap_or(ReleaseOwner::Aegis),
        };
        let mut identities: BTreeMap<&Identifier, Vec<Identity>> = BTreeMap::new();
        let mut all = Vec::new();
        let mut failure = PlanFailure::default();
        for change in proposal.changes() {
            if let (true, Action::Terraform(root)) = (provides_state, &change.action) {
                answered.state_region = Some(root.region.clone());
            }
            match documents(change, origin) {
                Ok(documents) => {
                    let names = documents
                        .iter()
                        .map(|(identity, _)| identity.clone())
                        .collect();
                    identities.insert(&change.id, names);
                    all.push((change, documents));
                }
                Err(error) => {
                    failure.push(self.document_problem(id, &change.id, &error.to_string()))
                }
            }
        }
        for (change, documents) in all {
            let after: Vec<Identity> = change
                .after
                .iter()
                .filter_map(|id| identities.get(id))
                .flatten()
                .cloned()
                .collect();
            let moved = |identity: &Identity| {
                let moves = proposal
                    .moved()
                    .iter()
                    .find(|moved| moved.to == identity.to_string());
                moves.and_then(|moved| moved.from.parse().ok())
            };
            let first = answered.instance.changes.len();
            for (identity, document) in documents {
                let place = Place {
                    stage,
                    id,
                    change,
                    after: &after,
                    moved_from: moved(&identity),
                };
                if let Err(problem) = self.change(&place, identity, &document, answered) {
                    failure.merge(problem);
                }
            }
            let powers = change.requests().iter();
            let powers = powers.filter(|request| request.risk() > CapabilityRisk::Plain);
            let made = answered.instance.changes.get_mut(first..);
            let powers = powers.map(|request| Power {
                class: request.risk(),
                what: request.to_string(),
            });
            tell_powers(made.unwrap_or_default(), powers);
        }
        failure.into_result()
    }

    fn document_problem(&self, id: &InstanceId, change: &Identifier, message: &str) -> Diagnostic {
        let text = format!("{id}: change `{change}`: {}", untrusted(message));
        at_stage(self.inputs.stack, id.stage.as_str(), DOCUMENT, text)
            .help("the plugin is at fault: tell its publisher")
    }

    fn change(
        &self,
        place: &Place<'_>,
        identity: Identity,
        document: &Document,
        answered: &mut Answered,
    ) -> Result<(), PlanFailure> {
        let problem = |message: String| self.document_problem(place.id, &place.change.id, &message);
        let node = document.to_node();
        let needed = node.facts();
        let (binding, shapes) = self.known(&needed);
        let waits_for: Vec<FactRef> = needed
            .into_iter()
            .filter(|fact| binding.get(fact).is_none())
            .collect();
        let desired = text_of(&node)?;
        let desired_digest = Digest::of(desired.as_bytes());
        // Mostly there is nothing to put in, and one text serves both.
        let (node, bound, bound_digest) = if binding.is_empty() {
            (node, Arc::clone(&desired), desired_digest)
        } else {
            let node = Document::bound(&identity, &node, &binding)
                .map_err(|error| problem(error.to_string()))?
                .into_node();
            let bound = text_of(&node)?;
            let digest = Digest::of(bound.as_bytes());
            (node, bound, digest)
        };
        let context = RenderContext {
            instance: place.id,
            shapes: &shapes,
            binding: &binding,
        };
        let rendered = render_bound(&identity, document, node, &context)
            .map_err(|error| problem(error.to_string()))?;
        let owned = self.inventory.get(&identity).copied();
        let entry = owned.map(|(_, entry)| entry);
        let wanted = Desired {
            document: desired_digest,
            rendered: &rendered,
        };
        let difference = self
            .inputs
            .tree
            .diff(&identity, Some(wanted), entry)
            .map_err(|error| Diagnostic::new(TARGET, error.to_string()))?;
        if !difference.conflicts.is_empty() {
            return Err(foreign_files(place.id, &difference.conflicts));
        }
        let transferred = owned.is_some_and(|(owner, _)| owner != place.id);
        let action = match difference.action {
            ChangeAction::Noop | ChangeAction::Update if transferred => ChangeAction::Transfer,
            action => action,
        };
        // What a new owner changes can break as much as what the old one would have changed.
        let (risk, takes) = match entry {
            Some(entry) if !never_final(entry) => {
                let before = self.applied(&identity, entry, difference.action);
                let (action, before, after) = (difference.action, before.as_ref(), Some(document));
                let known = self.inventory.keys().copied();
                (
                    risk(&identity, action, before, after),
                    takes(&identity, action, before, after, known),
                )
            }
            _ => (Risk::None, 0),
        };
        let exact = waits_for.is_empty();
        answered.instance.changes.push(PlannedChange {
            id: Some(place.change.id.clone()),
            driver: DriverKind::Tree,
            action,
            cause: self.cause(
                place,
                entry,
                desired_digest,
                bound_digest,
                !difference.drift.is_empty(),
            ),
            precision: if exact {
                Precision::Exact
            } else {
                Precision::Structural(StructuralReason::UnboundFact)
            },
            desired: Some(desired_digest),
            before: entry.map(|entry| entry.document),
            bound: Some(bound_digest),
            target: Some(difference.fingerprint),
            drift: difference.drift,
            risk,
            takes,
            completes: completed(entry, &waits_for),
            waits_for,
            moved_from: place.moved_from.clone(),
            after: place.after.to_vec(),
            on_immutable: place.change.on_immutable,
            capabilities: Vec::new(),
            identity: identity.clone(),
        });
        answered.documents.insert(desired_digest, desired);
        answered.judged.push(Judged {
            identity: identity.clone(),
            text: self.judged.contains(&kind(&identity)).then_some(bound),
            exact,
        });
        answered.places.push((identity, rendered.into_places()));
        Ok(())
    }

    /// The known ones of some facts, and the formats of all of them.
    fn known(&self, facts: &BTreeSet<FactRef>) -> (Binding, Shapes) {
        let mut binding = Binding::default();
        let mut shapes = Shapes::new();
        for fact in facts {
            let Some(entry) = self.facts.get(fact) else {
                continue;
            };
            shapes.insert(
                fact.clone(),
                FactShape {
                    format: entry.format.clone(),
                    secret: entry.secret,
                },
            );
            if let (Some(value), false) = (&entry.value, entry.secret) {
                binding.insert(fact.clone(), entry.format.clone(), value.clone());
            }
        }
        (binding, shapes)
    }

    /// The document that was applied last, where the risk depends on it.
    fn applied(
        &self,
        identity: &Identity,
        entry: &InventoryEntry,
        action: ChangeAction,
    ) -> Option<Document> {
        if action == ChangeAction::Noop {
            return None;
        }
        let source = crate::state::document(self.inputs.store, &entry.document).ok()?;
        Document::parse(identity, &source).ok()
    }

    /// The first column of a plan: why.
    fn cause(
        &self,
        place: &Place<'_>,
        entry: Option<&InventoryEntry>,
        desired: Digest,
        bound: Digest,
        drifted: bool,
    ) -> Cause {
        let Some(entry) = entry else {
            return Cause::Config;
        };
        if entry.document != desired {
            let before = self.inputs.state.instance(place.id);
            return match before {
                Some(InstanceState {
                    plugin: Some(mark), ..
                }) if mark.component != place.stage.plugin.component => Cause::Plugin,
                _ => Cause::Config,
            };
        }
        if entry.bound != bound {
            Cause::Fact
        } else if drifted {
            Cause::Drift
        } else {
            Cause::Config
        }
    }
}

/// Tells what a proposed change implies, at the first of its documents that is not as it was. What the same
/// documents imply was approved when they were first applied, but only all of them together: one new instance group
/// can be what asks for a power, while the cluster it belongs to stays as it is.
fn tell_powers(changes: &mut [PlannedChange], powers: impl Iterator<Item = Power>) {
    let approved = changes
        .iter()
        .all(|change| change.before.is_some() && change.before == change.desired);
    if approved {
        return;
    }
    let first = changes
        .iter_mut()
        .find(|change| change.action != ChangeAction::Noop);
    if let Some(change) = first {
        change.capabilities = powers.collect();
    }
}

/// Whether nobody ever read what state records: all of its files wait. Completing it disrupts nothing. A document
/// that was final before it came to wait keeps its final files, and they are in use. That Terraform's state does not
/// belong into Git holds from the start, so that file is never one that waits.
fn never_final(entry: &InventoryEntry) -> bool {
    let mut files = entry.files.keys();
    !entry.waits_for.is_empty()
        && files.all(|path| path.is_waiting() || path.split().1 == ".gitignore")
}

/// The facts that the applied document waited for and that are known now.
fn completed(entry: Option<&InventoryEntry>, waits_for: &[FactRef]) -> Vec<FactRef> {
    let waited = entry.into_iter().flat_map(|entry| &entry.waits_for);
    waited
        .filter(|fact| !waits_for.contains(fact))
        .cloned()
        .collect()
}

fn text_of(node: &Node) -> Result<Arc<str>, PlanFailure> {
    canonical_text(node)
        .map(Arc::from)
        .map_err(PlanFailure::canonical)
}

fn foreign_files(id: &InstanceId, conflicts: &[Conflict]) -> PlanFailure {
    PlanFailure {
        diagnostics: conflicts
            .iter()
            .map(|conflict| {
                Diagnostic::new(
                    FOREIGN_FILE,
                    format!(
                        "{id}: {}: {}",
                        conflict.path.as_str(),
                        untrusted(&conflict.what)
                    ),
                )
                .help("the file was not written by Aegis: move it away, or choose another `tree`")
            })
            .collect(),
        denials: Vec::new(),
    }
}

/// What a change that deletes has of the fields that only a proposal gives.
pub fn removal<'a>(
    identity: Identity,
    entry: &InventoryEntry,
    difference: Difference,
    before: Option<&Document>,
    known: impl Iterator<Item = &'a Identity>,
) -> PlannedChange {
    PlannedChange {
        id: None,
        driver: DriverKind::Tree,
        action: ChangeAction::Delete,
        cause: Cause::Removed,
        precision: Precision::Exact,
        desired: None,
        before: Some(entry.document),
        bound: None,
        target: Some(difference.fingerprint),
        drift: difference.drift,
        waits_for: Vec::new(),
        completes: Vec::new(),
        risk: risk(&identity, ChangeAction::Delete, before, None),
        takes: takes(&identity, ChangeAction::Delete, before, None, known),
        moved_from: None,
        after: Vec::new(),
        on_immutable: OnImmutable::Fail,
        capabilities: Vec::new(),
        identity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::tree::TreePath;

    fn entry(files: &[&str], waits_for: &[&str]) -> InventoryEntry {
        InventoryEntry {
            document: Digest::of("document"),
            bound: Digest::of("bound"),
            files: files
                .iter()
                .map(|path| (TreePath::new(*path).unwrap(), Digest::of(path)))
                .collect(),
            waits_for: waits_for.iter().map(|fact| fact.parse().unwrap()).collect(),
            extra: serde_json::Map::new(),
        }
    }

    fn change(identity: &str, before: Option<&str>, action: ChangeAction) -> PlannedChange {
        let identity: Identity = identity.parse().unwrap();
        let state = entry(&[], &[]);
        let difference = Difference {
            action: ChangeAction::Delete,
            drift: Vec::new(),
            conflicts: Vec::new(),
            fingerprint: Digest::of("target"),
            steps: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        let mut change = removal(identity, &state, difference, None, std::iter::empty());
        change.before = before.map(Digest::of);
        change.desired = Some(Digest::of("now"));
        change.action = action;
        change
    }

    #[test]
    fn powers_are_told_at_the_first_document_that_is_not_as_it_was() {
        use ChangeAction::{Create, Noop, Update};
        for (cluster, group, told_at) in [
            ((None, Create), (None, Create), Some(0)),
            ((Some("now"), Noop), (None, Create), Some(1)),
            ((Some("now"), Noop), (Some("earlier"), Update), Some(1)),
            ((Some("earlier"), Update), (Some("now"), Noop), Some(0)),
            // Drift: the cluster's file is written again, and the new group is what is not approved.
            ((Some("now"), Update), (None, Create), Some(0)),
            ((Some("now"), Noop), (Some("now"), Noop), None),
            ((Some("now"), Update), (Some("now"), Noop), None),
        ] {
            let mut changes = [
                change("kops/use1", cluster.0, cluster.1),
                change("kops/use1/nodes", group.0, group.1),
            ];
            let power = Power {
                class: CapabilityRisk::Code,
                what: "run code on nodes".to_owned(),
            };
            tell_powers(&mut changes, [power].into_iter());
            let told = changes.iter().position(|c| !c.capabilities.is_empty());
            assert_eq!(told, told_at, "{cluster:?} {group:?}");
        }
    }

    #[test]
    fn a_document_was_never_final_only_if_all_its_files_wait() {
        let vpc = &["use1/network.vpc-id"];
        for (files, waits_for, expected) in [
            (
                &["a/main.tf.json.aegis", "a/.gitignore"][..],
                &vpc[..],
                true,
            ),
            (&["a/main.tf.json.aegis"], &[], false),
            (&["a/main.tf.json.aegis", "a/main.tf.json"], vpc, false),
            (&["a/main.tf.json"], &[], false),
        ] {
            let entry = entry(files, waits_for);
            assert_eq!(never_final(&entry), expected, "{files:?} {waits_for:?}");
        }
    }
}
