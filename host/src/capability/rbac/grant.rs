//! Lines that say what roles may allow and who may have them.

use aegis_document::untrusted;
use serde::{Deserialize, Serialize};

use super::request::{RbacNeed, RoleKind, Subject};
use crate::capability::cluster::{ObjectScope, is_empty};
use crate::capability::grant::{Grant, Problem};
use crate::capability::sorted::{Clusters, Patterns, Sorted};
use crate::capability::{Reach, Request, Risk, words};

/// `rbac`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RbacGrant {
    pub clusters: Clusters,
    /// Where the rights hold. Empty when `scope` is `cluster`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub namespaces: Patterns,
    /// `cluster` for rights in the whole cluster.
    #[serde(default)]
    pub scope: ObjectScope,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub rules: Sorted<RuleGrant>,
    /// Roles besides the stage's own that it may bind.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub roles: Sorted<RoleGrant>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub subjects: Sorted<SubjectGrant>,
    /// Exact roles that may hold wildcards, which nobody can judge.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub unchecked_roles: Sorted<RoleGrant>,
}

/// Rights: each verb on each resource of each group. All exact, no wildcards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleGrant {
    pub verbs: Sorted<String>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub groups: Sorted<String>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub resources: Sorted<String>,
    /// Only objects of these names; of any name when empty.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub names: Sorted<String>,
    /// Paths of the API server that are no resources.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub paths: Sorted<String>,
}

/// One role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RoleGrant {
    pub kind: RoleKind,
    pub name: String,
}

/// Who may be given roles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SubjectGrant {
    /// The service accounts of some namespaces.
    ServiceAccounts { namespaces: Patterns },
    /// One group of people.
    Group(String),
}

impl RuleGrant {
    fn covers(&self, verb: &str, group: &str, resource: &str, name: Option<&str>) -> bool {
        let has = |items: &Sorted<String>, wanted: &str| items.iter().any(|item| item == wanted);
        let named = self.names.is_empty() || name.is_some_and(|name| has(&self.names, name));
        has(&self.verbs, verb)
            && has(&self.groups, group)
            && has(&self.resources, resource)
            && named
    }
}

impl Grant for RbacGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Rbac(request) = request else {
            return false;
        };
        let place = match (self.scope, &request.namespace) {
            (ObjectScope::Namespaced, Some(namespace)) => self.namespaces.matches(namespace),
            // A right in the whole cluster is also one in each of its namespaces.
            (ObjectScope::Cluster, _) => true,
            (ObjectScope::Namespaced, None) => false,
        };
        let role = |roles: &[RoleGrant], kind: RoleKind, name: &str| {
            roles
                .iter()
                .any(|granted| granted.kind == kind && granted.name == name)
        };
        let need = match &request.need {
            RbacNeed::Rule {
                verb,
                group,
                resource,
                name,
            } => self
                .rules
                .iter()
                .any(|rule| rule.covers(verb, group, resource, name.as_deref())),
            RbacNeed::Path { verb, path } => self
                .rules
                .iter()
                .any(|rule| rule.verbs.contains(verb) && rule.paths.contains(path)),
            RbacNeed::Wildcard { kind, role: name } => role(&self.unchecked_roles, *kind, name),
            RbacNeed::Bind { kind, role: name } => role(&self.roles, *kind, name),
            RbacNeed::Subject(subject) => {
                self.subjects
                    .iter()
                    .any(|granted| match (granted, subject) {
                        (
                            SubjectGrant::ServiceAccounts { namespaces },
                            Subject::ServiceAccount { namespace, .. },
                        ) => namespaces.matches(namespace),
                        (SubjectGrant::Group(granted), Subject::Group(group)) => granted == group,
                        _ => false,
                    })
            }
        };
        need && place && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        let mut parts: Vec<String> = self.rules.iter().map(describe_rule).collect();
        let roles = |roles: &[RoleGrant]| {
            words::list(
                roles
                    .iter()
                    .map(|role| format!("{} {}", role.kind.name(), untrusted(&role.name))),
            )
        };
        if !self.unchecked_roles.is_empty() {
            parts.push(format!(
                "make UNCHECKED roles with wildcards: {}",
                roles(&self.unchecked_roles)
            ));
        }
        if !self.roles.is_empty() {
            parts.push(format!("give away {}", roles(&self.roles)));
        }
        if !self.subjects.is_empty() {
            let subjects = self.subjects.iter().map(|subject| match subject {
                SubjectGrant::ServiceAccounts { namespaces } => {
                    format!("service accounts{}", words::namespaces(namespaces))
                }
                SubjectGrant::Group(group) => format!("group {}", untrusted(group)),
            });
            parts.push(format!("give roles to {}", words::list(subjects)));
        }
        let place = match self.scope {
            ObjectScope::Cluster => " in all namespaces".to_owned(),
            ObjectScope::Namespaced => words::namespaces(&self.namespaces),
        };
        format!(
            "{}{place}{}",
            parts.join("; "),
            words::clusters(&self.clusters)
        )
    }

    fn risk(&self) -> Risk {
        if !self.unchecked_roles.is_empty() {
            return Risk::Opaque;
        }
        let deputy = !self.roles.is_empty() || self.rules.iter().any(rule_is_deputy);
        if deputy { Risk::Deputy } else { Risk::Power }
    }

    fn problem(&self) -> Option<Problem> {
        let star = |items: &Sorted<String>| items.iter().any(|item| item.contains('*'));
        let wild = |rule: &RuleGrant| {
            [
                &rule.verbs,
                &rule.groups,
                &rule.resources,
                &rule.names,
                &rule.paths,
            ]
            .into_iter()
            .any(star)
        };
        if self.rules.iter().any(wild) {
            return Some(Problem {
                pointer: "/rules",
                message: "rights have no wildcards; a role that needs one is named in `unchecked-roles`",
            });
        }
        let message = match (self.scope, self.namespaces.is_empty()) {
            (ObjectScope::Cluster, false) => "rights of scope `cluster` hold in every namespace",
            (ObjectScope::Namespaced, true) => {
                "the namespaces are missing; rights in all need `scope: cluster`"
            }
            _ => return None,
        };
        Some(Problem {
            pointer: "/namespaces",
            message,
        })
    }
}

fn rule_is_deputy(rule: &RuleGrant) -> bool {
    rule.verbs
        .iter()
        .any(|verb| super::request::is_deputy_verb(verb))
        || rule
            .resources
            .iter()
            .any(|resource| super::request::is_deputy_resource(resource))
}

fn describe_rule(rule: &RuleGrant) -> String {
    let texts = |items: &Sorted<String>| words::list(items.iter().map(|item| untrusted(item)));
    let verbs = texts(&rule.verbs);
    let mut parts = Vec::new();
    if !rule.resources.is_empty() {
        let groups = rule.groups.iter().map(|group| {
            if group.is_empty() {
                "core"
            } else {
                group.as_str()
            }
        });
        let groups = words::list(groups.map(untrusted));
        let named = if rule.names.is_empty() {
            String::new()
        } else {
            format!(" named {}", texts(&rule.names))
        };
        parts.push(format!("{} of {groups}{named}", texts(&rule.resources)));
    }
    if !rule.paths.is_empty() {
        parts.push(format!("the paths {}", texts(&rule.paths)));
    }
    format!("let others {verbs} {}", words::list(parts))
}
