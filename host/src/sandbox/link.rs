//! Whether a component fits its world, and what to say when it does not.
//!
//! The linker of a kind holds the interfaces of that kind's world and nothing else, so a component that
//! wants more cannot be instantiated. Its own message for that says little to a person; this module
//! compares the component's type with the world first and names every difference.

use std::fmt;

use aegis_document::untrusted;
use semver::Version;

use super::inspect::Surface;
use crate::proposal::Kind;

/// The contract that this host speaks.
pub const CONTRACT: Version = Version::new(0, 1, 0);

const PACKAGE: &str = "aegis:plugin/";

/// An interface of the contract.
pub(super) struct Interface {
    /// Without package and version.
    name: &'static str,
    pub(super) functions: &'static [&'static str],
    /// The kinds of plugin whose world imports it.
    kinds: &'static [Kind],
    /// What having it means, for people.
    pub(super) ability: &'static str,
}

impl Interface {
    /// Whether plugins of this kind get it.
    pub(super) fn for_kind(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether this is the interface with this full name, of a compatible version.
    pub(super) fn is(&self, name: &str) -> bool {
        is_interface(name, self.name)
    }
}

/// Whether a full name is that of an interface of the contract, in a version that links.
pub(super) fn is_interface(name: &str, interface: &str) -> bool {
    matches!(split(name), Some((found, version)) if found == interface && compatible(&version))
}

/// Every interface that a plugin may import.
pub(super) const INTERFACES: &[Interface] = &[
    Interface {
        name: "log",
        functions: &["write"],
        kinds: &Kind::ALL,
        ability: "write log messages",
    },
    Interface {
        name: "kubernetes-reader",
        functions: &["get-object", "list-objects"],
        kinds: &[Kind::Security, Kind::Gitops, Kind::Validation],
        ability: "read Kubernetes objects, Secrets without their data",
    },
    Interface {
        name: "ec2-reader",
        functions: &[
            "availability-zones",
            "images",
            "instance-types",
            "instances",
            "security-groups",
            "subnets",
            "volumes",
            "vpcs",
        ],
        kinds: &[Kind::Provisioning, Kind::Validation],
        ability: "ask EC2 what exists",
    },
    Interface {
        name: "tree-reader",
        functions: &["list-files", "read-file"],
        kinds: &[Kind::Gitops],
        ability: "read the Git tree",
    },
    Interface {
        name: "document-reader",
        functions: &["list-documents", "missing-stages", "read-document"],
        kinds: &[Kind::Validation],
        ability: "read the documents of a plan, with secrets masked",
    },
    Interface {
        name: "tls-prober",
        functions: &["accepts-plaintext", "connect"],
        kinds: &[Kind::Validation],
        ability: "make TLS handshakes with endpoints that the grant names",
    },
];

/// Interfaces of types, which every world shares.
const TYPES: [&str; 3] = ["types", "changes", "read-errors"];

/// The interface that only plugins of this kind export, with its functions.
pub(super) const fn export_of(kind: Kind) -> (&'static str, &'static [&'static str]) {
    match kind {
        Kind::Provisioning => ("provisioner", &["health", "plan"]),
        Kind::Security => ("securer", &["health", "plan"]),
        Kind::Gitops => ("deliverer", &["health", "plan"]),
        Kind::Validation => ("validator", &["controls", "evaluate"]),
    }
}

const DESCRIPTION: (&str, &[&str]) = ("description", &["describe"]);

/// One thing in which a component differs from its world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// An import of something that is not ours, WASI for example.
    Foreign { import: String },
    /// An interface of the contract that this kind of plugin does not get.
    OtherKind { import: String, kinds: &'static [Kind] },
    /// An interface of another version of the contract.
    OtherVersion { name: String, wanted: Version },
    /// A function that the interface does not have here.
    UnknownFunction { interface: String, function: String },
    /// The interface is there and its types are others.
    OtherTypes { reason: String },
    MissingExport { interface: String },
    MissingFunction { interface: String, function: String },
    /// It exports what another kind of plugin exports.
    IsOtherKind { kind: Kind },
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
        write!(f, "the component does not fit the {} world of contract {CONTRACT}:", self.kind)?;
        for difference in &self.differences {
            write!(f, "\n  {difference}")?;
        }
        let offered: Vec<_> =
            INTERFACES.iter().filter(|interface| interface.for_kind(self.kind)).map(|known| known.name).collect();
        write!(f, "\n  this host gives a {} plugin: {}", self.kind, offered.join(", "))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { import } => {
                write!(f, "wants {}: no plugin gets anything outside of the contract", untrusted(import))
            }
            Self::OtherKind { import, kinds } => {
                let kinds: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
                write!(f, "wants {}: only for plugins of the kind {}", untrusted(import), kinds.join(", "))
            }
            Self::OtherVersion { name, wanted } => {
                write!(f, "speaks {} of contract {wanted}; this host speaks {CONTRACT}", untrusted(name))
            }
            Self::UnknownFunction { interface, function } => {
                write!(f, "wants {} of {}, which this host does not have", untrusted(function), untrusted(interface))
            }
            Self::OtherTypes { reason } => write!(f, "has other types than the contract: {reason}"),
            Self::MissingExport { interface } => write!(f, "does not export {interface}"),
            Self::MissingFunction { interface, function } => {
                write!(f, "does not export {function} of {interface}")
            }
            Self::IsOtherKind { kind } => write!(f, "exports what a {kind} plugin exports"),
        }
    }
}

