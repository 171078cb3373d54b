//! The stack: what a stack file means once presets, defaults and references are resolved.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde_json::{Map, Value};

use super::error::Source;
use super::file::{
    Access, ChangeKind, Exception, Landing, PluginRef, ReleaseOwner, STACK_SCOPE, Severity,
    StructuralChanges,
};
use super::regions::Partition;
use super::syntax::{Span, SpanMap};
use crate::cidr::Cidr;

/// A resolved stack.
#[derive(Clone, Debug)]
pub struct Stack {
    pub name: String,
    /// The DNS domain; lower case, no final dot.
    pub domain: String,
    /// Twelve digits.
    pub account: Option<String>,
    /// What several stages share, as in the file.
    pub settings: Map<String, Value>,
    /// At least one, by name.
    pub clusters: BTreeMap<String, Cluster>,
    /// At least one, by name; also those that are off.
    pub stages: BTreeMap<String, Stage>,
    /// Facts that the operator supplies, see [`Stack::facts`].
    pub(super) facts: BTreeMap<String, BTreeMap<String, SuppliedFact>>,
    pub deliver: Deliver,
    pub policy: Policy,
    pub exceptions: Vec<Exception>,
    pub git: Option<Git>,
    /// Folder of the tree relative to the stack file, `/` between its parts.
    pub tree: String,
    /// Owners of releases by stage, where the file names one.
    pub release_owners: BTreeMap<String, ReleaseOwner>,
    pub(super) settings_at: SpanMap,
    pub(super) source: Source,
}

impl Stack {
    /// The text that spans of this stack point into, for [`super::Diagnostic::with_source`].
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The facts that the operator supplies for a cluster, or for the stack (`None`).
    pub fn facts(&self, cluster: Option<&str>) -> impl Iterator<Item = (&str, &SuppliedFact)> {
        self.facts
            .get(cluster.unwrap_or(STACK_SCOPE))
            .into_iter()
            .flatten()
            .map(|(name, fact)| (name.as_str(), fact))
    }

    /// One of the facts that the operator supplies.
    pub fn fact(&self, cluster: Option<&str>, name: &str) -> Option<&SuppliedFact> {
        self.facts.get(cluster.unwrap_or(STACK_SCOPE))?.get(name)
    }

    /// Where a value of `settings` was written: the place of the RFC 6901 pointer or of its nearest
    /// ancestor.
    pub fn settings_span(&self, pointer: &str) -> Option<Span> {
        self.settings_at.nearest(pointer)
    }
}

/// A fact from the stack file.
#[derive(Clone, Debug, PartialEq)]
pub struct SuppliedFact {
    /// Never null.
    pub value: Value,
    pub span: Span,
}

/// A cluster of the stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    pub name: String,
    /// `<name>.<domain>`.
    pub dns_name: String,
    pub region: String,
    pub partition: Partition,
    /// Availability zones, sorted, at least one.
    pub zones: Vec<String>,
    /// The network's block; no two clusters of a stack overlap.
    pub cidr: Cidr,
    pub kubernetes_version: Version,
    pub access: Access,
    /// Place of the cluster's name.
    pub span: Span,
}

/// A stage of the stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub name: String,
    pub plugin: PluginRef,
    /// Stages that must be ready before this one; all of them exist.
    pub needs: BTreeSet<String>,
    /// The reason for which the stage is off.
    pub off: Option<String>,
    pub(super) config: Map<String, Value>,
    pub(super) clusters: BTreeMap<String, ClusterConfig>,
    pub(super) disabled: BTreeMap<String, String>,
    pub(super) places: StagePlaces,
}

/// A stage's configuration for one cluster, merged, and the places of the cluster's own part.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClusterConfig {
    pub(super) merged: Map<String, Value>,
    pub(super) at: SpanMap,
}

/// Where the parts of a stage were written. A stage that only the preset names has no place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StagePlaces {
    pub(super) name: Option<Span>,
    pub(super) plugin: Option<Span>,
    pub(super) config: SpanMap,
    pub(super) needs: BTreeMap<String, Span>,
    pub(super) clusters: BTreeMap<String, Span>,
}

impl Stage {
    /// The configuration for a cluster, or the stage's own (`None`). Null never occurs as the value
    /// of a key.
    pub fn config(&self, cluster: Option<&str>) -> &Map<String, Value> {
        cluster
            .and_then(|cluster| self.clusters.get(cluster))
            .map_or(&self.config, |part| &part.merged)
    }

    /// The clusters whose configuration differs, with it.
    pub fn cluster_configs(&self) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        self.clusters
            .iter()
            .map(|(cluster, part)| (cluster.as_str(), &part.merged))
    }

    /// The clusters that the stage leaves out, with the reason.
    pub fn disabled_clusters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.disabled
            .iter()
            .map(|(cluster, reason)| (cluster.as_str(), reason.as_str()))
    }

    /// The reason for which the stage does not run for a cluster, or at all.
    pub fn off_for(&self, cluster: &str) -> Option<&str> {
        self.off
            .as_deref()
            .or_else(|| self.disabled.get(cluster).map(String::as_str))
    }

    /// Where the stage is named in the file; `None` if only the preset does.
    pub fn span(&self) -> Option<Span> {
        self.places.name
    }

    /// Where the plugin is named, or at least the stage.
    pub fn use_span(&self) -> Option<Span> {
        self.places.plugin.or(self.places.name)
    }

    /// Where a need is written, or at least the stage is named.
    pub fn need_span(&self, stage: &str) -> Option<Span> {
        self.places.needs.get(stage).copied().or(self.places.name)
    }

    /// Where the stage's part for a cluster is written.
    pub fn cluster_span(&self, cluster: &str) -> Option<Span> {
        self.places.clusters.get(cluster).copied()
    }

    /// Where a value of the configuration was written, by its RFC 6901 pointer: in the cluster's
    /// part if it stands there, else in the stage's configuration, else the nearest place that
    /// there is.
    pub fn span_of(&self, cluster: Option<&str>, pointer: &str) -> Option<Span> {
        let own = cluster.and_then(|cluster| self.clusters.get(cluster));
        own.and_then(|part| part.at.get(pointer))
            .or_else(|| self.places.config.get(pointer))
            .or_else(|| own.and_then(|part| part.at.nearest_child(pointer)))
            .or_else(|| self.places.config.nearest_child(pointer))
            .or_else(|| cluster.and_then(|cluster| self.cluster_span(cluster)))
            .or(self.places.name)
    }
}

/// Where each kind of change lands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliver(pub(super) BTreeMap<ChangeKind, Landing>);

impl Deliver {
    /// Where changes of a kind land; the tree unless the file says otherwise.
    pub fn landing(&self, kind: ChangeKind) -> Landing {
        self.0.get(&kind).copied().unwrap_or(Landing::Tree)
    }
}

/// When a plan may be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Findings of this severity and above stop an apply.
    pub block_at: Severity,
    /// Number of people who must approve a plan.
    pub approvals: u32,
    pub structural: StructuralChanges,
    /// Controls that must have been evaluated.
    pub required: BTreeSet<String>,
}

/// The repository that holds the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Git {
    /// HTTPS URL.
    pub repository: String,
    pub branch: String,
    /// Folder of the tree within the repository.
    pub path: String,
}
