//! Where secret facts may go. A grant is a flow, not a name: this secret into that place.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::sorted::{Clusters, Patterns};
use super::{Reach, Request, Risk, words};
use crate::fact::FactRef;

/// `secret`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SecretGrant {
    /// The fact's exact name.
    pub fact: Identifier,
    pub into: SinkGrant,
}

/// The closed list of places for secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SinkGrant {
    /// A whole value of a Kubernetes Secret.
    KubernetesSecret {
        clusters: Clusters,
        namespace: String,
        names: Patterns,
        keys: Patterns,
    },
    /// The kOps secret store.
    KopsStore { clusters: Clusters, name: String },
    /// Standard input of an operator's adapter.
    ToolStdin { adapter: Identifier },
}

/// One place where a secret goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSink {
    KubernetesSecret {
        cluster: Identifier,
        namespace: String,
        name: String,
        key: String,
    },
    KopsStore {
        cluster: Identifier,
        name: String,
    },
    ToolStdin {
        adapter: Identifier,
    },
}

/// One flow of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretRequest {
    pub fact: FactRef,
    pub sink: SecretSink,
}

impl SecretRequest {
    pub const fn risk(&self) -> Risk {
        Risk::Power
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        match &self.sink {
            SecretSink::KubernetesSecret { cluster, .. }
            | SecretSink::KopsStore { cluster, .. } => Some(cluster),
            SecretSink::ToolStdin { .. } => None,
        }
    }
}

impl fmt::Display for SecretRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "put the secret fact {} into ", self.fact)?;
        match &self.sink {
            SecretSink::KubernetesSecret {
                cluster,
                namespace,
                name,
                key,
            } => write!(
                f,
                "key {} of Secret {}/{} of cluster {cluster}",
                untrusted(key),
                untrusted(namespace),
                untrusted(name)
            ),
            SecretSink::KopsStore { cluster, name } => {
                write!(
                    f,
                    "the kOps secret {} of cluster {cluster}",
                    untrusted(name)
                )
            }
            SecretSink::ToolStdin { adapter } => write!(f, "the input of tool {adapter}"),
        }
    }
}

impl Grant for SecretGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Secret(request) = request else {
            return false;
        };
        let place = match (&self.into, &request.sink) {
            (
                SinkGrant::KubernetesSecret {
                    clusters,
                    namespace,
                    names,
                    keys,
                },
                SecretSink::KubernetesSecret {
                    cluster,
                    namespace: into,
                    name,
                    key,
                },
            ) => {
                clusters.covers(cluster, reach)
                    && namespace == into
                    && names.matches(name)
                    && keys.matches(key)
            }
            (
                SinkGrant::KopsStore { clusters, name },
                SecretSink::KopsStore {
                    cluster,
                    name: into,
                },
            ) => clusters.covers(cluster, reach) && name == into,
            (SinkGrant::ToolStdin { adapter }, SecretSink::ToolStdin { adapter: into }) => {
                adapter == into
            }
            _ => false,
        };
        place && self.fact == request.fact.name
    }

    fn describe(&self) -> String {
        let place = match &self.into {
            SinkGrant::KubernetesSecret {
                clusters,
                namespace,
                names,
                keys,
            } => format!(
                "{} of Secrets {} in namespace {}{}",
                if keys.is_everything() {
                    "any key".to_owned()
                } else {
                    format!("keys {}", words::list(keys.iter()))
                },
                if names.is_everything() {
                    "of any name".to_owned()
                } else {
                    words::list(names.iter())
                },
                untrusted(namespace),
                words::clusters(clusters)
            ),
            SinkGrant::KopsStore { clusters, name } => {
                format!(
                    "the kOps secret {}{}",
                    untrusted(name),
                    words::clusters(clusters)
                )
            }
            SinkGrant::ToolStdin { adapter } => format!("the input of tool {adapter}"),
        };
        format!("put the secret fact {} into {place}", self.fact)
    }

    fn risk(&self) -> Risk {
        Risk::Power
    }
}
