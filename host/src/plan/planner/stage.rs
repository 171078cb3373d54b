//! The stages of a stack that are on, each with the plugin that makes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aegis_document::Identifier;
use aegis_registry::PluginName;

use super::failure::{
    LOCKED_VERSION, PlanFailure, STAGE_SCOPE, STAGE_TYPE, at_stage, graph_problem,
};
use crate::capability::Repository;
use crate::graph::{Graph, StageNode, Supplied};
use crate::library::LoadedPlugin;
use crate::proposal::{Kind, Scope, StageType};
use crate::sandbox::ClusterInfo;
use crate::stack::Stack;

/// A stage and its plugin.
#[derive(Debug)]
pub struct StagePlan {
    pub name: Identifier,
    pub plugin: Arc<LoadedPlugin>,
    /// Index into the descriptor's stage types.
    stage_type: usize,
    /// Names in `needs:` of stages that are on, and what the host adds.
    needs: Vec<Identifier>,
    /// Clusters it runs for.
    clusters: Vec<Identifier>,
}

impl StagePlan {
    pub fn stage_type(&self) -> &StageType {
        &self.plugin.descriptor.stage_types[self.stage_type]
    }

    pub fn kind(&self) -> Kind {
        self.plugin.kind
    }
}

/// All stages that are on, by name, and the clusters of the stack.
#[derive(Debug)]
pub struct StageSet {
    stack: Identifier,
    stages: Vec<StagePlan>,
    clusters: Arc<[ClusterInfo]>,
    repository: Option<Repository>,
}

/// The plugins that a stack's stages use, those that are off left out.
pub fn plugin_names(stack: &Stack) -> Result<Vec<PluginName>, PlanFailure> {
    let mut names = Vec::new();
    for stage in stack.stages.values().filter(|stage| stage.off.is_none()) {
        names.push(PluginName {
            publisher: Identifier::new(&stage.plugin.publisher).map_err(PlanFailure::identifier)?,
            plugin: Identifier::new(&stage.plugin.plugin).map_err(PlanFailure::identifier)?,
        });
    }
    Ok(names)
}

impl StageSet {
    /// Finds the stage type that each stage means.
    pub fn new(
        stack: &Stack,
        plugins: &BTreeMap<PluginName, Arc<LoadedPlugin>>,
    ) -> Result<Self, PlanFailure> {
        let identifier = |text: &str| Identifier::new(text).map_err(PlanFailure::identifier);
        let mut failure = PlanFailure::default();
        let mut stages = Vec::new();
        for stage in stack.stages.values().filter(|stage| stage.off.is_none()) {
            let name = PluginName {
                publisher: identifier(&stage.plugin.publisher)?,
                plugin: identifier(&stage.plugin.plugin)?,
            };
            let Some(plugin) = plugins.get(&name) else {
                continue;
            };
            if !stage.plugin.requirement.matches(&plugin.version) {
                failure.push(
                    at_stage(
                        stack,
                        &stage.name,
                        LOCKED_VERSION,
                        format!(
                            "stage `{}` wants {name} {}, and {} is locked",
                            stage.name, stage.plugin.requirement, plugin.version
                        ),
                    )
                    .help(format!(
                        "`aegis plugin update {name}`, or change the requirement"
                    )),
                );
                continue;
            }
            let stage_type = match find_stage_type(plugin, stage.plugin.stage_type.as_deref()) {
                Ok(index) => index,
                Err(message) => {
                    failure.push(
                        at_stage(
                            stack,
                            &stage.name,
                            STAGE_TYPE,
                            format!("stage `{}`: {message}", stage.name),
                        )
                        .help(format!("name one of them: `use: {name}/TYPE`")),
                    );
                    continue;
                }
            };
            let scope = plugin.descriptor.stage_types[stage_type].scope;
            let mut clusters = Vec::new();
            if scope == Scope::Cluster {
                for cluster in stack
                    .clusters
                    .keys()
                    .filter(|cluster| stage.off_for(cluster).is_none())
                {
                    clusters.push(identifier(cluster)?);
                }
            } else if let Some((cluster, span)) = stage
                .cluster_configs()
                .map(|(cluster, _)| cluster)
                .chain(stage.disabled_clusters().map(|(cluster, _)| cluster))
                .find_map(|cluster| Some((cluster, stage.cluster_span(cluster)?)))
            {
                failure.push(
                    crate::stack::Diagnostic::new(
                        STAGE_SCOPE,
                        format!("stage `{}` runs once for the stack; it has no part for cluster `{cluster}`", stage.name),
                    )
                    .with_source(stack.source())
                    .at(span, "has no effect")
                    .help("move the configuration to the stage itself"),
                );
                continue;
            }
            let needs = stage
                .needs
                .iter()
                .filter(|need| {
                    stack
                        .stages
                        .get(*need)
                        .is_none_or(|stage| stage.off.is_none())
                })
                .map(|need| identifier(need))
                .collect::<Result<_, _>>()?;
            stages.push(StagePlan {
                name: identifier(&stage.name)?,
                plugin: Arc::clone(plugin),
                stage_type,
                needs,
                clusters,
            });
        }
        failure.into_result()?;
        wait_for_state(&mut stages);
        let repository = stack.git.as_ref().map(|git| Repository {
            url: git.repository.clone(),
            branch: git.branch.clone(),
        });
        Ok(Self {
            stack: identifier(&stack.name)?,
            stages,
            clusters: cluster_infos(stack)?,
            repository,
        })
    }

