//! From stages, clusters and supplied facts to instances and edges.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::Identifier;
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::DiGraph;
use serde_json::Value;

use super::problem::GraphProblem;
use crate::fact::{FactRef, Format};
use crate::plan::InstanceId;
use crate::proposal::{FactReach, FactRequirement, Scope, StageType};

/// A stage as the graph sees it.
#[derive(Clone, Debug)]
pub struct StageNode<'a> {
    pub name: &'a Identifier,
    pub stage_type: &'a StageType,
    /// Names in `needs:`.
    pub needs: &'a [Identifier],
    /// Clusters it runs for, sorted; empty for a stage of the stack.
    pub clusters: Vec<&'a Identifier>,
}

/// A fact that no stage makes.
#[derive(Clone, Debug)]
pub struct SuppliedFact {
    pub format: Format,
    pub value: Value,
    /// The host's own, as opposed to one from the stack file.
    pub by_host: bool,
}

/// Facts that no stage makes, by reference.
#[derive(Clone, Debug, Default)]
pub struct Supplied(pub BTreeMap<FactRef, SuppliedFact>);

/// Who provides a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Index into [`Graph::instances`].
    Instance(usize),
    Supplied,
}

/// A requirement of an instance, resolved to one fact. A requirement that reaches for each cluster
/// resolves to one of these for every cluster.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub fact: FactRef,
    /// Index into the stage type's `requires`.
    pub requirement: usize,
    pub provider: Provider,
}

#[derive(Clone, Debug)]
pub struct InstanceNode {
    pub id: InstanceId,
    /// Index into the stages that the graph was built from.
    pub stage: usize,
    /// Indices of the instances that come before this one, sorted; all smaller than its own.
    pub edges: Vec<usize>,
    pub resolved: Vec<Resolved>,
}

/// Why one instance waits for another, for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// Names of the facts; empty for an explicit `needs`.
    pub facts: BTreeSet<Identifier>,
}

/// Instances in an order in which each comes after those it waits for.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub instances: Vec<InstanceNode>,
    index: BTreeMap<InstanceId, usize>,
}

impl Graph {
    /// Builds the graph, or tells everything that is wrong with it.
    pub fn build(
        stages: &[StageNode<'_>],
        clusters: &[&Identifier],
        supplied: &Supplied,
    ) -> Result<Self, Vec<GraphProblem>> {
        let mut builder = Builder::new(stages, clusters, supplied);
        builder.check_classes();
        builder.register_providers();
        builder.connect();
        if !builder.problems.is_empty() {
            return Err(builder.problems);
        }
        builder.sort()
    }

    pub fn get(&self, id: &InstanceId) -> Option<&InstanceNode> {
        self.index
            .get(id)
            .and_then(|index| self.instances.get(*index))
    }

    /// The edges with their reasons, sorted.
    pub fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (to, instance) in self.instances.iter().enumerate() {
            for &from in &instance.edges {
                let facts = instance
                    .resolved
                    .iter()
                    .filter(|resolved| resolved.provider == Provider::Instance(from))
                    .map(|resolved| resolved.fact.name.clone())
                    .collect();
                edges.push(Edge { from, to, facts });
            }
        }
        edges.sort();
        edges
    }
}

/// A fact's offer: who makes it, in which format.
struct Offer<'a> {
    instance: Option<usize>,
    format: &'a Format,
    /// `None` for supplied facts, which fit any meaning: the operator says so.
    schema: Option<u32>,
    secret: bool,
}

struct Builder<'a> {
    stages: &'a [StageNode<'a>],
    clusters: &'a [&'a Identifier],
    supplied: &'a Supplied,
    instances: Vec<InstanceNode>,
    /// Indices of each stage's instances.
    of_stage: Vec<Vec<usize>>,
    offers: BTreeMap<FactRef, Offer<'a>>,
    problems: Vec<GraphProblem>,
}

