//! `policy`, `exceptions`, `git` and `releases`.

use super::decode::{entries, fields, integer, list, parsed, word};
use super::{Date, Named, ReleaseOwner, Severity, StructuralChanges, formats, keys, named, places};
use crate::stack::codes;
use crate::stack::error::Report;
use crate::stack::syntax::{Entry, Node, Spanned};

/// `policy` as written.
#[derive(Clone, Debug, Default)]
pub struct PolicyEntry {
    pub block_at: Option<Spanned<Severity>>,
    pub approvals: Option<Spanned<u32>>,
    pub structural: Option<Spanned<StructuralChanges>>,
    pub required: Vec<Spanned<String>>,
}

/// A finding that is accepted for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    pub control: Spanned<String>,
    /// Only findings about this document; all of the control's if absent.
    pub document: Option<Spanned<String>>,
    pub reason: Spanned<String>,
    pub owner: Spanned<String>,
    /// The last day it holds.
    pub expires: Spanned<Date>,
}

/// `git` as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitEntry {
    pub repository: Spanned<String>,
    pub branch: Option<Spanned<String>>,
    pub path: Option<Spanned<String>>,
}

/// As many approvals as a plan can ask for.
pub(crate) const MOST_APPROVALS: i64 = 20;

pub(super) fn policy(entry: &Entry, report: &mut Report) -> PolicyEntry {
    let mut policy = PolicyEntry::default();
    let Some(map) = fields(
        &entry.value,
        keys::POLICY,
        "`policy`",
        entry.key.span,
        report,
    ) else {
        return policy;
    };
    policy.block_at = map
        .get("block-at")
        .and_then(|node| word(node, "a severity", report));
    policy.approvals = map
        .get("approvals")
        .and_then(|node| integer(node, "a number of approvals", 0..=MOST_APPROVALS, report))
        .and_then(|count| {
            let number = u32::try_from(count.value).ok()?;
            Some(Spanned::new(number, count.span))
        });
    policy.structural = map
        .get("structural")
        .and_then(|node| word(node, "a policy for structural changes", report));
    let required = map
        .get("required")
        .and_then(|node| list(node, "`required`", report));
    for node in required.unwrap_or_default() {
        policy.required.extend(control(node, report));
    }
    policy
}

fn control(node: &Node, report: &mut Report) -> Option<Spanned<String>> {
    parsed(node, "a control", codes::CONTROL, formats::control, report)
}

fn sentence(node: &Node, what: &str, report: &mut Report) -> Option<Spanned<String>> {
    parsed(node, what, codes::EMPTY_TEXT, formats::sentence, report)
}

pub(super) fn exceptions(node: &Node, report: &mut Report) -> Vec<Exception> {
    list(node, "`exceptions`", report)
        .unwrap_or_default()
        .iter()
        .filter_map(|node| exception(node, report))
        .collect()
}

fn exception(node: &Node, report: &mut Report) -> Option<Exception> {
    let at = entries(node, "an exception", report)?
        .first()
        .map_or(node.span, |entry| entry.key.span);
    let map = fields(node, keys::EXCEPTION, "an exception", at, report)?;
    let control = map.get("control").and_then(|node| control(node, report));
    let document = map
        .get("document")
        .and_then(|node| sentence(node, "a document", report));
    let reason = map
        .get("reason")
        .and_then(|node| sentence(node, "a reason", report));
    let owner = map
        .get("owner")
        .and_then(|node| sentence(node, "an owner", report));
    let expires = map
        .get("expires")
        .and_then(|node| parsed(node, "a date", codes::DATE, formats::date, report));
    Some(Exception {
        control: control?,
        document,
        reason: reason?,
        owner: owner?,
        expires: expires?,
    })
}

pub(super) fn git(entry: &Entry, report: &mut Report) -> Option<GitEntry> {
    let map = fields(&entry.value, keys::GIT, "`git`", entry.key.span, report)?;
    let repository = map
        .get("repository")
        .and_then(|node| parsed(node, "a repository", codes::URL, places::repository, report));
    let branch = map
        .get("branch")
        .and_then(|node| parsed(node, "a branch", codes::BRANCH, places::branch, report));
    let path = map.get("path").and_then(|node| {
        parsed(
            node,
            "a folder of the repository",
            codes::PATH,
            places::folder,
            report,
        )
    });
    Some(GitEntry {
        repository: repository?,
        branch,
        path,
    })
}

pub(super) fn release_owners(entry: &Entry, report: &mut Report) -> Named<Spanned<ReleaseOwner>> {
    let map = fields(
        &entry.value,
        keys::RELEASES,
        "`releases`",
        entry.key.span,
        report,
    );
    let Some(owners) = map.and_then(|map| map.get("owner")) else {
        return Named::new();
    };
    named(
        owners,
        "`owner`",
        "a stage's name",
        report,
        |_, node, report| word(node, "an owner of releases", report),
    )
}
