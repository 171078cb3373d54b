//! A plan, for the one who approves it: risks first and never cut.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::SystemTime;

use aegis_document::untrusted;
use serde_json::Value;

use super::{diff, findings};
use crate::cli::ui::{Tone, Ui};
use crate::driver::tree::DriftKind;
use crate::plan::{
    Cause, ChangeAction, FactStatus, InstanceStatus, Plan, PlannedChange, Precision, Provenance,
    Risk,
};
use crate::proposal::{FactSource, Outcome};
use crate::validate::{Date, Verdict, expired, findings_on};

/// Looks up a document that state recorded.
pub type Applied<'a> = dyn Fn(&aegis_document::Digest) -> Option<Value> + 'a;

/// The whole plan as text.
pub fn text(ui: &Ui, plan: &Plan, applied: &Applied<'_>, full: bool) -> String {
    let mut out = String::new();
    risks(ui, plan, &mut out);
    changes(ui, plan, applied, full, &mut out);
    waiting(ui, plan, &mut out);
    judged(ui, plan, &mut out);
    let _ = writeln!(out, "{}", counts(ui, plan));
    let _ = writeln!(out, "plan {}", plan.digest);
    out
}

/// How many changes of each kind.
pub fn counts(ui: &Ui, plan: &Plan) -> String {
    let mut numbers: BTreeMap<ChangeAction, usize> = BTreeMap::new();
    for (_, change) in plan.body.changes() {
        *numbers.entry(change.action).or_default() += 1;
    }
    let of = |actions: &[ChangeAction]| -> usize {
        actions
            .iter()
            .filter_map(|action| numbers.get(action))
            .sum()
    };
    let deferred = plan
        .body
        .instances
        .iter()
        .filter(|instance| instance.state != InstanceStatus::Planned)
        .count();
    if plan.body.is_empty() && deferred == 0 {
        return ui.paint(Tone::Good, "Nothing to change.");
    }
    let mut text = format!(
        "{} to create, {} to update, {} to delete, {} unchanged",
        of(&[ChangeAction::Create, ChangeAction::Run]),
        of(&[
            ChangeAction::Update,
            ChangeAction::Replace,
            ChangeAction::Transfer,
            ChangeAction::Handover
        ]),
        of(&[ChangeAction::Delete]),
        of(&[ChangeAction::Noop]),
    );
    if deferred > 0 {
        let _ = write!(text, ", {deferred} instances deferred");
    }
    ui.paint(Tone::Strong, text)
}

fn changing(plan: &Plan) -> impl Iterator<Item = (&crate::plan::Instance, &PlannedChange)> {
    plan.body
        .changes()
        .filter(|(_, change)| change.action != ChangeAction::Noop)
}

/// What an approver has to know before anything else. Never cut; what is the same in several clusters is said once.
fn risks(ui: &Ui, plan: &Plan, out: &mut String) {
    let mut lines: Vec<String> = Vec::new();
    for (instance, change) in changing(plan) {
        let identity = change.identity.to_string();
        let identity = untrusted(&identity);
        if change.risk != Risk::None {
            let word = if change.risk == Risk::Destructive {
                "destructive"
            } else {
                "disruptive"
            };
            lines.push(format!(
                "{word}: {} {identity} ({})",
                action(change.action),
                instance.id
            ));
        }
        if change.action == ChangeAction::Transfer {
            lines.push(format!(
                "new owner: {identity} is taken over by {}",
                instance.id
            ));
        }
    }
    for instance in &plan.body.instances {
        match &instance.state {
            InstanceStatus::Planned => {}
            InstanceStatus::Deferred(reason) => {
                lines.push(format!(
                    "deferred, not part of this plan: {} {}",
                    instance.id,
                    untrusted(reason)
                ));
            }
            InstanceStatus::Blocked(reason) => {
                lines.push(format!(
                    "blocked, not part of this plan: {} {}",
                    instance.id,
                    untrusted(reason)
                ));
            }
        }
    }
    lines.extend(capabilities(plan));
    lines.extend(decided_later(plan));
    let today = Date::of(SystemTime::now());
    for exception in &plan.body.exceptions {
        let word = if expired(exception, today) {
            "exception EXPIRED, it held until"
        } else {
            "exception until"
        };
        lines.push(format!(
            "{word} {}: {} ({}, {})",
            untrusted(&exception.expires),
            untrusted(&exception.control),
            untrusted(&exception.reason),
            untrusted(&exception.owner)
        ));
    }
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", ui.paint(Tone::Strong, "What to look at first"));
    for line in lines {
        let _ = writeln!(out, "  {} {line}", ui.paint(Tone::Warn, "!"));
    }
    out.push('\n');
}

