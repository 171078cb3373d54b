//! The requests of a stack's stages, for the native call and for the sandbox.

use std::collections::BTreeMap;

use aegis_document::Identifier;
use aegis_host::catalogue::Catalogue;
use aegis_host::fact::FactRef;
use aegis_host::plan::planner;
use aegis_host::sandbox::{ClusterInfo, FactTokenOffer, KnownFact, PlanRequest};
use aegis_host::stack::{Stack, Stage};
use aegis_plugin::harness::{Harness, Memory};
use aegis_plugin::{Cluster, FactMode, FactReach, FactSource, Request, Scope, StageType};
use serde_json::Value;

use crate::Outcome;
use crate::native::{self, Native};

/// A stage of a stack, for one of its clusters or for the stack.
pub struct Subject {
    pub stage: String,
    pub plugin: &'static Native,
    pub request: Request,
}

/// The values of facts, by cluster and name.
type Facts = BTreeMap<(Option<String>, String), Value>;

/// The requests of all stages, as far as they can be made: stages of clusters for the first cluster. As in a
/// plan, facts that a stage gives a value are known to those after it.
pub fn subjects(stack: &Stack) -> Outcome<Vec<Subject>> {
    let first = stack
        .clusters
        .keys()
        .next()
        .ok_or("the stack has no cluster")?;
    let mut facts = Facts::new();
    if let Some(account) = &stack.account {
        facts.insert(
            (None, "aws.account-id".to_owned()),
            Value::from(account.as_str()),
        );
    }
    let mut left: Vec<&Stage> = stack
        .stages
        .values()
        .filter(|stage| stage.off_for(first).is_none())
        .collect();
    let mut subjects = Vec::new();
    loop {
        let before = left.len();
        let mut waiting = Vec::new();
        for stage in left {
            let Some(subject) = subject(stack, stage, first, &facts)? else {
                waiting.push(stage);
                continue;
            };
            // Those that judge need documents, and nobody waits for them.
            if let Ok(answer) = (subject.plugin.call)(&subject.request, &Memory::new()) {
                let cluster = subject
                    .request
                    .cluster
                    .as_ref()
                    .map(|cluster| cluster.name.clone());
                for fact in answer.provides() {
                    if let FactSource::Value(value) = &fact.source {
                        facts.insert(
                            (cluster.clone(), fact.name.clone()),
                            serde_json::from_str(value)?,
                        );
                    }
                }
            }
            subjects.push(subject);
        }
        if waiting.is_empty() || waiting.len() == before {
            for stage in waiting {
                eprintln!(
                    "skipped: stage `{}` needs facts by value that are not known in a plan",
                    stage.name
                );
            }
            return Ok(subjects);
        }
        left = waiting;
    }
}

/// The subject of a stage, or `None` while a fact is missing.
fn subject(stack: &Stack, stage: &Stage, cluster: &str, facts: &Facts) -> Outcome<Option<Subject>> {
    let plugin = native::ALL
        .iter()
        .find(|native| stage.plugin.publisher == "aegis" && native.name == stage.plugin.plugin)
        .ok_or_else(|| {
            format!(
                "stage `{}` is made by a plugin of somebody else",
                stage.name
            )
        })?;
    let descriptor = (plugin.describe)();
    let stage_type = match &stage.plugin.stage_type {
        Some(name) => descriptor
            .stage_types
            .iter()
            .find(|offered| offered.name == *name),
        None => descriptor.stage_types.first(),
    };
    let stage_type =
        stage_type.ok_or_else(|| format!("stage `{}` has no stage type", stage.name))?;
    let own = (stage_type.scope == Scope::Cluster).then_some(cluster);
    let mut harness = Harness::new(&descriptor, &stage_type.name)
        .stack(&stack.name)
        .domain(&stack.domain)
        .stage(&stage.name)
        .config(Value::Object(stage.config(own).clone()))
        .settings(Value::Object(planner::settings(stack)));
    // A stage of a cluster sees no other.
    for cluster in stack
        .clusters
        .values()
        .filter(|cluster| own.is_none_or(|own| own == cluster.name))
    {
        harness = harness.cluster(Cluster {
            name: cluster.name.clone(),
            dns_name: cluster.dns_name.clone(),
            region: cluster.region.clone(),
            zones: cluster.zones.clone(),
            cidr: cluster.cidr.to_string(),
            kubernetes_version: cluster.kubernetes_version.to_string(),
            removing: false,
        });
    }
    if let Some(own) = own {
        harness = harness.own(own);
    }
    for entry in Catalogue::built_in()?.entries().keys() {
        harness = harness.catalogue(entry.as_str());
    }
    let Some(harness) = with_facts(harness, stage_type, own, facts) else {
        return Ok(None);
    };
    Ok(Some(Subject {
        stage: stage.name.clone(),
        plugin,
        request: harness.request(),
    }))
}

