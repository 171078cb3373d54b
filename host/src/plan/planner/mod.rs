//! The planner: calls the plugins in the order of the graph and makes the plan of what they propose.
//!
//! Each instance goes the same way, and instances of one level go it at the same time:
//! request → call → authorise → documents → bind what is known → compare with the target. Facts that a
//! proposal provides become known before the next level starts. Validation stages come last and judge the
//! documents of all others.

mod again;
mod change;
mod config;
mod facts;
mod failure;
mod findings;
mod instance;
mod level;
mod prune;
mod reads;
mod request;
mod schema;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::{Digest, Identifier, digest_of};
use serde_json::{Map, Value};

use super::document::{
    Base, Body, Documents, Evidence, Instance, InstanceStatus, Mode, Plan, PluginUse, PolicyUse,
    StackUse, StructuralRule,
};
use super::identity::{Identity, InstanceId};
use crate::catalogue::Catalogue;
use crate::driver::document::{ArgoTarget, ClusterTarget, StateStore, TargetContext};
use crate::driver::tree::{Claims, TreeTarget};
use crate::fact::FactRef;
use crate::graph::Graph;
use crate::proposal::{Kind, Severity};
use crate::stack::{self, ReleaseOwner, Stack};
use crate::state::{State, Store};
use crate::template::{FactToken, Templated, Token};

pub use again::Again;
pub use failure::PlanFailure;
pub use request::all_settings as settings;
pub use schema::{ConfigSchema, SchemaError};
pub use stage::{StagePlan, StageSet, plugin_names};

use facts::FactTable;
use instance::Answered;

/// Everything that a plan is made from.
pub struct Inputs<'a> {
    pub stack: &'a Stack,
    /// [`settings`] of the stack.
    pub settings: &'a Map<String, Value>,
    /// The stages that are on, with their plugins.
    pub stages: &'a StageSet,
    /// Digest of the lock file.
    pub lock: Digest,
    pub state: &'a State,
    /// Where state keeps the documents that were applied.
    pub store: &'a (dyn Store + Sync),
    pub tree: &'a TreeTarget,
    pub catalogue: &'a Catalogue,
    /// Drives timeouts and reads; the caller is not one of its threads.
    pub runtime: &'a tokio::runtime::Handle,
    /// How many plugins are called at the same time.
    pub parallelism: usize,
    /// Told how many of how many instances are done.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// A plan and what led to it.
#[derive(Debug)]
pub struct Planned {
    pub plan: Plan,
    pub graph: Graph,
}

/// The name that every fact of the store for Terraform and kOps state begins with.
const STATE_FACTS: &str = "state.";

/// The graph of a stack, without calling any plugin.
pub fn graph(stack: &Stack, stages: &StageSet) -> Result<Graph, PlanFailure> {
    stages.graph(stack, &facts::supplied(stack, stages)?)
}