impl<'a> Builder<'a> {
    fn new(
        stages: &'a [StageNode<'a>],
        clusters: &'a [&'a Identifier],
        supplied: &'a Supplied,
    ) -> Self {
        let mut instances = Vec::new();
        let mut of_stage = Vec::with_capacity(stages.len());
        for (index, stage) in stages.iter().enumerate() {
            let first = instances.len();
            let places: Vec<Option<Identifier>> = match stage.stage_type.scope {
                Scope::Stack => vec![None],
                Scope::Cluster => stage
                    .clusters
                    .iter()
                    .map(|cluster| Some((*cluster).clone()))
                    .collect(),
            };
            instances.extend(places.into_iter().map(|cluster| InstanceNode {
                id: InstanceId::new(cluster, stage.name.clone()),
                stage: index,
                edges: Vec::new(),
                resolved: Vec::new(),
            }));
            of_stage.push((first..instances.len()).collect());
        }
        Self {
            stages,
            clusters,
            supplied,
            instances,
            of_stage,
            offers: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn check_classes(&mut self) {
        let mut seen: BTreeMap<(&Identifier, Option<&Identifier>), &Identifier> = BTreeMap::new();
        for stage in self.stages {
            let places: Vec<Option<&Identifier>> = match stage.stage_type.scope {
                Scope::Stack => vec![None],
                Scope::Cluster => stage
                    .clusters
                    .iter()
                    .map(|cluster| Some(*cluster))
                    .collect(),
            };
            for class in &stage.stage_type.conflicts {
                let clash = places
                    .iter()
                    .find_map(|place| match seen.get(&(class, *place)) {
                        Some(first) if *first != stage.name => Some((*first).clone()),
                        _ => None,
                    });
                if let Some(first) = clash {
                    self.problems.push(GraphProblem::Exclusive {
                        stage: stage.name.clone(),
                        first,
                        class: class.clone(),
                    });
                }
                for place in &places {
                    seen.entry((class, *place)).or_insert(stage.name);
                }
            }
        }
    }

    fn register_providers(&mut self) {
        for (fact, supplied) in &self.supplied.0 {
            let offer = Offer {
                instance: None,
                format: &supplied.format,
                schema: None,
                secret: false,
            };
            self.offers.insert(fact.clone(), offer);
        }
        let mut reported = BTreeSet::new();
        for (index, instance) in self.instances.iter().enumerate() {
            let stage = &self.stages[instance.stage];
            for offer in &stage.stage_type.provides {
                let fact = FactRef::new(instance.id.cluster.clone(), offer.name.clone());
                if let Some(other) = self.offers.get(&fact) {
                    // One report for a pair of stages, not one for every cluster.
                    let first = self.provider_name(other.instance);
                    if reported.insert((first.clone(), stage.name.clone(), offer.name.clone())) {
                        self.problems.push(GraphProblem::TwoProviders {
                            stage: stage.name.clone(),
                            fact,
                            first,
                            second: format!("stage `{}`", stage.name),
                        });
                    }
                    continue;
                }
                let offer = Offer {
                    instance: Some(index),
                    format: &offer.format,
                    schema: Some(offer.schema),
                    secret: offer.secret,
                };
                self.offers.insert(fact, offer);
            }
        }
    }

    fn provider_name(&self, instance: Option<usize>) -> String {
        match instance.and_then(|index| self.instances.get(index)) {
            Some(instance) => format!("stage `{}`", instance.id.stage),
            None => "the stack file".to_owned(),
        }
    }

    fn connect(&mut self) {
        let by_name: BTreeMap<&Identifier, usize> = self
            .stages
            .iter()
            .enumerate()
            .map(|(index, stage)| (stage.name, index))
            .collect();
        let mut reported = BTreeSet::new();
        for index in 0..self.instances.len() {
            let (edges, resolved, problems) = self.connections(index, &by_name);
            for problem in problems {
                // The same problem in a thousand clusters is one problem.
                let key = (problem.code(), problem.stage().clone(), fact_name(&problem));
                if reported.insert(key) {
                    self.problems.push(problem);
                }
            }
            let instance = &mut self.instances[index];
            instance.edges = edges.into_iter().collect();
            instance.resolved = resolved;
        }
    }

    fn connections(
        &self,
        index: usize,
        by_name: &BTreeMap<&Identifier, usize>,
    ) -> (BTreeSet<usize>, Vec<Resolved>, Vec<GraphProblem>) {
        let instance = &self.instances[index];
        let stage = &self.stages[instance.stage];
        let mut edges = BTreeSet::new();
        let mut resolved = Vec::new();
        let mut problems = Vec::new();
        for needed in stage.needs {
            match by_name.get(needed) {
                Some(&needed) => {
                    edges.extend(self.of_stage[needed].iter().filter(|&&other| {
                        let other = &self.instances[other].id.cluster;
                        // Stages of clusters wait within their cluster; a stage of the stack waits for all.
                        other.is_none()
                            || instance.id.cluster.is_none()
                            || *other == instance.id.cluster
                    }));
                }
                None => problems.push(GraphProblem::UnknownNeed {
                    stage: stage.name.clone(),
                    wanted: needed.clone(),
                }),
            }
        }
        for (number, requirement) in stage.stage_type.requires.iter().enumerate() {
            for fact in self.wanted(instance, stage, requirement, &mut problems) {
                let Some(offer) = self.offers.get(&fact) else {
                    if !requirement.optional {
                        problems.push(GraphProblem::NobodyProvides {
                            stage: stage.name.clone(),
                            fact,
                            format: requirement.format.clone(),
                        });
                    }
                    continue;
                };
                if let Some(problem) = self.misfit(stage, requirement, &fact, offer) {
                    problems.push(problem);
                    continue;
                }
                let provider = match offer.instance {
                    Some(other) => {
                        edges.insert(other);
                        Provider::Instance(other)
                    }
                    None => Provider::Supplied,
                };
                resolved.push(Resolved {
                    fact,
                    requirement: number,
                    provider,
                });
            }
        }
        (edges, resolved, problems)
    }

    fn wanted(
        &self,
        instance: &InstanceNode,
        stage: &StageNode<'_>,
        requirement: &FactRequirement,
        problems: &mut Vec<GraphProblem>,
    ) -> Vec<FactRef> {
        let name = &requirement.name;
        match requirement.reach {
            FactReach::Stack => vec![FactRef::new(None, name.clone())],
            FactReach::OwnCluster => match &instance.id.cluster {
                Some(cluster) => vec![FactRef::new(Some(cluster.clone()), name.clone())],
                None => {
                    problems.push(GraphProblem::NoOwnCluster {
                        stage: stage.name.clone(),
                        fact: name.clone(),
                    });
                    Vec::new()
                }
            },
            FactReach::EachCluster => self
                .clusters
                .iter()
                .map(|cluster| FactRef::new(Some((*cluster).clone()), name.clone()))
                .collect(),
        }
    }

    fn misfit(
        &self,
        stage: &StageNode<'_>,
        requirement: &FactRequirement,
        fact: &FactRef,
        offer: &Offer<'_>,
    ) -> Option<GraphProblem> {
        let stage = stage.name.clone();
        let fact = fact.clone();
        let provider = self.provider_name(offer.instance);
        if !offer.format.fits(&requirement.format) {
            let (provided, required) = (offer.format.clone(), requirement.format.clone());
            return Some(GraphProblem::FormatMisfit {
                stage,
                fact,
                provider,
                provided,
                required,
            });
        }
        if let Some(provided) = offer.schema.filter(|schema| *schema != requirement.schema) {
            let required = requirement.schema;
            return Some(GraphProblem::SchemaMisfit {
                stage,
                fact,
                provider,
                provided,
                required,
            });
        }
        (offer.secret && !requirement.secret).then_some(GraphProblem::SecretMisfit {
            stage,
            fact,
            provider,
        })
    }

    /// Orders the instances by level, then by name, so that the order does not depend on that of the stack file.
    fn sort(self) -> Result<Graph, Vec<GraphProblem>> {
        let mut graph =
            DiGraph::<usize, ()>::with_capacity(self.instances.len(), self.instances.len() * 2);
        let nodes: Vec<_> = (0..self.instances.len())
            .map(|index| graph.add_node(index))
            .collect();
        for (index, instance) in self.instances.iter().enumerate() {
            for &before in &instance.edges {
                graph.add_edge(nodes[before], nodes[index], ());
            }
        }
        let Ok(order) = toposort(&graph, None) else {
            return Err(self.cycles(&graph));
        };
        let mut level = vec![0_usize; self.instances.len()];
        for node in order {
            let index = graph[node];
            level[index] = self.instances[index]
                .edges
                .iter()
                .map(|&before| level[before] + 1)
                .max()
                .unwrap_or(0);
        }
        let mut sorted: Vec<usize> = (0..self.instances.len()).collect();
        sorted.sort_by(|&a, &b| {
            (level[a], &self.instances[a].id).cmp(&(level[b], &self.instances[b].id))
        });
        let mut place = vec![0_usize; sorted.len()];
        for (new, &old) in sorted.iter().enumerate() {
            place[old] = new;
        }
        let mut instances: Vec<InstanceNode> = sorted
            .iter()
            .map(|&old| self.instances[old].clone())
            .collect();
        for instance in &mut instances {
            for edge in &mut instance.edges {
                *edge = place[*edge];
            }
            instance.edges.sort_unstable();
            for resolved in &mut instance.resolved {
                if let Provider::Instance(provider) = &mut resolved.provider {
                    *provider = place[*provider];
                }
            }
        }
        let index = instances
            .iter()
            .enumerate()
            .map(|(index, instance)| (instance.id.clone(), index))
            .collect();
        Ok(Graph { instances, index })
    }

    fn cycles(&self, graph: &DiGraph<usize, ()>) -> Vec<GraphProblem> {
        let mut problems: Vec<(InstanceId, GraphProblem)> = tarjan_scc(graph)
            .into_iter()
            .filter(|component| {
                component.len() > 1
                    || component
                        .first()
                        .is_some_and(|node| graph.contains_edge(*node, *node))
            })
            .filter_map(|component| {
                // Tarjan gives a component in reverse order of the edges.
                let mut instances: Vec<InstanceId> = component
                    .iter()
                    .rev()
                    .map(|node| self.instances[graph[*node]].id.clone())
                    .collect();
                let smallest = instances
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, id)| (*id).clone())?
                    .0;
                instances.rotate_left(smallest);
                let first = instances.first()?.clone();
                Some((
                    first.clone(),
                    GraphProblem::Cycle {
                        stage: first.stage,
                        instances,
                    },
                ))
            })
            .collect();
        problems.sort_by(|a, b| a.0.cmp(&b.0));
        // The same cycle in every cluster is one problem.
        let mut stages = BTreeSet::new();
        problems.retain(|(first, _)| stages.insert(first.stage.clone()));
        problems.into_iter().map(|(_, problem)| problem).collect()
    }
}

fn fact_name(problem: &GraphProblem) -> Option<Identifier> {
    match problem {
        GraphProblem::NobodyProvides { fact, .. }
        | GraphProblem::TwoProviders { fact, .. }
        | GraphProblem::FormatMisfit { fact, .. }
        | GraphProblem::SchemaMisfit { fact, .. }
        | GraphProblem::SecretMisfit { fact, .. } => Some(fact.name.clone()),
        GraphProblem::NoOwnCluster { fact, .. } => Some(fact.clone()),
        GraphProblem::UnknownNeed { wanted, .. } => Some(wanted.clone()),
        GraphProblem::Cycle { .. } | GraphProblem::Exclusive { .. } => None,
    }
}
