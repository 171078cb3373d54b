//! From the file as written to the stack that it means: presets and defaults are filled in, and
//! every reference between parts is looked up.

mod clusters;
mod stages;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::codes;
use super::error::{Diagnostic, Report};
use super::file::suggest::{quoted, valid};
use super::file::{ChangeKind, Landing, STACK_SCOPE, Severity, StackFile, StructuralChanges};
use super::model::{Deliver, Git, Policy, Stack, SuppliedFact};
use super::syntax::Span;

/// The folder of the tree where the file names none.
const DEFAULT_TREE: &str = "platform";
const DEFAULT_BRANCH: &str = "main";

/// Resolves the file. Problems go to the report; the result is `None` when a part is missing, and
/// only good when the report is empty.
pub(crate) fn resolve(file: StackFile, report: &mut Report) -> Option<Stack> {
    let deliver = deliver(&file, report);
    let clusters = clusters::resolve(&file, report);
    let stages = stages::resolve(&file, report);
    check_facts(&file, report);
    for (stage, (span, _)) in &file.release_owners {
        stages::check_stage(&file, &stages, stage, *span, report);
    }

    let facts = file.facts.into_iter().map(|(scope, (_, facts))| {
        let facts = facts
            .into_iter()
            .map(|(name, (span, value))| (name, SuppliedFact { value, span }));
        (scope, facts.collect())
    });
    let tree = file
        .tree
        .map_or_else(|| DEFAULT_TREE.to_owned(), |tree| tree.value);
    let git = file.git.map(|git| Git {
        repository: git.repository.value,
        branch: git
            .branch
            .map_or_else(|| DEFAULT_BRANCH.to_owned(), |branch| branch.value),
        path: git.path.map_or_else(|| tree.clone(), |path| path.value),
    });
    let owners = file.release_owners.into_iter();
    Some(Stack {
        name: file.name?.value,
        domain: file.domain?.value,
        account: file.account.map(|account| account.value),
        settings: file.settings.value,
        clusters,
        stages,
        facts: facts.collect(),
        deliver,
        policy: Policy {
            block_at: file
                .policy
                .block_at
                .map_or(Severity::High, |severity| severity.value),
            approvals: file.policy.approvals.map_or(0, |approvals| approvals.value),
            structural: file
                .policy
                .structural
                .map_or(StructuralChanges::Allow, |structural| structural.value),
            required: file
                .policy
                .required
                .into_iter()
                .map(|control| control.value)
                .collect(),
        },
        exceptions: file.exceptions,
        git,
        tree,
        release_owners: owners
            .map(|(stage, (_, owner))| (stage, owner.value))
            .collect(),
        settings_at: file.settings.spans,
        source: Arc::clone(report.source()),
    })
}

fn deliver(file: &StackFile, report: &mut Report) -> Deliver {
    let mut landings = BTreeMap::new();
    for (kind, landing) in &file.deliver {
        match landing.value {
            Landing::Tree => {
                landings.insert(*kind, Landing::Tree);
            }
            Landing::Live if *kind == ChangeKind::File => report.add(
                Diagnostic::new(codes::ONLY_TREE, "files can only be delivered to the tree")
                    .at(landing.span, "not for files")
                    .help("remove the line, or write `file: tree`"),
            ),
            Landing::Live => report.add(
                Diagnostic::new(
                    codes::NOT_AVAILABLE,
                    format!("live delivery of {kind} changes is not available in this version"),
                )
                .at(landing.span, "not available yet")
                .help(format!(
                    "write `{kind}: tree`: the tree holds everything that is needed to deliver \
                     through Git or by hand"
                )),
            ),
        }
    }
    Deliver(landings)
}

fn check_facts(file: &StackFile, report: &mut Report) {
    for (scope, (span, _)) in &file.facts {
        if scope != STACK_SCOPE && !file.clusters.contains_key(scope) {
            let scopes = file.clusters.keys().map(String::as_str);
            let help = valid("scope", scope, scopes.chain([STACK_SCOPE]));
            unknown_cluster(scope, *span, help, report);
        }
    }
}

fn unknown_cluster(name: &str, span: Span, help: String, report: &mut Report) {
    report.add(
        Diagnostic::new(
            codes::UNKNOWN_CLUSTER,
            format!("the stack has no cluster {}", quoted(name)),
        )
        .at(span, "unknown cluster")
        .help(help),
    );
}
