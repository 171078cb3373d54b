//! How a component differs from its world, in words.

use std::fmt;

use aegis_document::untrusted;
use semver::Version;

use super::contract::{CONTRACT, INTERFACES};
use crate::proposal::Kind;

/// One thing in which a component differs from its world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// An import of something that is not ours, WASI for example.
    Foreign {
        import: String,
    },
    /// An interface of the contract that this kind of plugin does not get.
    OtherKind {
        import: String,
        kinds: &'static [Kind],
    },
    /// An interface of another version of the contract.
    OtherVersion {
        name: String,
        wanted: Version,
    },
    /// An interface of this version that this host does not know.
    UnknownInterface {
        import: String,
    },
    /// A function that the interface does not have here.
    UnknownFunction {
        interface: String,
        function: String,
    },
    /// The interface is there and its types are others.
    OtherTypes {
        reason: String,
    },
    MissingExport {
        interface: String,
    },
    MissingFunction {
        interface: String,
        function: String,
    },
    /// It exports what another kind of plugin exports.
    IsOtherKind {
        kind: Kind,
    },
}

/// A component that does not fit its world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// The kind that the signed statement says.
    pub kind: Kind,
    /// Never empty.
    pub differences: Vec<Difference>,
}

impl std::error::Error for LinkError {}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the component does not fit the {} world of contract {CONTRACT}:",
            self.kind
        )?;
        for difference in &self.differences {
            write!(f, "\n  {difference}")?;
        }
        let offered: Vec<_> = INTERFACES
            .iter()
            .filter(|interface| interface.for_kind(self.kind))
            .map(|known| known.name)
            .collect();
        write!(
            f,
            "\n  this host gives a {} plugin: {}",
            self.kind,
            offered.join(", ")
        )
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { import } => {
                write!(
                    f,
                    "wants {}: no plugin gets anything outside of the contract",
                    untrusted(import)
                )
            }
            Self::OtherKind { import, kinds } => {
                let kinds: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
                write!(
                    f,
                    "wants {}: only for plugins of the kind {}",
                    untrusted(import),
                    kinds.join(", ")
                )
            }
            Self::OtherVersion { name, wanted } => {
                write!(
                    f,
                    "speaks {} of contract {wanted}; this host speaks {CONTRACT}",
                    untrusted(name)
                )
            }
            Self::UnknownInterface { import } => {
                write!(
                    f,
                    "wants {}, which this host does not have",
                    untrusted(import)
                )
            }
            Self::UnknownFunction {
                interface,
                function,
            } => {
                write!(
                    f,
                    "wants {} of {}, which this host does not have",
                    untrusted(function),
                    untrusted(interface)
                )
            }
            Self::OtherTypes { reason } => write!(f, "has other types than the contract: {reason}"),
            Self::MissingExport { interface } => write!(f, "does not export {interface}"),
            Self::MissingFunction {
                interface,
                function,
            } => {
                write!(f, "does not export {function} of {interface}")
            }
            Self::IsOtherKind { kind } => write!(f, "exports what a {kind} plugin exports"),
        }
    }
}

impl LinkError {
    /// What to do next: the advice for the first difference that has one of its own.
    pub fn help(&self) -> String {
        let advice = |difference: &Difference| {
            match difference {
            Difference::Foreign { import } if import.starts_with("wasi:") => {
                Some("the publisher has to build it without WASI: `aegis plugin new` makes a project that does".into())
            }
            Difference::OtherVersion { wanted, .. } if *wanted > CONTRACT => Some(format!(
                "update aegis to one that speaks contract {wanted}, or take an older version of the plugin"
            )),
            Difference::OtherVersion { wanted, .. } => {
                Some(format!("take a newer version of the plugin: contract {wanted} is no longer spoken"))
            }
            Difference::IsOtherKind { kind } => Some(format!(
                "its signed metadata says {}, but it is a {kind} plugin: ask the publisher to sign it as what it is",
                self.kind
            )),
            _ => None,
        }
        };
        self.differences.iter().find_map(advice).unwrap_or_else(|| {
            "ask the publisher for a version that was built for this contract".into()
        })
    }
}