/// What was granted beyond the plain and is used by a change, one line for each thing.
fn capabilities(plan: &Plan) -> Vec<String> {
    let mut seen: Vec<(String, Vec<&str>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (instance, change) in changing(plan) {
        let cluster = instance.id.cluster.as_ref();
        for capability in &change.capabilities {
            let words = untrusted(capability).to_string();
            let words = match cluster {
                Some(cluster) => words.replace(&format!("cluster {cluster}"), "the cluster"),
                None => words,
            };
            let line = format!("{}: {words}", instance.id.stage);
            let place = *places.entry(line.clone()).or_insert_with(|| {
                seen.push((line, Vec::new()));
                seen.len() - 1
            });
            // The instances of a stage come one after the other.
            if let (Some((_, clusters)), Some(cluster)) = (seen.get_mut(place), cluster)
                && clusters.last() != Some(&cluster.as_str())
            {
                clusters.push(cluster.as_str());
            }
        }
    }
    seen.into_iter()
        .map(|(line, clusters)| {
            if clusters.is_empty() {
                line
            } else {
                format!("{line} ({})", clusters.join(", "))
            }
        })
        .collect()
}

/// Values that are known only after the approval, and who decides them.
fn decided_later(plan: &Plan) -> Vec<String> {
    let used: std::collections::BTreeSet<_> = changing(plan)
        .flat_map(|(_, change)| &change.waits_for)
        .collect();
    plan.body
        .facts
        .iter()
        .filter(|fact| fact.status == FactStatus::Unknown && used.contains(&fact.reference))
        .map(|fact| match &fact.provenance {
            Provenance::Stage(id) | Provenance::Imported(id) => {
                let publisher = plan
                    .body
                    .plugins
                    .iter()
                    .find(|plugin| plugin.stage == id.stage);
                let publisher =
                    publisher.map_or_else(String::new, |plugin| format!(" ({})", plugin.plugin));
                format!(
                    "decided after approval by {id}{publisher}: {}",
                    fact.reference
                )
            }
            Provenance::Host | Provenance::Supplied => format!("not known yet: {}", fact.reference),
        })
        .collect()
}

fn changes(ui: &Ui, plan: &Plan, applied: &Applied<'_>, full: bool, out: &mut String) {
    for instance in &plan.body.instances {
        let shown: Vec<&PlannedChange> = instance
            .changes
            .iter()
            .filter(|change| full || change.action != ChangeAction::Noop)
            .collect();
        if shown.is_empty() {
            continue;
        }
        let plugin = plan
            .body
            .plugins
            .iter()
            .find(|plugin| plugin.stage == instance.id.stage);
        let by = plugin.map_or_else(String::new, |plugin| {
            format!("  {} {}", plugin.plugin, plugin.version)
        });
        let _ = writeln!(
            out,
            "{}{}",
            ui.paint(Tone::Strong, &instance.id),
            ui.paint(Tone::Faint, by)
        );
        for change in shown {
            let _ = writeln!(out, "  {}", line(ui, change));
            for drift in &change.drift {
                let how = match drift.kind {
                    DriftKind::Edited => "edited by hand",
                    DriftKind::Missing => "deleted by hand",
                };
                let text = format!("{how}: {}", drift.path.as_str());
                let _ = writeln!(out, "      {}", ui.paint(Tone::Warn, text));
            }
            for fact in &change.completes {
                let _ = writeln!(
                    out,
                    "      {}",
                    ui.paint(Tone::Good, format_args!("+ {fact} = {}", value(plan, fact)))
                );
            }
            let update = matches!(
                change.action,
                ChangeAction::Update | ChangeAction::Replace | ChangeAction::Transfer
            );
            if update || (full && change.action != ChangeAction::Noop) {
                let before = change.before.as_ref().and_then(applied);
                let after = change
                    .desired
                    .as_ref()
                    .and_then(|digest| plan.documents.get(digest));
                out.push_str(&diff::documents(ui, before.as_ref(), after.as_ref(), full));
            }
        }
        out.push('\n');
    }
}

fn line(ui: &Ui, change: &PlannedChange) -> String {
    let (tone, mark) = match change.action {
        ChangeAction::Create | ChangeAction::Run => (Tone::Good, "+"),
        ChangeAction::Update | ChangeAction::Transfer | ChangeAction::Handover => (Tone::Warn, "~"),
        ChangeAction::Replace => (Tone::Bad, "±"),
        ChangeAction::Delete => (Tone::Bad, "-"),
        ChangeAction::Noop => (Tone::Faint, "="),
    };
    let identity = change.identity.to_string();
    let mut text = format!(
        "{} {:9} {}",
        ui.paint(tone, mark),
        cause(change.cause),
        untrusted(&identity)
    );
    if let Precision::Structural(_) = change.precision {
        let waits: Vec<String> = change.waits_for.iter().map(ToString::to_string).collect();
        let _ = write!(
            text,
            "  {}",
            ui.paint(
                Tone::Faint,
                format_args!("(waits for {})", waits.join(", "))
            )
        );
    }
    if let Some(from) = &change.moved_from {
        let from = from.to_string();
        let _ = write!(
            text,
            "  {}",
            ui.paint(Tone::Faint, format_args!("(was {})", untrusted(&from)))
        );
    }
    text
}

/// The facts that the operator has to bring, and how.
fn waiting(ui: &Ui, plan: &Plan, out: &mut String) {
    let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for instance in &plan.body.instances {
        for (name, source) in &instance.sources {
            let unknown = plan.body.facts.iter().any(|fact| {
                fact.status == FactStatus::Unknown
                    && fact.reference.name == *name
                    && fact.reference.cluster == instance.id.cluster
            });
            if let (FactSource::TerraformOutput { .. }, true) = (source, unknown) {
                let cluster = instance
                    .id
                    .cluster
                    .as_ref()
                    .map(|cluster| format!(" --cluster {cluster}"));
                let command = format!(
                    "aegis facts import --stage {}{} FILE",
                    instance.id.stage,
                    cluster.unwrap_or_default()
                );
                sources.entry(command).or_default().push(name.to_string());
            }
        }
    }
    if sources.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "{}",
        ui.paint(Tone::Strong, "Known after Terraform has run")
    );
    for (command, names) in sources {
        let _ = writeln!(out, "  {}", names.join(", "));
        let _ = writeln!(out, "    {}", ui.paint(Tone::Faint, command));
    }
    out.push('\n');
}

