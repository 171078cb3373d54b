//! Lines that reach objects of clusters.

use serde::{Deserialize, Serialize};

use super::request::{ClusterRequest, ObjectScope, Verb};
use crate::capability::grant::{Grant, Problem};
use crate::capability::sorted::{Clusters, Patterns};
use crate::capability::{Reach, Request, Risk, kinds, words};

/// `cluster.read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReadGrant {
    pub clusters: Clusters,
    /// The exact API group; empty for the core group.
    pub group: String,
    /// `*` never includes Secrets: they have to be named.
    pub kinds: Patterns,
    /// Empty when `scope` is `cluster`. A list over all namespaces needs `*`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub namespaces: Patterns,
    #[serde(default, skip_serializing_if = "is_namespaced")]
    pub scope: ObjectScope,
}

/// `cluster.apply`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApplyGrant {
    pub clusters: Clusters,
    /// The exact API group; empty for the core group.
    pub group: String,
    /// A wildcard reaches plain kinds only.
    pub kinds: Patterns,
    /// A wildcard does not reach ConfigMaps and Secrets that controllers obey, such as `argocd-rbac-cm`.
    pub names: Patterns,
    /// Empty when `scope` is `cluster`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub namespaces: Patterns,
    #[serde(default, skip_serializing_if = "is_namespaced")]
    pub scope: ObjectScope,
    /// Also objects that exist and are somebody else's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopt: bool,
    /// Also kinds whose fields the host has no policy for. Kinds and names have to be exact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchecked: bool,
}

/// `cluster.delete`: somebody else's objects. A stage's own are pruned without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeleteGrant {
    pub clusters: Clusters,
    /// The exact API group; empty for the core group.
    pub group: String,
    /// A wildcard reaches plain kinds only.
    pub kinds: Patterns,
    pub names: Patterns,
    /// Empty when `scope` is `cluster`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub namespaces: Patterns,
    #[serde(default, skip_serializing_if = "is_namespaced")]
    pub scope: ObjectScope,
    /// Also kinds whose fields the host has no policy for. Kinds and names have to be exact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchecked: bool,
}

pub(in crate::capability) fn is_empty<T>(items: &crate::capability::sorted::Sorted<T>) -> bool {
    items.is_empty()
}

fn is_namespaced(scope: &ObjectScope) -> bool {
    *scope == ObjectScope::Namespaced
}

/// The part that applying and deleting have in common.
struct Objects<'a> {
    clusters: &'a Clusters,
    group: &'a str,
    kinds: &'a Patterns,
    names: &'a Patterns,
    namespaces: &'a Patterns,
    scope: ObjectScope,
    unchecked: bool,
}

impl Objects<'_> {
    fn covers(&self, request: &ClusterRequest, reach: Reach<'_>) -> bool {
        let opaque = request.risk == Risk::Opaque;
        let place = match (self.scope, &request.namespace) {
            (ObjectScope::Namespaced, Some(namespace)) => self.namespaces.matches(namespace),
            (ObjectScope::Cluster, None) => true,
            _ => false,
        };
        let named = request.name.as_deref().is_some_and(|name| {
            // Within a kind that was named, names may be many; but what is in an opaque object is unknown,
            // and some objects make others act.
            if request.risk >= Risk::Deputy {
                self.names.covers(name, request.risk)
            } else {
                self.names.matches(name)
            }
        });
        request.scope == Some(self.scope)
            && place
            && named
            && (!opaque || self.unchecked)
            && self.group == request.collection.group
            && self.kinds.covers(&request.collection.kind, request.risk)
            && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self, verb: &str) -> String {
        let unchecked = if self.unchecked { "UNCHECKED " } else { "" };
        let names = if self.names.is_everything() {
            " with any name".to_owned()
        } else {
            format!(" named {}", words::list(self.names.iter()))
        };
        format!(
            "{verb} {unchecked}{}{names}{}{}",
            kinds_in(self.kinds, self.group),
            place(self.scope, self.namespaces),
            words::clusters(self.clusters),
        )
    }

    fn risk(&self) -> Risk {
        if self.unchecked {
            Risk::Opaque
        } else {
            kinds::highest_risk(self.group, self.kinds)
        }
    }

    fn problem(&self) -> Option<Problem> {
        let wildcard =
            |patterns: &Patterns| patterns.iter().any(crate::capability::Pattern::is_wildcard);
        if self.unchecked && (wildcard(self.kinds) || wildcard(self.names)) {
            let pointer = if wildcard(self.kinds) {
                "/kinds"
            } else {
                "/names"
            };
            return Some(Problem {
                pointer,
                message: "with `unchecked`, every kind and name has to be exact",
            });
        }
        scope_problem(self.scope, self.namespaces)
    }
}