/// Adds the facts that are required by value; `None` if one is not known.
fn with_facts(
    mut harness: Harness,
    stage_type: &StageType,
    own: Option<&str>,
    facts: &Facts,
) -> Option<Harness> {
    for required in stage_type
        .requires
        .iter()
        .filter(|required| required.mode == FactMode::Value)
    {
        let owner = match required.reach {
            FactReach::Stack => None,
            FactReach::OwnCluster => own.map(str::to_owned),
            // None of the first-party stages does.
            FactReach::EachCluster => return None,
        };
        match facts.get(&(owner, required.name.clone())) {
            Some(value) => harness = harness.fact(&required.name, value.clone()),
            None if required.optional => {}
            None => return None,
        }
    }
    Some(harness)
}

/// The request as the host makes it.
pub fn of_host(request: &Request) -> Outcome<PlanRequest> {
    let facts = request.facts.iter().map(|known| {
        let fact = reference(known.cluster.as_deref(), &known.name)?;
        Ok(KnownFact {
            fact,
            value: serde_json::from_str(&known.value)?,
        })
    });
    let tokens = request.tokens.iter().map(|offer| {
        let fact = reference(offer.cluster.as_deref(), &offer.name)?;
        Ok(FactTokenOffer {
            fact,
            format: offer.format.parse()?,
            secret: offer.secret,
        })
    });
    Ok(PlanRequest {
        stack: Identifier::new(request.stack.as_str())?,
        domain: request.domain.clone(),
        stage: Identifier::new(request.stage.as_str())?,
        stage_type: Identifier::new(request.stage_type.as_str())?,
        cluster: request.cluster.as_ref().map(cluster).transpose()?,
        clusters: request
            .clusters
            .iter()
            .map(cluster)
            .collect::<Outcome<_>>()?,
        config: serde_json::from_str(&request.config)?,
        settings: serde_json::from_str(&request.settings)?,
        facts: facts.collect::<Outcome<_>>()?,
        tokens: tokens.collect::<Outcome<_>>()?,
        catalogue: request
            .catalogue
            .iter()
            .map(|entry| Ok(Identifier::new(entry.as_str())?))
            .collect::<Outcome<_>>()?,
    })
}

fn reference(cluster: Option<&str>, name: &str) -> Outcome<FactRef> {
    Ok(FactRef::new(
        cluster.map(Identifier::new).transpose()?,
        Identifier::new(name)?,
    ))
}

fn cluster(cluster: &Cluster) -> Outcome<ClusterInfo> {
    Ok(ClusterInfo {
        name: Identifier::new(cluster.name.as_str())?,
        dns_name: cluster.dns_name.clone(),
        region: cluster.region.clone(),
        zones: cluster.zones.clone(),
        cidr: cluster.cidr.clone(),
        kubernetes_version: cluster.kubernetes_version.clone(),
        removing: cluster.removing,
    })
}
