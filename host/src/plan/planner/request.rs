//! What an instance's plugin is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use aegis_document::{Identifier, pointer};
use serde_json::{Map, Value, json};

use super::Inputs;
use super::facts::FactTable;
use super::failure::PlanFailure;
use super::stage::StagePlan;
use crate::capability::{Capability, CapabilitySet, Risk};
use crate::driver::document::ChartPin;
use crate::fact::FactRef;
use crate::graph::InstanceNode;
use crate::proposal::FactMode;
use crate::sandbox::{FactTokenOffer, KnownFact, PlanRequest};
use crate::stack::Stack;

/// A request, or the facts by value without which it cannot be made.
pub enum Asked {
    Ready(Box<PlanRequest>),
    Missing(Vec<FactRef>),
}

/// Builds the request of an instance from the stack file and the facts that are known.
pub fn build(
    inputs: &Inputs<'_>,
    stage: &StagePlan,
    node: &InstanceNode,
    facts: &FactTable,
    config: Value,
) -> Asked {
    let stage_type = stage.stage_type();
    let mut known = Vec::new();
    let mut tokens = Vec::new();
    let mut missing = Vec::new();
    for resolved in &node.resolved {
        let Some(requirement) = stage_type.requires.get(resolved.requirement) else {
            continue;
        };
        let fact = resolved.fact.clone();
        match requirement.mode {
            FactMode::Opaque => tokens.push(FactTokenOffer {
                fact,
                format: requirement.format.clone(),
                secret: requirement.secret,
            }),
            FactMode::Value => match facts.get(&fact).and_then(|entry| entry.value.clone()) {
                Some(value) => known.push(KnownFact { fact, value }),
                None => missing.push(fact),
            },
        }
    }
    if !missing.is_empty() {
        return Asked::Missing(missing);
    }
    Asked::Ready(Box::new(PlanRequest {
        stack: inputs.stages.stack().clone(),
        domain: inputs.stack.domain.clone(),
        stage: stage.name.clone(),
        stage_type: stage_type.name.clone(),
        cluster: node
            .id
            .cluster
            .as_ref()
            .and_then(|cluster| inputs.stages.cluster(cluster))
            .cloned(),
        clusters: Arc::clone(inputs.stages.cluster_infos()),
        config,
        settings: Value::Object(settings(inputs.settings, &stage_type.settings)),
        facts: known,
        tokens,
        catalogue: granted_charts(&stage.plugin.granted, inputs.catalogue.entries()),
    }))
}

/// The configuration of an instance, checked against the stage type's schema.
pub fn config(
    inputs: &Inputs<'_>,
    schemas: &super::config::Schemas,
    stage: &StagePlan,
    cluster: Option<&Identifier>,
) -> Result<Value, PlanFailure> {
    let cluster = cluster.map(Identifier::as_str);
    let map = inputs
        .stack
        .stages
        .get(stage.name.as_str())
        .map(|stage| stage.config(cluster).clone());
    let config = Value::Object(map.unwrap_or_default());
    schemas.check(inputs.stack, stage.name.as_str(), cluster, &config)?;
    Ok(config)
}

/// What stages can read: the stack's settings, and as `git` the repository that holds the tree.
pub fn all_settings(stack: &Stack) -> Map<String, Value> {
    let mut settings = stack.settings.clone();
    if let Some(git) = &stack.git {
        let place =
            json!({ "repository": git.repository, "revision": git.branch, "path": git.path });
        settings.entry("git").or_insert(place);
    }
    settings
}

/// The part of the settings that the pointers name, in its place.
pub fn settings(all: &Map<String, Value>, pointers: &[String]) -> Map<String, Value> {
    let root = Value::Object(all.clone());
    let mut part = Map::new();
    for wanted in pointers {
        if let (Some(value), Some(tokens)) = (root.pointer(wanted), pointer::tokens(wanted)) {
            match tokens.split_last() {
                Some((last, path)) => insert(&mut part, path, last, value),
                None => return all.clone(),
            }
        }
    }
    part
}

fn insert(part: &mut Map<String, Value>, path: &[String], last: &str, value: &Value) {
    match path.split_first() {
        None => {
            part.insert(last.to_owned(), value.clone());
        }
        Some((first, rest)) => {
            let next = part
                .entry(first.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            // A part of a list would have another index; lists are declared whole.
            if let Value::Object(next) = next {
                insert(next, rest, last, value);
            }
        }
    }
}

/// The names of the catalogue that a line of the grant covers.
fn granted_charts(
    granted: &CapabilitySet,
    catalogue: &BTreeMap<Identifier, ChartPin>,
) -> Vec<Identifier> {
    let covers = |name: &Identifier| {
        granted.entries().iter().any(|line| match line {
            Capability::Release(grant) => grant.entries.covers(name.as_str(), Risk::Code),
            _ => false,
        })
    };
    catalogue
        .keys()
        .filter(|name| covers(name))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_declared_settings_are_given() {
        let Value::Object(all) = json!({"a": {"b": 1, "c": 2}, "d": [1], "e": "secret"}) else {
            unreachable!()
        };
        let pointers = ["/a/b", "/d", "/missing", "/a/missing"].map(str::to_owned);
        assert_eq!(
            Value::Object(settings(&all, &pointers)),
            json!({"a": {"b": 1}, "d": [1]})
        );
        assert_eq!(settings(&all, &[]), Map::new());
    }
}
