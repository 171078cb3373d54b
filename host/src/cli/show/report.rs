//! What is shown of a plan, in the order in which a person should read it: what it is, what can do most harm, then
//! everything else. Only what comes last may be cut by a format.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aegis_document::Digest;
use serde_json::Value;

use super::diff::{self, DiffLine};
use super::line::Line;
use super::{findings, first, words};
use crate::cli::ui::Tone;
use crate::driver::tree::DriftKind;
use crate::fact::FactRef;
use crate::plan::{
    ChangeAction, FactStatus, Identity, Instance, InstanceStatus, Mode, Plan, PlannedChange,
    Precision,
};
use crate::proposal::{FactSource, Outcome};
use crate::validate::{Date, Verdict, findings_on};

/// Looks up a document that state recorded.
pub type Applied<'a> = dyn Fn(&Digest) -> Option<Value> + 'a;

/// A plan as it is shown.
pub struct Report {
    /// What the plan is of and what it stands on: a name and its value.
    pub head: Vec<(&'static str, Line)>,
    /// What an approver has to know before anything else. No format cuts it.
    pub first: Vec<Item>,
    pub instances: Vec<Group>,
    /// The facts that the operator has to bring, and how.
    pub waiting: Vec<(Line, Line)>,
    /// The summary of the findings, and each of them.
    pub findings: Option<(Line, Vec<Vec<Line>>)>,
    pub counts: Line,
}

/// Something to look at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub line: Line,
    /// Code, in full; each line is foreign.
    pub code: Vec<String>,
}

/// The changes of one instance.
pub struct Group {
    pub title: Line,
    pub changes: Vec<ShownChange>,
}

/// One change.
pub struct ShownChange {
    pub line: Line,
    pub notes: Vec<Line>,
    pub document: Vec<DiffLine>,
}

/// How much is shown of what comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Differences of documents that change.
    Differences,
    /// Also documents that are made anew or go, and changes that change nothing.
    Everything,
}

impl Report {
    pub fn of(plan: &Plan, applied: &Applied<'_>, depth: Depth) -> Self {
        Self {
            head: head(plan),
            first: first::items(plan, applied),
            instances: groups(plan, applied, depth),
            waiting: waiting(plan),
            findings: judged(plan),
            counts: counts(plan),
        }
    }
}

/// The changes that change something.
pub fn changing(plan: &Plan) -> impl Iterator<Item = (&Instance, &PlannedChange)> {
    plan.body
        .changes()
        .filter(|(_, change)| change.action != ChangeAction::Noop)
}

fn head(plan: &Plan) -> Vec<(&'static str, Line)> {
    let body = &plan.body;
    let mode = match body.mode {
        Mode::Apply => "to apply",
        Mode::Destroy => "to destroy",
        Mode::Refresh => "to refresh",
        Mode::Handover => "to hand over",
    };
    let mut head = vec![
        ("digest", Line::default().quote(plan.digest)),
        (
            "stack",
            Line::default()
                .quote(&body.stack.name)
                .say(format!(", {mode}")),
        ),
        (
            "lineage",
            match &body.base.lineage {
                Some(lineage) => Line::default().quote(lineage),
                None => Line::of("none yet: nothing was applied"),
            },
        ),
    ];
    let serials = body.base.serials.iter();
    let serials: Vec<String> = serials
        .map(|(id, serial)| format!("{id} {serial}"))
        .collect();
    if !serials.is_empty() {
        head.push(("serials", Line::default().list(serials)));
    }
    let accounts: BTreeSet<String> = changing(plan)
        .filter(|(_, change)| matches!(change.identity, Identity::Terraform { .. }))
        .filter_map(|(_, change)| plan.documents.get(&change.desired?))
        .filter_map(|root| Some(root.get("account")?.as_str()?.to_owned()))
        .collect();
    if !accounts.is_empty() {
        head.push(("account", Line::default().list(accounts)));
    }
    head.push(("grants", Line::of("lock file ").quote(body.lock)));
    head.push((
        "policy",
        Line::of(format!(
            "{} approvals, blocked by findings from {}",
            body.policy.approvals,
            findings::severity(body.policy.block_at)
        )),
    ));
    for plugin in &body.plugins {
        let line = Line::default()
            .quote(&plugin.stage)
            .say(": ")
            .quote(&plugin.plugin)
            .say(" ")
            .quote(&plugin.version)
            .say(" ")
            .quote(plugin.component);
        head.push(("plugin", line));
    }
    head
}

/// How many changes of each kind.
pub fn counts(plan: &Plan) -> Line {
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
        return Line::default().tell(Tone::Good, "Nothing to change.");
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
        text.push_str(&format!(", {deferred} instances deferred"));
    }
    Line::default().tell(Tone::Strong, text)
}

