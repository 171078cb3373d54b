//! Names of the things that plans and state speak of.

use std::fmt;
use std::str::FromStr;

use aegis_document::{Identifier, IdentifierError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::proposal::ObjectRef;

/// A stage in a place: `use1/network`, or `foundation` for a stage of the stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId {
    /// `None` for a stage that runs once for the stack.
    pub cluster: Option<Identifier>,
    pub stage: Identifier,
}

/// Why a text is not an instance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an instance is named `stage` or `cluster/stage`: {0}")]
pub struct InstanceIdError(#[from] IdentifierError);

impl InstanceId {
    pub fn new(cluster: Option<Identifier>, stage: Identifier) -> Self {
        Self { cluster, stage }
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cluster {
            Some(cluster) => write!(f, "{cluster}/{}", self.stage),
            None => write!(f, "{}", self.stage),
        }
    }
}

impl FromStr for InstanceId {
    type Err = InstanceIdError;

    fn from_str(text: &str) -> Result<Self, InstanceIdError> {
        Ok(match text.split_once('/') {
            Some((cluster, stage)) => {
                Self::new(Some(Identifier::new(cluster)?), Identifier::new(stage)?)
            }
            None => Self::new(None, Identifier::new(text)?),
        })
    }
}

/// What a change changes: one identity has one owner, in the plan and in state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// `terraform/ROOT`
    Terraform { root: Identifier },
    /// `kops/CLUSTER`
    KopsCluster { cluster: Identifier },
    /// `kops/CLUSTER/GROUP`
    KopsInstanceGroup {
        cluster: Identifier,
        group: Identifier,
    },
    /// `kubernetes/CLUSTER/GROUP/KIND/NAMESPACE/NAME`; `core` for the core group, `-` for no namespace
    Kubernetes {
        cluster: Identifier,
        object: ObjectRef,
    },
    /// `release/CLUSTER/NAMESPACE/NAME`
    Release {
        cluster: Identifier,
        namespace: String,
        name: String,
    },
    /// `application/CLUSTER/NAME`, the cluster whose Argo CD runs it
    Application { cluster: Identifier, name: String },
    /// `workflow/FILE`
    Workflow { file: Identifier },
    /// `file/PATH`
    File { path: String },
    /// `tool/ADAPTER/CHANGE` or `tool/ADAPTER/CHANGE@CLUSTER`
    Tool {
        cluster: Option<Identifier>,
        adapter: Identifier,
        change: Identifier,
    },
}

/// Why a text is not an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an identity")]
pub struct IdentityError(String);

impl Identity {
    /// The cluster that the identity lies in.
    pub fn cluster(&self) -> Option<&Identifier> {
        match self {
            Self::KopsCluster { cluster }
            | Self::KopsInstanceGroup { cluster, .. }
            | Self::Kubernetes { cluster, .. }
            | Self::Release { cluster, .. }
            | Self::Application { cluster, .. } => Some(cluster),
            Self::Tool { cluster, .. } => cluster.as_ref(),
            Self::Terraform { .. } | Self::Workflow { .. } | Self::File { .. } => None,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terraform { root } => write!(f, "terraform/{root}"),
            Self::KopsCluster { cluster } => write!(f, "kops/{cluster}"),
            Self::KopsInstanceGroup { cluster, group } => write!(f, "kops/{cluster}/{group}"),
            Self::Kubernetes { cluster, object } => {
                let group = if object.group.is_empty() {
                    "core"
                } else {
                    &object.group
                };
                let namespace = object.namespace.as_deref().unwrap_or("-");
                write!(
                    f,
                    "kubernetes/{cluster}/{group}/{}/{namespace}/{}",
                    object.kind, object.name
                )
            }
            Self::Release {
                cluster,
                namespace,
                name,
            } => write!(f, "release/{cluster}/{namespace}/{name}"),
            Self::Application { cluster, name } => write!(f, "application/{cluster}/{name}"),
            Self::Workflow { file } => write!(f, "workflow/{file}"),
            Self::File { path } => write!(f, "file/{path}"),
            Self::Tool {
                cluster: None,
                adapter,
                change,
            } => write!(f, "tool/{adapter}/{change}"),
            Self::Tool {
                cluster: Some(cluster),
                adapter,
                change,
            } => {
                write!(f, "tool/{adapter}/{change}@{cluster}")
            }
        }
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        Self::parse(text).ok_or_else(|| IdentityError(aegis_document::untrusted(text).to_string()))
    }
}

