//! Who may look at, change or refuse what others send to the API server.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::cluster::is_empty;
use super::grant::{Grant, Problem};
use super::sorted::{Clusters, Patterns, Sorted};
use super::{Pattern, Reach, Request, Risk, words};

/// `intercept`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InterceptGrant {
    pub clusters: Clusters,
    /// What is intercepted, as `resource` (core group), `resource.group` or, for a group that is not
    /// one of Kubernetes' own, `*.group`.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub resources: Sorted<String>,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub operations: Sorted<Operation>,
    /// Namespaces of the Services that are asked.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub namespaces: Patterns,
    /// API groups in which kinds may be defined.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub definitions: Patterns,
}

/// What is intercepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Operation {
    Create,
    Update,
    Delete,
    Connect,
}

impl Operation {
    /// Every operation: what `*` stands for.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::Connect];

    /// The name in a webhook's rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// One way to intercept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterceptRequest {
    pub cluster: Identifier,
    pub what: Interception,
}

/// What is intercepted or defined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interception {
    /// An operation on a resource (`*` for all of a group), asked of a Service in `namespace`, or judged
    /// by the API server itself.
    Admission {
        operation: Operation,
        group: String,
        resource: String,
        namespace: Option<String>,
    },
    /// A kind of some API group.
    Definition { group: String },
    /// Conversion of a kind by a Service in a namespace.
    Conversion { group: String, namespace: String },
}

impl InterceptRequest {
    pub const fn risk(&self) -> Risk {
        Risk::Power
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

fn qualified(resource: &str, group: &str) -> String {
    if group.is_empty() {
        resource.to_owned()
    } else {
        format!("{resource}.{group}")
    }
}

impl fmt::Display for InterceptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            Interception::Admission {
                operation,
                group,
                resource,
                namespace,
            } => {
                let resource = qualified(resource, group);
                write!(
                    f,
                    "intercept {} of {}",
                    operation.name(),
                    untrusted(&resource)
                )?;
                if let Some(namespace) = namespace {
                    write!(f, " with a Service of namespace {}", untrusted(namespace))?;
                }
            }
            Interception::Definition { group } => {
                write!(f, "define a kind of group {}", untrusted(group))?
            }
            Interception::Conversion { group, namespace } => write!(
                f,
                "convert objects of group {} with a Service of namespace {}",
                untrusted(group),
                untrusted(namespace)
            )?,
        }
        write!(f, " of cluster {}", self.cluster)
    }
}

impl Grant for InterceptGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Intercept(request) = request else {
            return false;
        };
        let risk = request.risk();
        let what = match &request.what {
            Interception::Admission {
                operation,
                group,
                resource,
                namespace,
            } => {
                let all = (!group.is_empty()).then(|| format!("*.{group}"));
                let one = qualified(resource, group);
                self.resources
                    .iter()
                    .any(|named| *named == one || Some(named) == all.as_ref())
                    && self.operations.contains(operation)
                    && namespace
                        .as_deref()
                        .is_none_or(|namespace| self.namespaces.covers(namespace, risk))
            }
            Interception::Definition { group } => self.definitions.covers(group, risk),
            Interception::Conversion { group, namespace } => {
                self.definitions.covers(group, risk) && self.namespaces.covers(namespace, risk)
            }
        };
        what && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        let mut parts = Vec::new();
        if !self.resources.is_empty() {
            let operations = words::list(self.operations.iter().map(|operation| operation.name()));
            let services = if self.namespaces.is_empty() {
                String::new()
            } else {
                format!(
                    " with Services of namespaces {}",
                    words::list(self.namespaces.iter())
                )
            };
            parts.push(format!(
                "intercept {operations} of {}{services}",
                words::list(self.resources.iter().map(|resource| untrusted(resource)))
            ));
        }
        if !self.definitions.is_empty() {
            parts.push(format!(
                "define kinds of the groups {}",
                words::list(self.definitions.iter())
            ));
        }
        format!("{}{}", words::list(parts), words::clusters(&self.clusters))
    }

    fn risk(&self) -> Risk {
        Risk::Power
    }

    fn problem(&self) -> Option<Problem> {
        let wild = |named: &String| {
            named.strip_prefix("*.").unwrap_or(named).contains('*') || named.is_empty()
        };
        if self.definitions.iter().any(Pattern::is_wildcard) {
            return Some(Problem {
                pointer: "/definitions",
                message: "groups have to be exact",
            });
        }
        self.resources.iter().any(wild).then_some(Problem {
            pointer: "/resources",
            message: "resources have to be exact; `*.GROUP` is all of one group",
        })
    }
}