fn groups(plan: &Plan, applied: &Applied<'_>, depth: Depth) -> Vec<Group> {
    let everything = depth == Depth::Everything;
    let known: BTreeMap<&FactRef, &Value> = plan
        .body
        .facts
        .iter()
        .filter_map(|fact| Some((&fact.reference, fact.value.as_ref()?)))
        .collect();
    let mut groups = Vec::new();
    for instance in &plan.body.instances {
        let changes: Vec<ShownChange> = instance
            .changes
            .iter()
            .filter(|change| everything || change.action != ChangeAction::Noop)
            .map(|change| shown(plan, &known, change, applied, everything))
            .collect();
        if changes.is_empty() {
            continue;
        }
        let mut title = Line::default().quote(&instance.id);
        let mut plugins = plan.body.plugins.iter();
        if let Some(plugin) = plugins.find(|plugin| plugin.stage == instance.id.stage) {
            title = title
                .say("  ")
                .quote(&plugin.plugin)
                .say(" ")
                .quote(&plugin.version);
        }
        groups.push(Group { title, changes });
    }
    groups
}

fn shown(
    plan: &Plan,
    known: &BTreeMap<&FactRef, &Value>,
    change: &PlannedChange,
    applied: &Applied<'_>,
    everything: bool,
) -> ShownChange {
    let mut notes = Vec::new();
    for drift in &change.drift {
        let how = match drift.kind {
            DriftKind::Edited => "edited by hand: ",
            DriftKind::Missing => "deleted by hand: ",
        };
        notes.push(
            Line::default()
                .tell(Tone::Warn, how)
                .quote(drift.path.as_str()),
        );
    }
    for fact in &change.completes {
        notes.push(
            Line::default()
                .tell(Tone::Good, "+ ")
                .quote(fact)
                .say(" = ")
                .quote(known.get(fact).map(ToString::to_string).unwrap_or_default()),
        );
    }
    let update = matches!(
        change.action,
        ChangeAction::Update | ChangeAction::Replace | ChangeAction::Transfer
    );
    let mut document = Vec::new();
    if update || (everything && change.action != ChangeAction::Noop) {
        let before = change.before.as_ref().and_then(applied);
        if change.before.is_some() && before.is_none() {
            let words = "what was applied is not known here: all of what is wanted is shown";
            notes.push(Line::default().tell(Tone::Warn, words));
        }
        let after = change
            .desired
            .and_then(|digest| plan.documents.get(&digest));
        document = diff::documents(before.as_ref(), after.as_ref());
    }
    ShownChange {
        line: line(change),
        notes,
        document,
    }
}

fn line(change: &PlannedChange) -> Line {
    let (tone, mark) = match change.action {
        ChangeAction::Create | ChangeAction::Run => (Tone::Good, "+"),
        ChangeAction::Update | ChangeAction::Transfer | ChangeAction::Handover => (Tone::Warn, "~"),
        ChangeAction::Replace => (Tone::Bad, "±"),
        ChangeAction::Delete => (Tone::Bad, "-"),
        ChangeAction::Noop => (Tone::Faint, "="),
    };
    let mut line = Line::default()
        .tell(tone, mark)
        .say(format!(" {:9} ", words::cause(change.cause)))
        .quote(&change.identity);
    if let Precision::Structural(_) = change.precision {
        line = line
            .tell(Tone::Faint, "  (waits for ")
            .list(&change.waits_for)
            .tell(Tone::Faint, ")");
    }
    if let Some(from) = &change.moved_from {
        line = line
            .tell(Tone::Faint, "  (was ")
            .quote(from)
            .tell(Tone::Faint, ")");
    }
    line
}

fn waiting(plan: &Plan) -> Vec<(Line, Line)> {
    let unknown: BTreeSet<_> = plan
        .body
        .facts
        .iter()
        .filter(|fact| fact.status == FactStatus::Unknown)
        .map(|fact| (fact.reference.cluster.as_ref(), &fact.reference.name))
        .collect();
    let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for instance in &plan.body.instances {
        for (name, source) in &instance.sources {
            let unknown = unknown.contains(&(instance.id.cluster.as_ref(), name));
            if let (FactSource::TerraformOutput { .. }, true) = (source, unknown) {
                let cluster = instance.id.cluster.as_ref();
                let cluster = cluster.map(|cluster| format!(" --cluster {cluster}"));
                let command = format!(
                    "aegis facts import --stage {}{} FILE",
                    instance.id.stage,
                    cluster.unwrap_or_default()
                );
                sources.entry(command).or_default().push(name.to_string());
            }
        }
    }
    sources
        .into_iter()
        .map(|(command, names)| (Line::default().list(names), Line::default().quote(command)))
        .collect()
}

fn judged(plan: &Plan) -> Option<(Line, Vec<Vec<Line>>)> {
    if plan.body.findings.is_empty() {
        return None;
    }
    let found = findings_on(&plan.body, Date::of(SystemTime::now()));
    let policy = &plan.body.policy;
    let verdict = Verdict::judge(&found, policy, policy.block_at);
    let open = found.iter().filter(|found| {
        matches!(
            found.finding.outcome,
            Outcome::Fail | Outcome::Warn | Outcome::Manual
        )
    });
    let missing = verdict.missing.iter().map(|control| {
        vec![
            Line::default()
                .tell(Tone::Bad, "! ")
                .quote(control)
                .say(" was not evaluated, and it is required"),
        ]
    });
    let lines = missing.chain(open.map(findings::finding)).collect();
    Some((Line::of(findings::summary(&verdict.summary)), lines))
}