fn judged(ui: &Ui, plan: &Plan, out: &mut String) {
    if plan.body.findings.is_empty() {
        return;
    }
    let found = findings_on(&plan.body, Date::of(SystemTime::now()));
    let policy = &plan.body.policy;
    let verdict = Verdict::judge(&found, policy, policy.block_at);
    let _ = writeln!(
        out,
        "{}  {}",
        ui.paint(Tone::Strong, "Findings"),
        findings::summary(&verdict.summary)
    );
    for found in &found {
        if matches!(
            found.finding.outcome,
            Outcome::Fail | Outcome::Warn | Outcome::Manual
        ) {
            out.push_str(&findings::finding(ui, found));
        }
    }
    for control in &verdict.missing {
        let _ = writeln!(
            out,
            "  {} {} was not evaluated, and it is required",
            ui.paint(Tone::Bad, "!"),
            untrusted(control)
        );
    }
    out.push('\n');
}

fn value(plan: &Plan, fact: &crate::fact::FactRef) -> String {
    let known = plan
        .body
        .facts
        .iter()
        .find(|known| known.reference == *fact);
    let text = known
        .and_then(|known| known.value.as_ref())
        .map(ToString::to_string)
        .unwrap_or_default();
    untrusted(&text).to_string()
}

const fn action(action: ChangeAction) -> &'static str {
    match action {
        ChangeAction::Create => "create",
        ChangeAction::Update => "update",
        ChangeAction::Replace => "replace",
        ChangeAction::Delete => "delete",
        ChangeAction::Noop => "keep",
        ChangeAction::Transfer => "transfer",
        ChangeAction::Handover => "hand over",
        ChangeAction::Run => "run",
    }
}

const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Config => "config",
        Cause::Settings => "settings",
        Cause::Fact => "fact",
        Cause::Plugin => "plugin",
        Cause::Drift => "drift",
        Cause::Rotation => "rotation",
        Cause::Removed => "removed",
        Cause::Feedback => "feedback",
        Cause::Handover => "handover",
    }
}