impl Identity {
    fn parse(text: &str) -> Option<Self> {
        let name = |text: &str| Identifier::new(text).ok();
        let (driver, rest) = text.split_once('/')?;
        let parts: Vec<&str> = rest.split('/').collect();
        Some(match (driver, parts.as_slice()) {
            ("terraform", [root]) => Self::Terraform { root: name(root)? },
            ("kops", [cluster]) => Self::KopsCluster {
                cluster: name(cluster)?,
            },
            ("kops", [cluster, group]) => Self::KopsInstanceGroup {
                cluster: name(cluster)?,
                group: name(group)?,
            },
            ("kubernetes", [cluster, group, kind, namespace, object]) => Self::Kubernetes {
                cluster: name(cluster)?,
                object: ObjectRef {
                    group: if *group == "core" {
                        String::new()
                    } else {
                        plain(group)?
                    },
                    kind: plain(kind)?,
                    namespace: if *namespace == "-" {
                        None
                    } else {
                        Some(plain(namespace)?)
                    },
                    name: plain(object)?,
                },
            },
            ("release", [cluster, namespace, release]) => Self::Release {
                cluster: name(cluster)?,
                namespace: plain(namespace)?,
                name: plain(release)?,
            },
            ("application", [cluster, application]) => Self::Application {
                cluster: name(cluster)?,
                name: plain(application)?,
            },
            ("workflow", [file]) => Self::Workflow { file: name(file)? },
            ("file", [_, ..]) if !rest.is_empty() => Self::File {
                path: rest.to_owned(),
            },
            ("tool", [adapter, change]) => {
                let (change, cluster) = match change.split_once('@') {
                    Some((change, cluster)) => (change, Some(name(cluster)?)),
                    None => (*change, None),
                };
                Self::Tool {
                    cluster,
                    adapter: name(adapter)?,
                    change: name(change)?,
                }
            }
            _ => return None,
        })
    }
}

/// A part of an object's identity: what Kubernetes allows in names (RFC 1123, and `:` in RBAC names).
fn plain(text: &str) -> Option<String> {
    let fits = !text.is_empty()
        && text.len() <= 253
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.:_".contains(&b));
    fits.then(|| text.to_owned())
}

macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

serde_as_text!(InstanceId, Identity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_read_back_as_they_are_printed() {
        for text in [
            "terraform/network-use1",
            "kops/use1",
            "kops/use1/nodes",
            "kubernetes/use1/core/Namespace/-/istio-system",
            "kubernetes/use1/rbac.authorization.k8s.io/Role/a/system:b",
            "release/use1/cert-manager/cert-manager",
            "application/use1/apps",
            "workflow/deploy",
            "file/docs/README.md",
            "tool/dns/records",
            "tool/dns/records@use1",
        ] {
            assert_eq!(text.parse::<Identity>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_not_identities() {
        for text in [
            "",
            "terraform",
            "terraform/",
            "terraform/a/b",
            "kubernetes/a/b/c/d",
            "kops/A",
            "nothing/a",
            "file/",
        ] {
            assert!(text.parse::<Identity>().is_err(), "{text}");
        }
    }

    #[test]
    fn instances_read_back_as_they_are_printed() {
        for text in ["foundation", "use1/network"] {
            assert_eq!(text.parse::<InstanceId>().unwrap().to_string(), text);
        }
        assert!("a/b/c".parse::<InstanceId>().is_err());
    }
}
