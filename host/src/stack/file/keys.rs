//! The keys of a stack file, one table for each map with fixed keys. The reader takes its refusals
//! from here and the JSON Schema its properties and descriptions, so that they cannot disagree.

/// A key of a map.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    pub name: &'static str,
    pub required: bool,
    /// One or two sentences for people, also shown by editors.
    pub about: &'static str,
}

const fn required(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        required: true,
        about,
    }
}

const fn optional(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        required: false,
        about,
    }
}

/// The file itself.
pub const STACK: &[Key] = &[
    required("aegis", "Version of this file's format: 1."),
    required("name", "Short name of the stack, unique in the account."),
    required(
        "domain",
        "DNS domain of the stack; a cluster's full name is its name in front of it.",
    ),
    optional(
        "preset",
        "Stages to start from: `standard`, or `none` (the default). `stages` changes them.",
    ),
    optional(
        "account",
        "The twelve digits of the AWS account, in quotes.",
    ),
    optional(
        "kubernetes",
        "Kubernetes version of clusters that name none. Default 1.36.3.",
    ),
    required("clusters", "The clusters, by name."),
    optional(
        "settings",
        "Inputs that several stages share. A stage reads the parts that it declares.",
    ),
    optional(
        "stages",
        "The stages, by name: what differs from the preset, and your own.",
    ),
    optional(
        "facts",
        "Values that you provide in a stage's place, by cluster name or `stack`, then by fact name.",
    ),
    optional(
        "deliver",
        "Where changes land, by kind of change: in the `tree` (the default) or `live`.",
    ),
    optional("policy", "When a plan may be applied."),
    optional(
        "exceptions",
        "Findings that are accepted for a time, each with its reason.",
    ),
    optional("git", "The repository that holds the tree."),
    optional(
        "tree",
        "Folder of the tree, relative to this file. Default `platform`.",
    ),
    optional("releases", "Who owns chart releases."),
];

/// An entry of `clusters`.
pub const CLUSTER: &[Key] = &[
    required("region", "AWS region, for example `eu-west-1`."),
    optional(
        "zones",
        "Availability zones: how many (default 3), or their names.",
    ),
    required(
        "cidr",
        "IPv4 block of the cluster's network, /16 to /24, for example `10.0.0.0/16`.",
    ),
    optional("kubernetes", "Kubernetes version, for example `1.36.3`."),
    optional(
        "access",
        "How this machine reaches the API server: `direct` (the default), `ssm`, \
         `{proxy-url: URL}` or `{exec: ADAPTER}`.",
    ),
];

/// `access` as a map: exactly one of the keys.
pub const ACCESS: &[Key] = &[
    optional(
        "proxy-url",
        "Proxy on the way to the API server: `http`, `https` or `socks5`.",
    ),
    optional(
        "exec",
        "Name of an adapter in the operator's own configuration. Never a command.",
    ),
];

/// An entry of `stages`.
pub const STAGE: &[Key] = &[
    optional(
        "use",
        "The plugin: `publisher/plugin`, `publisher/plugin/stage-type`, and `@requirement`.",
    ),
    optional(
        "config",
        "The stage's configuration; the plugin's schema says what it takes.",
    ),
    optional("needs", "Stages that must be ready before this one."),
    optional(
        "clusters",
        "What differs for single clusters, by cluster name.",
    ),
    optional("off", "Turns the stage off; the value is the reason."),
];

/// An entry of a stage's `clusters`: exactly one of the keys.
pub const STAGE_CLUSTER: &[Key] = &[
    optional(
        "config",
        "Merged over the stage's configuration for this cluster; null removes a key.",
    ),
    optional("off", "Leaves this cluster out; the value is the reason."),
];

/// `policy`.
pub const POLICY: &[Key] = &[
    optional(
        "block-at",
        "Findings of this severity and above stop an apply: `info`, `low`, `medium`, `high` (the \
         default) or `critical`.",
    ),
    optional(
        "approvals",
        "How many people must approve a plan. Default 0.",
    ),
    optional(
        "structural",
        "Whether changes whose values are not known yet may be approved: `allow` (the default) or \
         `refuse`.",
    ),
    optional("required", "Controls that must have been evaluated."),
];

/// An entry of `exceptions`.
pub const EXCEPTION: &[Key] = &[
    required("control", "The control whose findings are accepted."),
    optional("document", "Only findings about this document."),
    required("reason", "Why it is acceptable."),
    required("owner", "Who answers for it."),
    required("expires", "Last day it holds, `YYYY-MM-DD`."),
];

/// `git`.
pub const GIT: &[Key] = &[
    required("repository", "HTTPS URL of the repository."),
    optional("branch", "Branch that is delivered. Default `main`."),
    optional(
        "path",
        "Folder of the tree within the repository. Default: the value of `tree`.",
    ),
];

/// `releases`.
pub const RELEASES: &[Key] = &[optional(
    "owner",
    "Owner of a stage's releases, by stage name: `aegis` or `argocd`.",
)];

/// All tables with the place of their map, for tests and documentation.
pub const TABLES: &[(&str, &[Key])] = &[
    ("", STACK),
    ("clusters.NAME", CLUSTER),
    ("clusters.NAME.access", ACCESS),
    ("stages.NAME", STAGE),
    ("stages.NAME.clusters.CLUSTER", STAGE_CLUSTER),
    ("policy", POLICY),
    ("exceptions[]", EXCEPTION),
    ("git", GIT),
    ("releases", RELEASES),
];