impl LinkError {
    /// What to do next: the advice for the first difference that has one of its own.
    pub fn help(&self) -> String {
        let advice = |difference: &Difference| match difference {
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
        };
        self.differences
            .iter()
            .find_map(advice)
            .unwrap_or_else(|| "ask the publisher for a version that was built for this contract".into())
    }
}

/// Compares a component's type with the world of a kind.
pub(super) fn compare(kind: Kind, surface: &Surface) -> Result<(), LinkError> {
    let mut differences = Vec::new();
    for (import, functions) in &surface.imports {
        differences.extend(compare_import(kind, import, functions.iter().map(String::as_str)));
    }
    let (own, _) = export_of(kind);
    for (name, functions) in [DESCRIPTION, export_of(kind)] {
        compare_export(name, functions, surface, &mut differences);
    }
    if differences.iter().any(|found| matches!(found, Difference::MissingExport { interface } if interface.contains(own)))
    {
        let other = Kind::ALL.into_iter().find(|other| *other != kind && find_export(surface, export_of(*other).0).is_some());
        differences.extend(other.map(|kind| Difference::IsOtherKind { kind }));
    }
    if differences.is_empty() { Ok(()) } else { Err(LinkError { kind, differences }) }
}

fn compare_import<'a>(
    kind: Kind,
    import: &'a str,
    functions: impl Iterator<Item = &'a str>,
) -> Vec<Difference> {
    let Some((name, version)) = split(import) else {
        return vec![Difference::Foreign { import: import.to_owned() }];
    };
    if !compatible(&version) {
        return vec![Difference::OtherVersion { name: name.to_owned(), wanted: version }];
    }
    let known = INTERFACES.iter().find(|known| known.name == name);
    let Some(known) = known else {
        if TYPES.contains(&name) {
            return Vec::new();
        }
        return vec![Difference::UnknownFunction { interface: import.to_owned(), function: "anything".into() }];
    };
    if !known.for_kind(kind) {
        return vec![Difference::OtherKind { import: import.to_owned(), kinds: known.kinds }];
    }
    functions
        .filter(|function| !known.functions.contains(function))
        .map(|function| Difference::UnknownFunction { interface: name.to_owned(), function: function.to_owned() })
        .collect()
}

