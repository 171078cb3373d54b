//! What a Terraform root implies, one thing at a time.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use crate::capability::Risk;
use crate::capability::iam::Allow;

/// One thing that a root implies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TerraformRequest {
    /// A provider with the version constraint of the root.
    Provider { source: String, version: String },
    /// The region that the root's provider works in.
    Region { region: String },
    /// How many resources the root has.
    Count { resources: u32 },
    /// A resource type.
    Resource { kind: String, risk: Risk },
    /// A resource type that the host has no table for.
    Unchecked { kind: String },
    /// A data source.
    Data { kind: String },
    /// A literal that identifies infrastructure of somebody else.
    Target {
        kind: String,
        attribute: String,
        /// The literal; tokens in it are placeholders.
        value: String,
        risk: Risk,
    },
    /// A permission of an IAM policy.
    Iam {
        kind: String,
        attribute: String,
        allow: Allow,
    },
    /// An attribute that can do more than the type says.
    Attribute {
        kind: String,
        attribute: String,
        class: AttributeClass,
    },
    /// What Terraform's own plan would do with resources of a type.
    Action {
        kind: String,
        action: TerraformAction,
    },
}

/// What an attribute can do beyond what its type says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeClass {
    /// Opens, destroys or leaves unprotected.
    Power,
    /// Text that something else runs.
    Code,
    /// Makes a more powerful party act.
    Deputy,
}

/// What Terraform does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerraformAction {
    Create,
    Update,
    Replace,
    Delete,
}

impl AttributeClass {
    pub const fn risk(self) -> Risk {
        match self {
            Self::Power => Risk::Power,
            Self::Code => Risk::Code,
            Self::Deputy => Risk::Deputy,
        }
    }
}

impl TerraformAction {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
        }
    }

    /// Power for what loses something.
    pub const fn risk(self) -> Risk {
        match self {
            Self::Create | Self::Update => Risk::Plain,
            Self::Replace | Self::Delete => Risk::Power,
        }
    }
}

impl fmt::Display for TerraformAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl TerraformRequest {
    /// The class of the request.
    pub fn risk(&self) -> Risk {
        match self {
            Self::Provider { .. }
            | Self::Region { .. }
            | Self::Count { .. }
            | Self::Data { .. } => Risk::Plain,
            Self::Resource { risk, .. } | Self::Target { risk, .. } => *risk,
            Self::Unchecked { .. } => Risk::Opaque,
            Self::Iam { allow, .. } => allow.risk(),
            Self::Attribute { class, .. } => class.risk(),
            Self::Action { action, .. } => action.risk(),
        }
    }

    /// A root changes the cloud account and no cluster.
    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for TerraformRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider { source, version } => {
                write!(
                    f,
                    "use the Terraform provider {} {}",
                    untrusted(source),
                    untrusted(version)
                )
            }
            Self::Region { region } => write!(f, "work in the region {}", untrusted(region)),
            Self::Count { resources } => write!(f, "manage {resources} resources in one root"),
            Self::Resource { kind, .. } => write!(f, "manage {}", untrusted(kind)),
            Self::Unchecked { kind } => {
                write!(
                    f,
                    "manage {}, which the host has no rules for",
                    untrusted(kind)
                )
            }
            Self::Data { kind } => write!(f, "read {}", untrusted(kind)),
            Self::Target {
                kind,
                attribute,
                value,
                ..
            } => {
                write!(
                    f,
                    "set {}.{} to {}",
                    untrusted(kind),
                    untrusted(attribute),
                    untrusted(value)
                )
            }
            Self::Iam {
                kind,
                attribute,
                allow,
            } => {
                write!(
                    f,
                    "in {}.{}, {}",
                    untrusted(kind),
                    untrusted(attribute),
                    untrusted(&allow.to_string())
                )
            }
            Self::Attribute {
                kind,
                attribute,
                class,
            } => {
                let what = match class {
                    AttributeClass::Power => "set the exposing or unprotecting value of",
                    AttributeClass::Code => "decide what is run by",
                    AttributeClass::Deputy => "hand on rights through",
                };
                write!(f, "{what} {}.{}", untrusted(kind), untrusted(attribute))
            }
            Self::Action { kind, action } => write!(f, "{action} {}", untrusted(kind)),
        }
    }
}
