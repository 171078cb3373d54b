//! One right that a role gives, or one gift of a role.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use crate::capability::Risk;

/// Something about roles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RbacRequest {
    pub cluster: Identifier,
    /// Where it holds; `None` for the whole cluster.
    pub namespace: Option<String>,
    pub need: RbacNeed,
}

/// What is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RbacNeed {
    /// One verb on one resource of one group. Never a wildcard.
    Rule {
        verb: String,
        group: String,
        resource: String,
        name: Option<String>,
    },
    /// One verb on a path of the API server that is no resource.
    Path { verb: String, path: String },
    /// A role of this name with a wildcard in its rules: nobody can say what it allows.
    Wildcard { kind: RoleKind, role: String },
    /// Binding a role that the stage does not itself propose.
    Bind { kind: RoleKind, role: String },
    /// Giving any role to somebody.
    Subject(Subject),
}

/// The two kinds of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RoleKind {
    Role,
    ClusterRole,
}

impl RoleKind {
    /// The kind's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::ClusterRole => "ClusterRole",
        }
    }
}

/// Who gets a role. Users are never given one: the API server cannot tell who calls himself what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    ServiceAccount { namespace: String, name: String },
    Group(String),
}

/// Verbs that give more than they say: rights that one does not have, other identities.
const DEPUTY_VERBS: &[&str] = &["escalate", "bind", "impersonate"];
/// Resources that lead to other identities or around admission.
const DEPUTY_RESOURCES: &[&str] = &[
    "serviceaccounts/token",
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/proxy",
    "pods/ephemeralcontainers",
    "services/proxy",
    "nodes/proxy",
    "certificatesigningrequests/approval",
    "signers",
    "users",
    "groups",
    "uids",
];

pub(super) fn is_deputy_verb(verb: &str) -> bool {
    DEPUTY_VERBS.contains(&verb)
}

pub(super) fn is_deputy_resource(resource: &str) -> bool {
    DEPUTY_RESOURCES.contains(&resource)
}

impl RbacRequest {
    pub fn risk(&self) -> Risk {
        match &self.need {
            RbacNeed::Wildcard { .. } => Risk::Opaque,
            RbacNeed::Bind { .. } => Risk::Deputy,
            RbacNeed::Rule { verb, resource, .. }
                if is_deputy_verb(verb) || is_deputy_resource(resource) =>
            {
                Risk::Deputy
            }
            _ => Risk::Power,
        }
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

impl fmt::Display for RbacRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.need {
            RbacNeed::Rule {
                verb,
                group,
                resource,
                name,
            } => {
                write!(
                    f,
                    "allow somebody to {} {}",
                    untrusted(verb),
                    untrusted(resource)
                )?;
                if !group.is_empty() {
                    write!(f, ".{}", untrusted(group))?;
                }
                if let Some(name) = name {
                    write!(f, " named {}", untrusted(name))?;
                }
            }
            RbacNeed::Path { verb, path } => write!(
                f,
                "allow somebody to {} {}",
                untrusted(verb),
                untrusted(path)
            )?,
            RbacNeed::Wildcard { kind, role } => {
                write!(
                    f,
                    "allow somebody EVERYTHING of some sort through {} {}",
                    kind.name(),
                    untrusted(role)
                )?;
            }
            RbacNeed::Bind { kind, role } => {
                write!(f, "give away the {} {}", kind.name(), untrusted(role))?
            }
            RbacNeed::Subject(Subject::ServiceAccount { namespace, name }) => {
                write!(
                    f,
                    "give a role to service account {}/{}",
                    untrusted(namespace),
                    untrusted(name)
                )?;
            }
            RbacNeed::Subject(Subject::Group(name)) => {
                write!(f, "give a role to group {}", untrusted(name))?
            }
        }
        match &self.namespace {
            Some(namespace) => write!(
                f,
                " in namespace {} of cluster {}",
                untrusted(namespace),
                self.cluster
            ),
            None => write!(f, " in all of cluster {}", self.cluster),
        }
    }
}
