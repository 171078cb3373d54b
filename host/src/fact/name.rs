//! How a fact is named.

use std::fmt;
use std::str::FromStr;

use aegis_document::{Identifier, IdentifierError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A fact of a cluster, `use1/network.vpc-id`, or of the stack, `state.bucket`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactRef {
    /// The cluster whose fact it is; `None` for a fact of the stack.
    pub cluster: Option<Identifier>,
    /// Dotted name.
    pub name: Identifier,
}

/// Why a text does not name a fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fact is named `name` or `cluster/name`: {0}")]
pub struct FactRefError(#[from] IdentifierError);

impl FactRef {
    /// A fact of a cluster, or of the stack.
    pub fn new(cluster: Option<Identifier>, name: Identifier) -> Self {
        Self { cluster, name }
    }
}

impl fmt::Display for FactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cluster {
            Some(cluster) => write!(f, "{cluster}/{}", self.name),
            None => write!(f, "{}", self.name),
        }
    }
}

impl FromStr for FactRef {
    type Err = FactRefError;

    fn from_str(text: &str) -> Result<Self, FactRefError> {
        Ok(match text.split_once('/') {
            Some((cluster, name)) => Self {
                cluster: Some(Identifier::new(cluster)?),
                name: Identifier::new(name)?,
            },
            None => Self {
                cluster: None,
                name: Identifier::new(text)?,
            },
        })
    }
}

impl Serialize for FactRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FactRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
