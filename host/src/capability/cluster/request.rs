//! One thing that is done to objects of a cluster.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use crate::capability::Risk;
use crate::capability::kinds;
use crate::proposal::{Collection, ObjectRef};

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Get or list.
    Read,
    /// Create, or update what the stage created.
    Apply,
    /// Take over an object that exists and is not the stage's.
    Adopt,
    /// Delete what the stage itself created and no longer proposes.
    Prune,
    /// Delete somebody else's object.
    Delete,
    /// Send it as a server-side dry run, to see whether it is admitted.
    DryRun,
}

/// Whether objects of a kind live in a namespace.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectScope {
    #[default]
    Namespaced,
    Cluster,
}

/// A request for objects of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterRequest {
    pub cluster: Identifier,
    pub verb: Verb,
    pub collection: Collection,
    /// `None` for a kind without a namespace, and for a list over all namespaces.
    pub namespace: Option<String>,
    /// `None` for a list.
    pub name: Option<String>,
    /// `None` where nobody knows: only a read may be without it.
    pub scope: Option<ObjectScope>,
    pub risk: Risk,
}

impl ClusterRequest {
    /// A get (with a name) or a list (without).
    pub fn read(
        cluster: Identifier,
        collection: Collection,
        namespace: Option<String>,
        name: Option<String>,
    ) -> Self {
        let scope =
            kinds::scope_of(&collection).or(namespace.as_ref().map(|_| ObjectScope::Namespaced));
        Self {
            cluster,
            verb: Verb::Read,
            risk: kinds::read_risk(&collection),
            collection,
            namespace,
            name,
            scope,
        }
    }

    /// Something that is done to one object.
    pub fn write(
        cluster: Identifier,
        verb: Verb,
        object: &ObjectRef,
        scope: ObjectScope,
        risk: Risk,
    ) -> Self {
        Self {
            cluster,
            verb,
            collection: Collection {
                group: object.group.clone(),
                kind: object.kind.clone(),
            },
            namespace: object.namespace.clone(),
            name: Some(object.name.clone()),
            scope: Some(scope),
            risk,
        }
    }
}

impl fmt::Display for ClusterRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.verb {
            Verb::Read if self.name.is_none() => "list ",
            Verb::Read => "read ",
            Verb::Apply => "apply ",
            Verb::Adopt => "take over the existing ",
            Verb::Prune => "prune ",
            Verb::Delete => "delete ",
            Verb::DryRun => "dry-run ",
        })?;
        f.write_str(self.risk_note())?;
        write!(f, "{}", untrusted(&self.collection.kind))?;
        if !self.collection.group.is_empty() {
            write!(f, ".{}", untrusted(&self.collection.group))?;
        }
        if let Some(name) = &self.name {
            write!(f, " {}", untrusted(name))?;
        }
        match (&self.namespace, self.scope) {
            (Some(namespace), _) => write!(f, " in namespace {}", untrusted(namespace))?,
            (None, Some(ObjectScope::Cluster)) => {}
            (None, _) => f.write_str(" in all namespaces")?,
        }
        write!(f, " of cluster {}", self.cluster)
    }
}

impl ClusterRequest {
    pub const fn risk(&self) -> Risk {
        self.risk
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }

    fn risk_note(&self) -> &'static str {
        if self.risk == Risk::Opaque {
            "(unchecked) "
        } else {
            ""
        }
    }
}
