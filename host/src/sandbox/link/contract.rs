//! The interfaces of the contract, and which kind of plugin gets which.

use semver::Version;

use crate::proposal::Kind;

/// The contract that this host speaks.
pub const CONTRACT: Version = Version::new(0, 1, 0);

pub(super) const PACKAGE: &str = "aegis:plugin/";

/// An interface of the contract.
pub(in crate::sandbox) struct Interface {
    /// Without package and version.
    pub(super) name: &'static str,
    pub(in crate::sandbox) functions: &'static [&'static str],
    /// The kinds of plugin whose world imports it.
    pub(super) kinds: &'static [Kind],
    /// What having it means, for people.
    pub(in crate::sandbox) ability: &'static str,
}

impl Interface {
    /// Whether plugins of this kind get it.
    pub(in crate::sandbox) fn for_kind(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether this is the interface with this full name, of a compatible version.
    pub(in crate::sandbox) fn is(&self, name: &str) -> bool {
        is_interface(name, self.name)
    }
}

/// Whether a full name is that of an interface of the contract, in a version that links.
pub(in crate::sandbox) fn is_interface(name: &str, interface: &str) -> bool {
    matches!(split(name), Some((found, version)) if found == interface && compatible(&version))
}

/// Every interface that a plugin may import.
pub(in crate::sandbox) const INTERFACES: &[Interface] = &[
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
pub(super) const TYPES: [&str; 3] = ["types", "changes", "read-errors"];

/// The interface that only plugins of this kind export, with its functions.
pub(in crate::sandbox) const fn export_of(kind: Kind) -> (&'static str, &'static [&'static str]) {
    match kind {
        Kind::Provisioning => ("provisioner", &["health", "plan"]),
        Kind::Security => ("securer", &["health", "plan"]),
        Kind::Gitops => ("deliverer", &["health", "plan"]),
        Kind::Validation => ("validator", &["controls", "evaluate"]),
    }
}

pub(super) const DESCRIPTION: (&str, &[&str]) = ("description", &["describe"]);

/// The interface and version of a name of ours.
pub(super) fn split(name: &str) -> Option<(&str, Version)> {
    let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    Some((interface, Version::parse(version).ok()?))
}

/// Wasmtime links within 0.1.x, in both directions. Whether the meaning fits is settled by the frozen files:
/// a released version never changes.
pub(super) fn compatible(version: &Version) -> bool {
    (version.major, version.minor) == (CONTRACT.major, CONTRACT.minor) && version.pre.is_empty()
}
