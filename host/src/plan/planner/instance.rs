//! The way of one instance: ask, authorise, make documents, compare with the target.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::{Digest, Identifier, canonical_bytes, untrusted};

use super::super::document::{
    Cause, ChangeAction, DriverKind, Instance, InstanceStatus, PlannedChange, Precision, Risk,
    StructuralReason,
};
use super::super::identity::{Identity, InstanceId};
use super::facts::FactTable;
use super::failure::{
    DOCUMENT, FOREIGN_FILE, PLUGIN_FACTS, PLUGIN_FAILURE, PlanFailure, TARGET, at_stage, call,
};
use super::request::{self, Asked};
use super::stage::StagePlan;
use super::{Inputs, STATE_FACTS, config, deferred, findings};
use crate::capability::{
    AuthorizedProposal, DeclaredFacts, DeriveContext, Effective, EffectiveParts, Repository,
    Risk as CapabilityRisk, authorize_proposal,
};
use crate::driver::document::{Document, Origin, TargetContext, documents};
use crate::driver::risk::risk;
use crate::driver::tree::{
    Desired, Difference, FactShape, RenderContext, Rendered, Shapes, render,
};
use crate::fact::FactRef;
use crate::graph::{Graph, InstanceNode};
use crate::proposal::{Action, Change, FactSource, Failure, OnImmutable};
use crate::sandbox::reads::Reads;
use crate::sandbox::{CallContext, proposal_digest};
use crate::stack::ReleaseOwner;
use crate::state::{InstanceState, InventoryEntry};
use crate::template::Binding;

/// Every identity that state knows, with its owner.
pub type Inventory<'a> = BTreeMap<&'a Identity, (&'a InstanceId, &'a InventoryEntry)>;

/// What the instances of one level share.
pub struct Work<'a> {
    pub inputs: &'a Inputs<'a>,
    pub schemas: &'a config::Schemas,
    pub graph: &'a Graph,
    pub facts: &'a FactTable,
    pub target: &'a TargetContext,
    pub owners: &'a BTreeMap<Identifier, ReleaseOwner>,
    /// What state owns.
    pub inventory: &'a Inventory<'a>,
    pub clusters: &'a Arc<BTreeSet<Identifier>>,
}

/// A document with the known facts in it, for those who judge it.
pub struct Judged {
    pub identity: Identity,
    /// Canonical JSON.
    pub text: Arc<str>,
    pub exact: bool,
}

/// One instance of the plan, and what the rest of the planner needs of it.
pub struct Answered {
    pub instance: Instance,
    /// What each document becomes on disk, until its paths are claimed.
    pub rendered: Vec<(Identity, Rendered)>,
    /// Desired documents by digest, canonical JSON.
    pub documents: BTreeMap<Digest, Arc<str>>,
    pub judged: Vec<Judged>,
    /// The region of the state store, if this instance makes it.
    pub state_region: Option<String>,
}

/// The walls around an instance.
pub fn effective(
    stage: &StagePlan,
    id: &InstanceId,
    clusters: &Arc<BTreeSet<Identifier>>,
) -> Effective {
    Effective::new(EffectiveParts {
        kind: stage.kind(),
        stage: stage.name.clone(),
        cluster: id.cluster.clone(),
        clusters: Arc::clone(clusters),
        signed: stage.plugin.signed.clone(),
        granted: stage.plugin.granted.clone(),
    })
}

/// What the implications of an instance's changes depend on.
pub fn derive_context(
    stage: &StagePlan,
    id: &InstanceId,
    clusters: &Arc<BTreeSet<Identifier>>,
    repository: Option<&Repository>,
) -> DeriveContext {
    DeriveContext {
        stage: stage.name.clone(),
        cluster: id.cluster.clone(),
        clusters: Arc::clone(clusters),
        repository: repository.cloned(),
        facts: DeclaredFacts::of(stage.stage_type(), id.cluster.as_ref(), clusters),
        proposed: BTreeSet::new(),
        scopes: BTreeMap::new(),
    }
}

