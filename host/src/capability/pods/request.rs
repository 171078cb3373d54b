//! One thing that a Pod uses.

use std::fmt;

use aegis_document::{Identifier, untrusted};

use super::image::Image;
use super::level::Level;
use crate::capability::Risk;
use crate::fact::FactRef;

/// A Pod, or a template of Pods, in a namespace uses something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodsRequest {
    pub cluster: Identifier,
    pub namespace: String,
    pub need: PodNeed,
}

/// What it uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodNeed {
    /// To be no more restricted than this.
    Level(Level),
    Image(Image),
    ServiceAccount(String),
    Secret(String),
    ConfigMap(String),
    /// A PersistentVolumeClaim.
    Claim(String),
    /// A token for an audience other than the API server.
    Audience(String),
    /// To run on one node, around the scheduler.
    Node(String),
    Scheduler(String),
    RuntimeClass(String),
    /// A priority class; those that start with `system-` push others out.
    Priority(String),
    /// To run on control-plane nodes.
    ControlPlane,
    /// To resolve host names as it likes.
    HostAliases,
    /// That a service account of the namespace has an AWS role.
    Role {
        service_account: String,
        role: RoleSource,
    },
}

/// How an AWS role is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleSource {
    Arn(String),
    /// A fact of the stack: the stage that provides it made the role.
    Fact(FactRef),
}

impl fmt::Display for RoleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => write!(f, "{}", untrusted(arn)),
            Self::Fact(fact) => write!(f, "of the fact {fact}"),
        }
    }
}

impl PodsRequest {
    /// The class of what is used. An image without a digest is whatever its registry says today.
    pub fn risk(&self) -> Risk {
        match &self.need {
            PodNeed::Level(Level::Restricted) | PodNeed::ConfigMap(_) | PodNeed::Claim(_) => {
                Risk::Plain
            }
            PodNeed::Role {
                role: RoleSource::Fact(_),
                ..
            } => Risk::Plain,
            PodNeed::Image(image) if image.is_pinned() => Risk::Plain,
            PodNeed::Image(_) => Risk::Code,
            PodNeed::Priority(class) if !class.starts_with("system-") => Risk::Plain,
            PodNeed::ServiceAccount(_) | PodNeed::Audience(_) => Risk::Deputy,
            _ => Risk::Power,
        }
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

impl fmt::Display for PodsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.need {
            PodNeed::Level(level) => write!(f, "run Pods of security level {level}")?,
            PodNeed::Image(image) if image.is_pinned() => write!(f, "run the image {image}")?,
            PodNeed::Image(image) => write!(f, "run the image {image}, which has no digest,")?,
            PodNeed::ServiceAccount(name) => {
                write!(f, "run as service account {}", untrusted(name))?
            }
            PodNeed::Secret(name) => write!(f, "let Pods use Secret {}", untrusted(name))?,
            PodNeed::ConfigMap(name) => write!(f, "let Pods use ConfigMap {}", untrusted(name))?,
            PodNeed::Claim(name) => write!(f, "let Pods use volume claim {}", untrusted(name))?,
            PodNeed::Audience(audience) => {
                write!(f, "give Pods tokens for audience {}", untrusted(audience))?
            }
            PodNeed::Node(name) => write!(f, "run on node {}", untrusted(name))?,
            PodNeed::Scheduler(name) => write!(f, "use the scheduler {}", untrusted(name))?,
            PodNeed::RuntimeClass(name) => write!(f, "use the runtime class {}", untrusted(name))?,
            PodNeed::Priority(name) => write!(f, "use the priority class {}", untrusted(name))?,
            PodNeed::ControlPlane => f.write_str("run on control-plane nodes")?,
            PodNeed::HostAliases => f.write_str("give Pods host names of their own")?,
            PodNeed::Role {
                service_account,
                role,
            } => {
                write!(
                    f,
                    "give service account {} the AWS role {role}",
                    untrusted(service_account)
                )?;
            }
        }
        write!(
            f,
            " in namespace {} of cluster {}",
            untrusted(&self.namespace),
            self.cluster
        )
    }
}
