//! GitHub Actions workflows.

use super::kubernetes::with_header;
use super::render::RenderError;
use super::yaml::Yaml;
use crate::driver::document::access_word;
use crate::proposal::{Job, Permission, Step, Trigger, Workflow};
use serde_json::Number;

/// The action that leaves the job's token in the clone's configuration unless it is told not to.
const CHECKOUT: &str = "actions/checkout";
const CHECKOUT_CREDENTIALS: &str = "persist-credentials";

pub(super) fn print(workflow: &Workflow) -> Result<Vec<u8>, RenderError> {
    let mut jobs = Vec::new();
    for job in &workflow.jobs {
        if jobs.iter().any(|(id, _)| *id == job.id.as_str()) {
            return Err(RenderError::Workflow(format!("a second job `{}`", job.id)));
        }
        jobs.push((job.id.to_string(), self::job(job)?));
    }
    let mut entries = vec![
        ("name", Yaml::text(workflow.name.as_str())),
        ("on", triggers(&workflow.triggers)),
        // Every job says what it needs; what it does not say it does not get.
        ("permissions", Yaml::Map(Vec::new())),
    ];
    if let Some(group) = &workflow.concurrency {
        let group = Yaml::text(group.as_str());
        entries.push((
            "concurrency",
            Yaml::map([("group", group), ("cancel-in-progress", Yaml::Bool(false))]),
        ));
    }
    entries.push(("jobs", Yaml::Map(jobs)));
    Ok(with_header(&Yaml::map(entries)))
}

fn triggers(triggers: &[Trigger]) -> Yaml {
    let mut branches = Filter::default();
    let mut tags = Filter::default();
    let mut requests = Filter::default();
    let mut schedules = Vec::new();
    let mut manual = false;
    for trigger in triggers {
        match trigger {
            Trigger::Push(names) => branches.add(names),
            Trigger::Tag(names) => tags.add(names),
            Trigger::PullRequest(names) => requests.add(names),
            Trigger::Schedule(cron) => {
                schedules.push(Yaml::map([("cron", Yaml::text(cron.as_str()))]));
            }
            Trigger::Manual => manual = true,
        }
    }
    let mut on = Vec::new();
    let push: Vec<_> = [("branches", branches.names()), ("tags", tags.names())]
        .into_iter()
        .filter_map(|(filter, names)| Some((filter, names?)))
        .collect();
    if !push.is_empty() {
        on.push(("push", Yaml::map(push)));
    }
    if let Some(names) = requests.names() {
        on.push(("pull_request", Yaml::map([("branches", names)])));
    }
    if !schedules.is_empty() {
        on.push(("schedule", Yaml::List(schedules)));
    }
    if manual {
        on.push(("workflow_dispatch", Yaml::Map(Vec::new())));
    }
    Yaml::map(on)
}

/// Branches or tags of one event. GitHub takes a missing filter for "all" only while the other one is missing as
/// well, so it is always written.
#[derive(Default)]
struct Filter<'a> {
    asked: bool,
    all: bool,
    names: Vec<&'a str>,
}

impl<'a> Filter<'a> {
    /// No names are all names.
    fn add(&mut self, names: &'a [String]) {
        self.asked = true;
        self.all |= names.is_empty();
        self.names.extend(names.iter().map(String::as_str));
    }

    fn names(&self) -> Option<Yaml> {
        let names = if self.all { &["**"][..] } else { &self.names };
        self.asked
            .then(|| Yaml::List(names.iter().map(|name| Yaml::text(*name)).collect()))
    }
}

fn job(job: &Job) -> Result<Yaml, RenderError> {
    let mut entries = vec![("runs-on", Yaml::text(job.runs_on.as_str()))];
    if !job.needs.is_empty() {
        let needs = job.needs.iter().map(|id| Yaml::text(id.as_str()));
        entries.push(("needs", Yaml::List(needs.collect())));
    }
    if let Some(environment) = &job.environment {
        entries.push(("environment", Yaml::text(environment.as_str())));
    }
    entries.push(("permissions", permissions(&job.permissions)?));
    entries.push((
        "timeout-minutes",
        Yaml::Number(Number::from(job.timeout_minutes)),
    ));
    let steps: Vec<Yaml> = job.steps.iter().map(step).collect::<Result<_, _>>()?;
    entries.push(("steps", Yaml::List(steps)));
    Ok(Yaml::map(entries))
}

fn permissions(permissions: &[Permission]) -> Result<Yaml, RenderError> {
    let mut sorted: Vec<(&str, Yaml)> = permissions
        .iter()
        .map(|permission| {
            (
                permission.name.as_str(),
                Yaml::text(access_word(permission.access)),
            )
        })
        .collect();
    sorted.sort_by_key(|(name, _)| *name);
    match repeated(sorted.iter().map(|(name, _)| *name)) {
        Some(name) => Err(RenderError::Workflow(format!(
            "the permission `{}` twice",
            aegis_document::untrusted(name)
        ))),
        None => Ok(Yaml::map(sorted)),
    }
}

fn step(step: &Step) -> Result<Yaml, RenderError> {
    match step {
        Step::Run { name, script, env } => {
            let mut entries = vec![("name", Yaml::text(name.as_str()))];
            if !env.is_empty() {
                entries.push(("env", text_map(env)?));
            }
            entries.push(("run", Yaml::text(script.as_str())));
            Ok(Yaml::map(entries))
        }
        Step::Uses {
            name,
            action,
            commit,
            version,
            with,
        } => {
            let is_commit = commit.len() == 40
                && commit
                    .bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if !is_commit {
                let shown = aegis_document::untrusted(action).to_string();
                return Err(RenderError::Workflow(format!(
                    "`{shown}` without the 40 digits of its commit"
                )));
            }
            let uses = Yaml::Noted {
                text: format!("{action}@{commit}"),
                note: version.clone(),
            };
            let mut with = with.clone();
            let says = with.iter().any(|(key, _)| key == CHECKOUT_CREDENTIALS);
            if action.eq_ignore_ascii_case(CHECKOUT) && !says {
                with.push((CHECKOUT_CREDENTIALS.to_owned(), "false".to_owned()));
            }
            let mut entries = vec![("name", Yaml::text(name.as_str())), ("uses", uses)];
            if !with.is_empty() {
                entries.push(("with", text_map(&with)?));
            }
            Ok(Yaml::map(entries))
        }
    }
}

fn text_map(entries: &[(String, String)]) -> Result<Yaml, RenderError> {
    let mut sorted: Vec<(&str, Yaml)> = entries
        .iter()
        .map(|(key, text)| (key.as_str(), Yaml::text(text.as_str())))
        .collect();
    sorted.sort_by_key(|(key, _)| *key);
    match repeated(sorted.iter().map(|(key, _)| *key)) {
        Some(key) => Err(RenderError::Workflow(format!(
            "`{}` twice",
            aegis_document::untrusted(key)
        ))),
        None => Ok(Yaml::map(sorted)),
    }
}

/// A name that stands twice in a sorted list.
fn repeated<'a>(mut sorted: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut last = None;
    sorted.find(|name| last.replace(*name) == Some(*name))
}