impl Work<'_> {
    /// Plans one instance.
    pub async fn answer(&self, index: usize) -> Result<Answered, PlanFailure> {
        let node = &self.graph.instances[index];
        let stage = self.inputs.stages.at(node.stage);
        let edges = self.edges(node);
        let config = request::config(self.inputs, self.schemas, stage, node.id.cluster.as_ref())?;
        let request = match request::build(self.inputs, stage, node, self.facts, config) {
            Asked::Ready(request) => request,
            Asked::Missing(facts) => {
                return Ok(Answered::deferred(&node.id, edges, waiting_for(&facts)));
            }
        };
        let effective = Arc::new(effective(stage, &node.id, self.clusters));
        let context = CallContext::new(node.id.to_string(), Arc::clone(&effective), Reads::none());
        let answer = stage
            .plugin
            .code
            .plan(&request, &context)
            .await
            .map_err(|error| call(self.inputs.stack, &node.id, &error))?;
        let proposal = match answer {
            Ok(proposal) => proposal,
            Err(failure) => {
                if matches!(failure, Failure::Unsupported(_) | Failure::Internal(_)) {
                    findings::refused(&node.id, &effective)?;
                }
                return self.failed(stage, node, edges, failure);
            }
        };
        let response = proposal_digest(&proposal);
        let derive = derive_context(
            stage,
            &node.id,
            self.clusters,
            self.inputs.stages.repository(),
        );
        let proposal = authorize_proposal(&effective, proposal, stage.stage_type(), &derive)
            .map_err(|denials| PlanFailure::denied(&node.id, denials))?;
        self.check_provided(stage, &node.id, &proposal)?;

        let mut answered = Answered {
            instance: Instance {
                id: node.id.clone(),
                state: InstanceStatus::Planned,
                edges,
                request: Some(request.digest().map_err(PlanFailure::canonical)?),
                response: Some(response),
                changes: Vec::new(),
                sources: proposal
                    .provides()
                    .iter()
                    .map(|fact| (fact.name.clone(), fact.source.clone()))
                    .collect(),
                probes: proposal.probes().to_vec(),
            },
            rendered: Vec::new(),
            documents: BTreeMap::new(),
            judged: Vec::new(),
            state_region: None,
        };
        self.changes(stage, node, &proposal, &mut answered)?;
        Ok(answered)
    }

    fn edges(&self, node: &InstanceNode) -> Vec<InstanceId> {
        node.edges
            .iter()
            .filter_map(|edge| self.graph.instances.get(*edge))
            .map(|other| other.id.clone())
            .collect()
    }

    /// A plugin that has no answer: a deferred instance, or problems for the operator.
    fn failed(
        &self,
        stage: &StagePlan,
        node: &InstanceNode,
        edges: Vec<InstanceId>,
        failure: Failure,
    ) -> Result<Answered, PlanFailure> {
        let id = &node.id;
        let cluster = id.cluster.as_ref().map(Identifier::as_str);
        match failure {
            Failure::NeedsFact(facts) => Ok(Answered::deferred(id, edges, waiting_for(&facts))),
            Failure::NeedsCluster(clusters) => {
                let names: Vec<&str> = clusters.iter().map(Identifier::as_str).collect();
                Ok(Answered::deferred(
                    id,
                    edges,
                    format!("waits for clusters: {}", names.join(", ")),
                ))
            }
            Failure::InvalidConfig(problems) => Err(PlanFailure {
                diagnostics: problems
                    .iter()
                    .map(|problem| {
                        let (pointer, message) = (&problem.pointer, &problem.message);
                        config::problem(
                            self.inputs.stack,
                            stage.name.as_str(),
                            cluster,
                            pointer,
                            message,
                        )
                    })
                    .collect(),
                denials: Vec::new(),
            }),
            Failure::Conflict(problem) => {
                let (pointer, message) = (&problem.pointer, &problem.message);
                Err(config::problem(
                    self.inputs.stack,
                    stage.name.as_str(),
                    cluster,
                    pointer,
                    message,
                )
                .into())
            }
            other => Err(at_stage(
                self.inputs.stack,
                stage.name.as_str(),
                PLUGIN_FAILURE,
                format!("{id}: {other}"),
            )
            .into()),
        }
    }

    /// Every fact that is offered is provided, and a literal value has the format that was promised.
    fn check_provided(
        &self,
        stage: &StagePlan,
        id: &InstanceId,
        proposal: &AuthorizedProposal,
    ) -> Result<(), PlanFailure> {
        let mut failure = PlanFailure::default();
        let mut report = |message: String| {
            let diagnostic = at_stage(
                self.inputs.stack,
                stage.name.as_str(),
                PLUGIN_FACTS,
                format!("{id}: {message}"),
            );
            failure.push(diagnostic.help("the plugin is at fault: tell its publisher"));
        };
        let mut provided = BTreeSet::new();
        for fact in proposal.provides() {
            let offer = stage
                .stage_type()
                .provides
                .iter()
                .find(|offer| offer.name == fact.name);
            let Some(offer) = offer else {
                report(format!(
                    "it provides `{}`, which it does not offer",
                    fact.name
                ));
                continue;
            };
            if !provided.insert(&fact.name) {
                report(format!("it provides `{}` twice", fact.name));
            }
            if let FactSource::Value(value) = &fact.source {
                if offer.secret {
                    report(format!(
                        "the secret fact `{}` is given as a literal value",
                        fact.name
                    ));
                } else if let Err(misfit) = offer.format.check(value) {
                    report(format!("the fact `{}`: {misfit}", fact.name));
                }
            }
        }
        for offer in &stage.stage_type().provides {
            if !provided.contains(&offer.name) {
                report(format!(
                    "it offers `{}` and does not provide it",
                    offer.name
                ));
            }
        }
        failure.into_result()
    }

    fn changes(
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
            tell_powers(made.unwrap_or_default(), powers.map(ToString::to_string));
        }
        failure.into_result()
    }

    fn document_problem(
        &self,
        id: &InstanceId,
        change: &Identifier,
        message: &str,
    ) -> crate::stack::Diagnostic {
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
        let needed = document.facts();
        let (binding, shapes) = self.known(&needed);
        let waits_for: Vec<FactRef> = needed
            .into_iter()
            .filter(|fact| binding.get(fact).is_none())
            .collect();
        let bound = document
            .bind(&identity, &binding)
            .map_err(|error| problem(error.to_string()))?;
        let context = RenderContext {
            instance: place.id,
            shapes: &shapes,
            binding: &binding,
        };
        let rendered =
            render(&identity, document, &context).map_err(|error| problem(error.to_string()))?;

        let desired = text_of(document)?;
        // Mostly there was nothing to put in, and one text serves both.
        let bound = Some(text_of(&bound)?)
            .filter(|bound| *bound != desired)
            .unwrap_or_else(|| Arc::clone(&desired));
        let (desired_digest, bound_digest) =
            (Digest::of(desired.as_bytes()), Digest::of(bound.as_bytes()));
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
            .map_err(|error| crate::stack::Diagnostic::new(TARGET, error.to_string()))?;
        if !difference.conflicts.is_empty() {
            return Err(foreign_files(place.id, &difference.conflicts));
        }
        let transferred = owned.is_some_and(|(owner, _)| owner != place.id);
        let action = match difference.action {
            ChangeAction::Noop | ChangeAction::Update if transferred => ChangeAction::Transfer,
            action => action,
        };
        // What a new owner changes can break as much as what the old one would have changed.
        let risk = match entry {
            Some(entry) if !never_final(entry) => {
                let before = self.applied(&identity, entry, difference.action);
                risk(
                    &identity,
                    difference.action,
                    before.as_ref(),
                    Some(document),
                )
            }
            _ => Risk::None,
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
            text: bound,
            exact,
        });
        answered.rendered.push((identity, rendered));
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

