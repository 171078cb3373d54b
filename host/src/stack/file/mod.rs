//! The stack file as it was written: typed values with their places, before defaults, presets and
//! references between parts are looked at (see `resolve`).
//!
//! A field is `None` where the file says nothing or something wrong; what is wrong is in the report.

mod cluster;
pub(crate) mod decode;
pub(crate) mod formats;
pub mod keys;
mod places;
mod policy;
mod stage;
pub(crate) mod suggest;
mod words;

use std::collections::BTreeMap;

use semver::Version;

pub use crate::date::Date;
pub(crate) use cluster::MOST_ZONES;
pub use cluster::{Access, ClusterEntry, Zones};
pub use decode::Free;
pub use formats::PluginRef;
pub(crate) use policy::MOST_APPROVALS;
pub use policy::{Exception, GitEntry, PolicyEntry};
pub use stage::{ClusterPart, StageEntry};
pub(crate) use words::Word;
pub use words::{ChangeKind, Landing, Preset, ReleaseOwner, Severity, StructuralChanges};

use super::codes;
use super::error::{Diagnostic, Report};
use super::syntax::{Node, Span, Spanned};
use decode::{
    Wanted, check_numbers, entries, fields, formed, free, integer, parsed, word, word_of,
    wrong_type,
};
pub(crate) use stage::stages;
use suggest::quoted;

/// The version of the format that this code reads.
pub(crate) const FORMAT_VERSION: i64 = 1;

/// The name that means the whole stack where otherwise a cluster is named.
pub const STACK_SCOPE: &str = "stack";

/// Named parts of the file, each with the place of its name.
pub type Named<T> = BTreeMap<String, (Span, T)>;

/// The file.
#[derive(Clone, Debug, Default)]
pub struct StackFile {
    pub name: Option<Spanned<String>>,
    pub domain: Option<Spanned<String>>,
    pub preset: Option<Spanned<Preset>>,
    /// True if `preset` is there but names none, which has been reported: what stages there are is
    /// then unknown.
    pub preset_refused: bool,
    pub account: Option<Spanned<String>>,
    pub kubernetes: Option<Spanned<Version>>,
    /// Place of the key `clusters`.
    pub clusters_at: Option<Span>,
    pub clusters: Named<ClusterEntry>,
    pub settings: Free,
    pub stages: Named<StageEntry>,
    /// Facts by cluster name or [`STACK_SCOPE`], then by fact name.
    pub facts: Named<Named<serde_json::Value>>,
    pub deliver: BTreeMap<ChangeKind, Spanned<Landing>>,
    pub policy: PolicyEntry,
    pub exceptions: Vec<Exception>,
    pub git: Option<GitEntry>,
    pub tree: Option<Spanned<String>>,
    pub release_owners: Named<Spanned<ReleaseOwner>>,
}

/// Reads the typed file out of its tree.
pub(crate) fn decode(root: &Node, report: &mut Report) -> StackFile {
    let mut file = StackFile::default();
    let start = root.span.until(root.span.offset);
    let Some(map) = fields(root, keys::STACK, "a stack file", start, report) else {
        return file;
    };
    if let Some(node) = map.get("aegis") {
        format_version(node, report);
    }
    file.name = map.get("name").and_then(|node| {
        parsed(
            node,
            "a stack's name",
            codes::NAME,
            formats::identifier,
            report,
        )
    });
    file.domain = map
        .get("domain")
        .and_then(|node| parsed(node, "a DNS domain", codes::DOMAIN, formats::domain, report));
    file.preset = map
        .get("preset")
        .and_then(|node| word(node, "a preset", report));
    file.preset_refused = file.preset.is_none() && map.get("preset").is_some();
    file.account = map.get("account").and_then(|node| {
        parsed(
            node,
            "an AWS account",
            codes::ACCOUNT,
            formats::account,
            report,
        )
    });
    file.kubernetes = map
        .get("kubernetes")
        .and_then(|node| kubernetes(node, report));
    if let Some(entry) = map.entry("clusters") {
        file.clusters_at = Some(entry.key.span);
        file.clusters = cluster::clusters(&entry.value, report);
    }
    if let Some(node) = map.get("settings") {
        file.settings = free(node, "`settings`", report).unwrap_or_default();
    }
    if let Some(node) = map.get("stages") {
        file.stages = stages(node, report);
    }
    if let Some(node) = map.get("facts") {
        file.facts = facts(node, report);
    }
    if let Some(node) = map.get("deliver") {
        file.deliver = deliver(node, report);
    }
    if let Some(entry) = map.entry("policy") {
        file.policy = policy::policy(entry, report);
    }
    if let Some(node) = map.get("exceptions") {
        file.exceptions = policy::exceptions(node, report);
    }
    file.git = map
        .entry("git")
        .and_then(|entry| policy::git(entry, report));
    file.tree = map.get("tree").and_then(|node| {
        parsed(
            node,
            "a folder of the stack",
            codes::PATH,
            places::folder,
            report,
        )
    });
    if let Some(entry) = map.entry("releases") {
        file.release_owners = policy::release_owners(entry, report);
    }
    file
}

