//! The way of one instance: ask its plugin, authorise the answer, plan its changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::{Digest, Identifier};

use super::super::document::{Instance, InstanceStatus};
use super::super::identity::{Identity, InstanceId};
use super::facts::FactTable;
use super::failure::{PLUGIN_FACTS, PLUGIN_FAILURE, PlanFailure, at_stage, call};
use super::request::{self, Asked};
use super::stage::StagePlan;
use super::{Inputs, config, deferred, findings};
use crate::capability::{
    AuthorizedProposal, DeclaredFacts, DeriveContext, DocumentKind, Effective, EffectiveParts,
    Repository, authorize_proposal,
};
use crate::driver::document::TargetContext;
use crate::driver::tree::Places;
use crate::fact::FactRef;
use crate::graph::{Graph, InstanceNode};
use crate::proposal::{FactSource, Failure};
use crate::sandbox::reads::Reads;
use crate::sandbox::{CallContext, proposal_digest};
use crate::stack::ReleaseOwner;
use crate::state::InventoryEntry;

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
    /// The kinds of documents that are judged.
    pub judged: &'a BTreeSet<DocumentKind>,
}

/// A document with the known facts in it, for those who judge it.
pub struct Judged {
    pub identity: Identity,
    /// Canonical JSON; `None` where no stage may read documents of its kind.
    pub text: Option<Arc<str>>,
    pub exact: bool,
}

/// One instance of the plan, and what the rest of the planner needs of it.
pub struct Answered {
    pub instance: Instance,
    /// What each document takes up, until it is claimed.
    pub places: Vec<(Identity, Places)>,
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
        signed: Arc::clone(&stage.plugin.signed),
        granted: Arc::clone(&stage.plugin.granted),
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
            places: Vec::new(),
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
}

impl Answered {
    fn deferred(id: &InstanceId, edges: Vec<InstanceId>, reason: String) -> Self {
        Self {
            instance: deferred(id, edges, reason),
            places: Vec::new(),
            documents: BTreeMap::new(),
            judged: Vec::new(),
            state_region: None,
        }
    }
}

fn waiting_for(facts: &[FactRef]) -> String {
    let names: Vec<String> = facts.iter().map(ToString::to_string).collect();
    format!("waits for facts: {}", names.join(", "))
}
