//! What a plugin says about itself. Serialised as the descriptor in a package's signed metadata.

use aegis_document::Identifier;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fact::Format;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Provisioning,
    Security,
    Gitops,
    Validation,
}

impl Kind {
    pub const ALL: [Self; 4] = [
        Self::Provisioning,
        Self::Security,
        Self::Gitops,
        Self::Validation,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Security => "security",
            Self::Gitops => "gitops",
            Self::Validation => "validation",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    Stack,
    Cluster,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Descriptor {
    pub name: Identifier,
    pub version: semver::Version,
    pub kind: Kind,
    pub stage_types: Vec<StageType>,
}

impl Descriptor {
    pub fn stage_type(&self, name: &str) -> Option<&StageType> {
        self.stage_types
            .iter()
            .find(|stage_type| stage_type.name == *name)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StageType {
    pub name: Identifier,
    pub title: String,
    pub scope: Scope,
    pub config_version: u32,
    /// JSON Schema, draft 2020-12, with local references only.
    pub config_schema: Value,
    /// Pointers into the stack's settings.
    pub settings: Vec<String>,
    pub requires: Vec<FactRequirement>,
    pub provides: Vec<FactOffer>,
    pub conflicts: Vec<Identifier>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactMode {
    Opaque,
    Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactReach {
    OwnCluster,
    Stack,
    EachCluster,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FactRequirement {
    pub name: Identifier,
    pub format: Format,
    /// Major version of the fact's meaning.
    pub schema: u32,
    pub mode: FactMode,
    pub reach: FactReach,
    pub optional: bool,
    pub secret: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FactOffer {
    pub name: Identifier,
    pub format: Format,
    pub schema: u32,
    pub secret: bool,
}