    pub fn stack(&self) -> &Identifier {
        &self.stack
    }

    /// The repository that holds the stack's tree.
    pub fn repository(&self) -> Option<&Repository> {
        self.repository.as_ref()
    }

    pub fn iter(&self) -> impl Iterator<Item = &StagePlan> {
        self.stages.iter()
    }

    /// The stage at an index of the graph.
    pub(super) fn at(&self, index: usize) -> &StagePlan {
        &self.stages[index]
    }

    pub fn cluster_infos(&self) -> &Arc<[ClusterInfo]> {
        &self.clusters
    }

    pub(super) fn cluster(&self, name: &Identifier) -> Option<&ClusterInfo> {
        self.clusters
            .binary_search_by(|cluster| cluster.name.cmp(name))
            .ok()
            .map(|index| &self.clusters[index])
    }

    pub fn clusters(&self) -> impl Iterator<Item = &Identifier> {
        self.clusters.iter().map(|cluster| &cluster.name)
    }

    /// The graph of the stages.
    pub fn graph(&self, stack: &Stack, supplied: &Supplied) -> Result<Graph, PlanFailure> {
        let clusters: Vec<&Identifier> = self.clusters().collect();
        let nodes: Vec<StageNode<'_>> = self
            .stages
            .iter()
            .map(|stage| StageNode {
                name: &stage.name,
                stage_type: stage.stage_type(),
                needs: &stage.needs,
                clusters: stage.clusters.iter().collect(),
            })
            .collect();
        Graph::build(&nodes, &clusters, supplied).map_err(|problems| PlanFailure {
            diagnostics: problems
                .iter()
                .map(|problem| graph_problem(stack, problem))
                .collect(),
            denials: Vec::new(),
        })
    }
}

/// Terraform roots and kOps clusters keep their state in the store that one stage makes: the host itself puts
/// that store's name into their documents, so they come after it.
fn wait_for_state(stages: &mut [StagePlan]) {
    let makes_store = |stage: &StagePlan| {
        stage
            .stage_type()
            .provides
            .iter()
            .any(|offer| offer.name.as_str().starts_with(super::STATE_FACTS))
    };
    let Some(store) = stages
        .iter()
        .find(|stage| makes_store(stage))
        .map(|stage| stage.name.clone())
    else {
        return;
    };
    for stage in stages.iter_mut() {
        if stage.kind() == Kind::Provisioning
            && stage.name != store
            && !stage.needs.contains(&store)
        {
            stage.needs.push(store.clone());
        }
    }
}

fn find_stage_type(plugin: &LoadedPlugin, name: Option<&str>) -> Result<usize, String> {
    let offered: Vec<&str> = plugin
        .descriptor
        .stage_types
        .iter()
        .map(|stage_type| stage_type.name.as_str())
        .collect();
    match (name, offered.as_slice()) {
        (Some(name), _) => offered
            .iter()
            .position(|offered| *offered == name)
            .ok_or_else(|| {
                format!(
                    "{} offers no stage type `{name}`; it offers {}",
                    plugin.name,
                    offered.join(", ")
                )
            }),
        (None, [_]) => Ok(0),
        (None, _) => Err(format!(
            "{} offers several stage types; write `{}/NAME`: {}",
            plugin.name,
            plugin.name,
            offered.join(", ")
        )),
    }
}

fn cluster_infos(stack: &Stack) -> Result<Arc<[ClusterInfo]>, PlanFailure> {
    stack
        .clusters
        .values()
        .map(|cluster| {
            Ok(ClusterInfo {
                name: Identifier::new(&cluster.name).map_err(PlanFailure::identifier)?,
                dns_name: cluster.dns_name.clone(),
                region: cluster.region.clone(),
                zones: cluster.zones.clone(),
                cidr: cluster.cidr.to_string(),
                kubernetes_version: cluster.kubernetes_version.to_string(),
                removing: false,
            })
        })
        .collect()
}
