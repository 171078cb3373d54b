//! Lines that say what Pods may use.

use serde::{Deserialize, Serialize};

use super::level::Level;
use super::request::{PodNeed, RoleSource};
use crate::capability::cluster::is_empty;
use crate::capability::grant::{Grant, Problem};
use crate::capability::sorted::{Clusters, Patterns};
use crate::capability::{Reach, Request, Risk, words};

/// `pods`. Wildcards reach images with a digest, ConfigMaps, claims, ordinary priority classes and roles of
/// facts; everything else has to be exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PodsGrant {
    pub clusters: Clusters,
    pub namespaces: Patterns,
    /// The least restricted Pod Security Standard that Pods may be of.
    #[serde(default)]
    pub level: Level,
    /// Complete references, `registry.example.com/team/app@sha256:…`, or beginnings of them.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub images: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub service_accounts: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub secrets: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub config_maps: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub claims: Patterns,
    /// Audiences of projected tokens besides the API server's own.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub audiences: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub nodes: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub schedulers: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub runtime_classes: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub priorities: Patterns,
    /// Also on control-plane nodes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub control_plane: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host_aliases: bool,
    /// AWS roles that service accounts may have: ARNs, or `fact:` and the name of a fact.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub roles: Patterns,
}

impl Grant for PodsGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Pods(request) = request else {
            return false;
        };
        let risk = request.risk();
        let need = match &request.need {
            PodNeed::Level(level) => *level <= self.level,
            PodNeed::Image(image) => self.images.covers(image.as_str(), risk),
            PodNeed::ServiceAccount(name) => self.service_accounts.covers(name, risk),
            PodNeed::Secret(name) => self.secrets.covers(name, risk),
            PodNeed::ConfigMap(name) => self.config_maps.covers(name, risk),
            PodNeed::Claim(name) => self.claims.covers(name, risk),
            PodNeed::Audience(audience) => self.audiences.covers(audience, risk),
            PodNeed::Node(name) => self.nodes.covers(name, risk),
            PodNeed::Scheduler(name) => self.schedulers.covers(name, risk),
            PodNeed::RuntimeClass(name) => self.runtime_classes.covers(name, risk),
            PodNeed::Priority(name) => self.priorities.covers(name, risk),
            PodNeed::ControlPlane => self.control_plane,
            PodNeed::HostAliases => self.host_aliases,
            PodNeed::Role {
                role: RoleSource::Arn(arn),
                ..
            } => self.roles.covers(arn, risk),
            PodNeed::Role {
                role: RoleSource::Fact(fact),
                ..
            } => self.roles.covers(&format!("fact:{}", fact.name), risk),
        };
        need && self.namespaces.matches(&request.namespace)
            && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        let mut parts = Vec::new();
        let mut named = |what: &str, patterns: &Patterns| {
            if !patterns.is_empty() {
                parts.push(format!("{what} {}", words::patterns(patterns)));
            }
        };
        named("the images", &self.images);
        named("the service accounts", &self.service_accounts);
        named("the SECRETS", &self.secrets);
        named("the ConfigMaps", &self.config_maps);
        named("the volume claims", &self.claims);
        named("tokens for the audiences", &self.audiences);
        named("the nodes", &self.nodes);
        named("the schedulers", &self.schedulers);
        named("the runtime classes", &self.runtime_classes);
        named("the priority classes", &self.priorities);
        named("the AWS ROLES", &self.roles);
        if self.control_plane {
            parts.push("CONTROL-PLANE nodes".to_owned());
        }
        if self.host_aliases {
            parts.push("host names of their own".to_owned());
        }
        let level = match self.level {
            Level::Restricted => "restricted Pods",
            Level::Baseline => "Pods of level BASELINE",
            Level::Privileged => "PRIVILEGED Pods",
        };
        let with = if parts.is_empty() {
            String::new()
        } else {
            format!(" with {}", words::list(parts))
        };
        format!(
            "run {level}{with}{}{}",
            words::namespaces(&self.namespaces),
            words::clusters(&self.clusters)
        )
    }

    fn risk(&self) -> Risk {
        let deputy = !self.service_accounts.is_empty() || !self.audiences.is_empty();
        let power = self.level > Level::Restricted
            || self.control_plane
            || self.host_aliases
            || [
                &self.secrets,
                &self.nodes,
                &self.schedulers,
                &self.runtime_classes,
                &self.roles,
            ]
            .iter()
            .any(|patterns| !patterns.is_empty());
        match (deputy, power) {
            (true, _) => Risk::Deputy,
            // Running an image is running code, whoever made it.
            (false, _) if !self.images.is_empty() => Risk::Code,
            (false, true) => Risk::Power,
            (false, false) => Risk::Plain,
        }
    }

    fn problem(&self) -> Option<Problem> {
        // `quay.io*` would also reach `quay.io.example.com`.
        let half_host = |pattern: &crate::capability::Pattern| {
            pattern.is_wildcard() && !pattern.is_everything() && !pattern.to_string().contains('/')
        };
        self.images.iter().any(half_host).then_some(Problem {
            pointer: "/images",
            message: "a pattern of images names at least a complete registry, `registry.example.com/*`",
        })
    }
}