fn scope_problem(scope: ObjectScope, namespaces: &Patterns) -> Option<Problem> {
    let message = match (scope, namespaces.is_empty()) {
        (ObjectScope::Cluster, false) => "kinds of scope `cluster` have no namespace",
        (ObjectScope::Namespaced, true) => {
            "the namespaces are missing; kinds without one need `scope: cluster`"
        }
        _ => return None,
    };
    Some(Problem {
        pointer: "/namespaces",
        message,
    })
}

fn kinds_in(kinds: &Patterns, group: &str) -> String {
    let group = if group.is_empty() {
        "the core group"
    } else {
        group
    };
    let group = aegis_document::untrusted(group);
    if kinds.is_everything() {
        format!("any plain kind of {group}")
    } else {
        format!("{} of {group}", words::list(kinds.iter()))
    }
}

fn place(scope: ObjectScope, namespaces: &Patterns) -> String {
    match scope {
        ObjectScope::Cluster => ", without a namespace,".to_owned(),
        ObjectScope::Namespaced => words::namespaces(namespaces),
    }
}

impl Grant for ReadGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Cluster(request) = request else {
            return false;
        };
        let place = match (self.scope, &request.namespace) {
            (ObjectScope::Namespaced, Some(namespace)) => self.namespaces.matches(namespace),
            (ObjectScope::Namespaced, None) => {
                request.scope != Some(ObjectScope::Cluster) && self.namespaces.is_everything()
            }
            (ObjectScope::Cluster, None) => request.scope != Some(ObjectScope::Namespaced),
            (ObjectScope::Cluster, Some(_)) => false,
        };
        request.verb == Verb::Read
            && place
            && self.group == request.collection.group
            && self.kinds.covers(&request.collection.kind, request.risk)
            && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        format!(
            "read {}{}{}",
            kinds_in(&self.kinds, &self.group),
            place(self.scope, &self.namespaces),
            words::clusters(&self.clusters),
        )
    }

    fn risk(&self) -> Risk {
        let secrets = self.group.is_empty() && self.kinds.covers("Secret", Risk::Power);
        if secrets { Risk::Power } else { Risk::Plain }
    }

    fn problem(&self) -> Option<Problem> {
        scope_problem(self.scope, &self.namespaces)
    }
}

impl ApplyGrant {
    fn objects(&self) -> Objects<'_> {
        Objects {
            clusters: &self.clusters,
            group: &self.group,
            kinds: &self.kinds,
            names: &self.names,
            namespaces: &self.namespaces,
            scope: self.scope,
            unchecked: self.unchecked,
        }
    }
}

impl Grant for ApplyGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Cluster(request) = request else {
            return false;
        };
        let verb = match request.verb {
            Verb::Apply | Verb::DryRun | Verb::Prune => true,
            Verb::Adopt => self.adopt,
            Verb::Read | Verb::Delete => false,
        };
        verb && self.objects().covers(request, reach)
    }

    fn describe(&self) -> String {
        self.objects().describe(if self.adopt {
            "apply, and take over when they exist,"
        } else {
            "apply"
        })
    }

    fn risk(&self) -> Risk {
        self.objects()
            .risk()
            .max(if self.adopt { Risk::Power } else { Risk::Plain })
    }

    fn problem(&self) -> Option<Problem> {
        self.objects().problem()
    }
}

impl DeleteGrant {
    fn objects(&self) -> Objects<'_> {
        Objects {
            clusters: &self.clusters,
            group: &self.group,
            kinds: &self.kinds,
            names: &self.names,
            namespaces: &self.namespaces,
            scope: self.scope,
            unchecked: self.unchecked,
        }
    }
}

impl Grant for DeleteGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Cluster(request) = request else {
            return false;
        };
        request.verb == Verb::Delete && self.objects().covers(request, reach)
    }

    fn describe(&self) -> String {
        self.objects().describe("delete")
    }

    fn risk(&self) -> Risk {
        self.objects().risk().max(Risk::Power)
    }

    fn problem(&self) -> Option<Problem> {
        self.objects().problem()
    }
}