/// Makes a plan.
pub fn plan(inputs: &Inputs<'_>) -> Result<Planned, PlanFailure> {
    let clusters: Arc<BTreeSet<Identifier>> = Arc::new(inputs.stages.clusters().cloned().collect());
    let supplied = facts::supplied(inputs.stack, inputs.stages)?;
    let graph = inputs.stages.graph(inputs.stack, &supplied)?;
    let mut facts = FactTable::new(supplied, inputs.stages, &graph, inputs.state);
    let mut target = target(inputs.stack, inputs.stages, inputs.catalogue)?;
    let owners = release_owners(inputs.stack, inputs.stages, &graph);
    let inventory = inputs.state.inventory();
    let judged = reads::readable(inputs.stages.iter());
    let schemas = config::Schemas::compile(inputs.stack, inputs.stages.iter())?;

    let mut answers: Vec<Option<Answered>> = graph.instances.iter().map(|_| None).collect();
    let mut claims = Claims::default();
    let mut identities: BTreeMap<Identity, InstanceId> = BTreeMap::new();
    let mut failure = PlanFailure::default();
    let total = graph.instances.len();
    let mut done = 0;
    for members in level::levels(&graph, |stage| {
        inputs.stages.at(stage).kind() != Kind::Validation
    }) {
        let work = instance::Work {
            inputs,
            schemas: &schemas,
            graph: &graph,
            facts: &facts,
            target: &target,
            owners: &owners,
            inventory: &inventory,
            clusters: &clusters,
            judged: &judged,
        };
        let results = level::run(&members, inputs.runtime, inputs.parallelism, |index| {
            work.answer(index)
        });
        for (index, result) in members.into_iter().zip(results) {
            done += 1;
            (inputs.progress)(done, total);
            let mut answered = match result {
                Ok(answered) => answered,
                Err(problems) => {
                    failure.merge(problems);
                    continue;
                }
            };
            let id = &graph.instances[index].id;
            if let Err(problems) = claim(&mut answered, id, &mut claims, &mut identities) {
                failure.merge(problems);
            }
            facts.learn(&answered);
            if let Some(region) = answered.state_region.take() {
                target.state.region = region;
            }
            answers[index] = Some(answered);
        }
    }
    if !failure.is_empty() {
        return Err(failure);
    }

    let mut documents = Documents::default();
    let mut instances: Vec<Instance> = Vec::with_capacity(total);
    let mut index = reads::DocumentIndex::default();
    for (node, answered) in graph.instances.iter().zip(answers) {
        let Some(answered) = answered else { continue };
        index.add(inputs.stages.at(node.stage), &answered);
        documents.0.extend(answered.documents);
        instances.push(answered.instance);
    }
    let validated = findings::validate(inputs, &schemas, &graph, &facts, &clusters, index, done)?;
    instances.extend(validated.instances);
    // After all stages that there are: what is missing then is gone.
    prune::prune(inputs, &mut instances, &identities)?;

    let body = Body {
        stack: stack_use(inputs.stack, inputs.stages.stack())?,
        mode: Mode::Apply,
        base: Base {
            lineage: inputs.state.base_lineage().map(str::to_owned),
            serials: inputs.state.serials(),
        },
        policy: policy(inputs.stack),
        lock: inputs.lock,
        plugins: inputs.stages.iter().map(plugin_use).collect(),
        facts: facts.planned(&instances),
        instances,
        findings: validated.findings,
        exceptions: validated.exceptions,
    };
    let evidence = Evidence {
        host: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let plan = Plan::seal(body, evidence, documents).map_err(PlanFailure::canonical)?;
    Ok(Planned { plan, graph })
}

/// Two stages on one identity, or two documents on one path, are an error of the plan.
fn claim(
    answered: &mut Answered,
    id: &InstanceId,
    claims: &mut Claims,
    identities: &mut BTreeMap<Identity, InstanceId>,
) -> Result<(), PlanFailure> {
    let mut failure = PlanFailure::default();
    for (identity, places) in std::mem::take(&mut answered.places) {
        if let Some(other) = identities.insert(identity.clone(), id.clone()) {
            failure.push(failure::two_claims(&identity, &other, id));
        } else if let Err(clash) = claims.claim(&identity, &places) {
            failure.push(failure::path_clash(id, &clash));
        }
    }
    failure.into_result()
}

fn plugin_use(stage: &StagePlan) -> PluginUse {
    PluginUse {
        stage: stage.name.clone(),
        plugin: stage.plugin.name.to_string(),
        stage_type: stage.stage_type().name.clone(),
        version: stage.plugin.version.clone(),
        kind: stage.plugin.kind,
        contract: stage.plugin.contract.to_string(),
        component: stage.plugin.component,
        grant: stage.plugin.grant,
        descriptor: stage.plugin.descriptor_digest,
    }
}

/// What a plan says of its stack.
pub fn stack_use(stack: &Stack, name: &Identifier) -> Result<StackUse, PlanFailure> {
    Ok(StackUse {
        name: name.clone(),
        resolved: digest_of(&stack.canonical()).map_err(PlanFailure::canonical)?,
        settings: digest_of(&settings(stack)).map_err(PlanFailure::canonical)?,
    })
}

/// The policy that a plan is made under.
pub fn policy(stack: &Stack) -> PolicyUse {
    PolicyUse {
        block_at: severity(stack.policy.block_at),
        required: stack.policy.required.iter().cloned().collect(),
        structural: match stack.policy.structural {
            stack::StructuralChanges::Allow => StructuralRule::Allow,
            stack::StructuralChanges::Refuse => StructuralRule::Refuse,
        },
        approvals: stack.policy.approvals,
    }
}

const fn severity(severity: stack::Severity) -> Severity {
    match severity {
        stack::Severity::Info => Severity::Info,
        stack::Severity::Low => Severity::Low,
        stack::Severity::Medium => Severity::Medium,
        stack::Severity::High => Severity::High,
        stack::Severity::Critical => Severity::Critical,
    }
}

/// What the host puts into documents itself.
pub(super) fn target(
    stack: &Stack,
    stages: &StageSet,
    catalogue: &Catalogue,
) -> Result<TargetContext, PlanFailure> {
    let bucket = FactRef::new(
        None,
        Identifier::new("state.bucket").map_err(PlanFailure::identifier)?,
    );
    let bucket = Templated::token(Token::Fact(FactToken {
        fact: bucket,
        pointer: String::new(),
    }));
    let clusters = stages
        .cluster_infos()
        .iter()
        .map(|cluster| {
            let target = ClusterTarget {
                dns_name: cluster.dns_name.clone(),
                region: cluster.region.clone(),
                kubernetes_version: cluster.kubernetes_version.clone(),
            };
            (cluster.name.clone(), target)
        })
        .collect();
    let region = stages
        .cluster_infos()
        .first()
        .map(|cluster| cluster.region.clone())
        .unwrap_or_default();
    Ok(TargetContext {
        stack: stages.stack().clone(),
        account: stack.account.clone(),
        clusters,
        state: StateStore {
            bucket,
            region,
            kms_key: None,
        },
        charts: catalogue.entries().clone(),
        argocd: ArgoTarget {
            namespace: "argocd".to_owned(),
            project: "platform".to_owned(),
        },
    })
}

/// Who owns the releases of each stage: what the stack file says; otherwise Argo CD for the stages
/// that come after the one that installs it, and the host for all others.
pub(super) fn release_owners(
    stack: &Stack,
    stages: &StageSet,
    graph: &Graph,
) -> BTreeMap<Identifier, ReleaseOwner> {
    let installs = |stage: &StagePlan| {
        stage
            .stage_type()
            .provides
            .iter()
            .any(|offer| offer.name.as_str() == "delivery.namespace")
    };
    let mut after: BTreeSet<usize> = BTreeSet::new();
    for (index, node) in graph.instances.iter().enumerate() {
        let follows = node.edges.iter().any(|edge| {
            after.contains(edge)
                || graph
                    .instances
                    .get(*edge)
                    .is_some_and(|n| installs(stages.at(n.stage)))
        });
        if follows {
            after.insert(index);
        }
    }
    let argocd: BTreeSet<&Identifier> = after
        .iter()
        .filter_map(|index| graph.instances.get(*index))
        .map(|node| &node.id.stage)
        .collect();
    stages
        .iter()
        .map(|stage| {
            let named = stack.release_owners.get(stage.name.as_str()).copied();
            let derived = if argocd.contains(&stage.name) {
                ReleaseOwner::Argocd
            } else {
                ReleaseOwner::Aegis
            };
            (stage.name.clone(), named.unwrap_or(derived))
        })
        .collect()
}

/// An instance of which the plan holds no change.
fn deferred(id: &InstanceId, edges: Vec<InstanceId>, reason: String) -> Instance {
    Instance {
        id: id.clone(),
        state: InstanceStatus::Deferred(reason),
        edges,
        request: None,
        response: None,
        changes: Vec::new(),
        sources: BTreeMap::new(),
        probes: Vec::new(),
    }
}