fn find_export<'a>(surface: &'a Surface, name: &str) -> Option<(Version, &'a std::collections::BTreeSet<String>)> {
    surface.exports.iter().find_map(|(export, functions)| match split(export) {
        Some((interface, version)) if interface == name => Some((version, functions)),
        _ => None,
    })
}

fn compare_export(name: &str, functions: &[&str], surface: &Surface, differences: &mut Vec<Difference>) {
    match find_export(surface, name) {
        None => differences.push(Difference::MissingExport { interface: format!("{PACKAGE}{name}@{CONTRACT}") }),
        Some((wanted, _)) if !compatible(&wanted) => {
            differences.push(Difference::OtherVersion { name: name.to_owned(), wanted });
        }
        Some((_, found)) => differences.extend(
            functions
                .iter()
                .filter(|function| !found.contains(**function))
                .map(|function| Difference::MissingFunction { interface: name.to_owned(), function: (*function).to_owned() }),
        ),
    }
}

/// The interface and version of a name of ours.
fn split(name: &str) -> Option<(&str, Version)> {
    let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    Some((interface, Version::parse(version).ok()?))
}

/// Wasmtime links within 0.1.x, in both directions. Whether the meaning fits is settled by the frozen files:
/// a released version never changes.
fn compatible(version: &Version) -> bool {
    (version.major, version.minor) == (CONTRACT.major, CONTRACT.minor) && version.pre.is_empty()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn surface(imports: &[(&str, &[&str])], exports: &[(&str, &[&str])]) -> Surface {
        let collect = |items: &[(&str, &[&str])]| -> BTreeMap<_, _> {
            items
                .iter()
                .map(|(name, functions)| ((*name).to_owned(), functions.iter().map(|f| (*f).to_owned()).collect()))
                .collect()
        };
        Surface { imports: collect(imports), exports: collect(exports) }
    }

    const SECURITY: &[(&str, &[&str])] =
        &[("aegis:plugin/description@0.1.0", &["describe"]), ("aegis:plugin/securer@0.1.0", &["plan", "health"])];

    #[test]
    fn a_component_of_the_contract_fits() {
        let fits = surface(
            &[("aegis:plugin/types@0.1.0", &[]), ("aegis:plugin/log@0.1.0", &["write"])],
            SECURITY,
        );
        assert_eq!(compare(Kind::Security, &fits), Ok(()));
    }

    #[test]
    fn the_error_is_a_difference_that_a_person_can_read() {
        let wants_more = surface(
            &[
                ("wasi:filesystem/types@0.2.0", &["open-at"]),
                ("aegis:plugin/ec2-reader@0.1.0", &["vpcs"]),
                ("aegis:plugin/log@0.2.0", &["write"]),
                ("aegis:plugin/kubernetes-reader@0.1.1", &["get-object", "watch"]),
            ],
            SECURITY,
        );
        let error = compare(Kind::Security, &wants_more).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the component does not fit the security world of contract 0.1.0:\n  \
             wants aegis:plugin/ec2-reader@0.1.0: only for plugins of the kind provisioning, validation\n  \
             wants watch of kubernetes-reader, which this host does not have\n  \
             speaks log of contract 0.2.0; this host speaks 0.1.0\n  \
             wants wasi:filesystem/types@0.2.0: no plugin gets anything outside of the contract\n  \
             this host gives a security plugin: log, kubernetes-reader"
        );
        assert!(error.help().contains("update aegis"), "{}", error.help());
    }

    #[test]
    fn a_plugin_of_another_kind_is_told_what_it_is() {
        let error = compare(Kind::Provisioning, &surface(&[], SECURITY)).unwrap_err();
        assert_eq!(
            error.differences,
            [
                Difference::MissingExport { interface: "aegis:plugin/provisioner@0.1.0".into() },
                Difference::IsOtherKind { kind: Kind::Security },
            ]
        );
        assert!(error.help().contains("it is a security plugin"), "{}", error.help());
    }
}