fn format_version(node: &Node, report: &mut Report) {
    let Some(version) = integer(node, "a format version", 1..=i64::MAX, report) else {
        return;
    };
    if version.value != FORMAT_VERSION {
        report.add(
            Diagnostic::new(
                codes::FORMAT_VERSION,
                format!("this aegis reads format {FORMAT_VERSION}, not {}", version.value),
            )
            .at(version.span, "unknown format")
            .help(format!(
                "write `aegis: {FORMAT_VERSION}`, or use a newer aegis if the file was written for one"
            )),
        );
    }
}

fn kubernetes(node: &Node, report: &mut Report) -> Option<Spanned<Version>> {
    parsed(
        node,
        "a Kubernetes version",
        codes::KUBERNETES_VERSION,
        formats::kubernetes_version,
        report,
    )
}

/// A map by names that are identifiers.
fn named<T>(
    node: &Node,
    what: &str,
    name_of: &str,
    report: &mut Report,
    mut value: impl FnMut(&Spanned<String>, &Node, &mut Report) -> Option<T>,
) -> Named<T> {
    let mut all = Named::new();
    for entry in entries(node, what, report).unwrap_or_default() {
        let name = formed(
            &entry.key,
            name_of,
            codes::NAME,
            formats::identifier,
            report,
        );
        // The value is read in any case: its problems are problems, too.
        let value = value(&entry.key, &entry.value, report);
        if let (Some(name), Some(value)) = (name, value) {
            all.insert(name.value, (name.span, value));
        }
    }
    all
}

fn facts(node: &Node, report: &mut Report) -> Named<Named<serde_json::Value>> {
    named(
        node,
        "`facts`",
        "a cluster's name or `stack`",
        report,
        |scope, node, report| {
            let mut facts = Named::new();
            let what = format!("the facts of {}", quoted(&scope.value));
            for entry in entries(node, &what, report)? {
                let name = formed(
                    &entry.key,
                    "the name of a fact",
                    codes::FACT_NAME,
                    formats::fact_name,
                    report,
                );
                check_numbers(&entry.value, report);
                if entry.value.is_null() {
                    let what = format!("the fact {}", quoted(&entry.key.value));
                    wrong_type(&entry.value, &what, Wanted::Value, report);
                } else if let Some(name) = name {
                    facts.insert(name.value, (name.span, entry.value.to_json()));
                }
            }
            Some(facts)
        },
    )
}

fn deliver(node: &Node, report: &mut Report) -> BTreeMap<ChangeKind, Spanned<Landing>> {
    let mut landings = BTreeMap::new();
    for entry in entries(node, "`deliver`", report).unwrap_or_default() {
        let kind = word_of::<ChangeKind>(&entry.key, "a kind of change", report);
        let landing = word::<Landing>(&entry.value, "a place where changes land", report);
        if let (Some(kind), Some(landing)) = (kind, landing) {
            landings.insert(kind.value, landing);
        }
    }
    landings
}