/// The change that a document comes from.
struct Place<'a> {
    stage: &'a StagePlan,
    id: &'a InstanceId,
    change: &'a crate::capability::Authorized<Change>,
    after: &'a [Identity],
    moved_from: Option<Identity>,
}

impl Answered {
    fn deferred(id: &InstanceId, edges: Vec<InstanceId>, reason: String) -> Self {
        Self {
            instance: deferred(id, edges, reason),
            rendered: Vec::new(),
            documents: BTreeMap::new(),
            judged: Vec::new(),
            state_region: None,
        }
    }
}

/// Tells what a proposed change implies, at the first of its documents that is not as it was. What the same
/// documents imply was approved when they were first applied, but only all of them together: one new instance group
/// can be what asks for a power, while the cluster it belongs to stays as it is.
fn tell_powers(changes: &mut [PlannedChange], powers: impl Iterator<Item = String>) {
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

fn waiting_for(facts: &[FactRef]) -> String {
    let names: Vec<String> = facts.iter().map(ToString::to_string).collect();
    format!("waits for facts: {}", names.join(", "))
}

fn text_of(document: &Document) -> Result<Arc<str>, PlanFailure> {
    let bytes = canonical_bytes(&document.to_source()).map_err(PlanFailure::canonical)?;
    // Canonical JSON is UTF-8.
    Ok(String::from_utf8_lossy(&bytes).into())
}

fn foreign_files(id: &InstanceId, conflicts: &[crate::driver::tree::Conflict]) -> PlanFailure {
    PlanFailure {
        diagnostics: conflicts
            .iter()
            .map(|conflict| {
                crate::stack::Diagnostic::new(
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
pub fn removal(
    identity: Identity,
    entry: &InventoryEntry,
    difference: Difference,
    before: Option<&Document>,
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
        let mut change = removal(identity, &state, difference, None);
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
            tell_powers(&mut changes, ["runs code on nodes".to_owned()].into_iter());
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
