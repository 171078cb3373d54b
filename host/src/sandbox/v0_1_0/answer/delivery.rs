//! Argo CD applications, GitHub workflows and files.

use super::super::bindings::changes as wit;
use crate::proposal::{
    Access, Application, File, Job, Permission, Step, SyncPolicy, Trigger, Workflow,
};
use crate::sandbox::parse::{AnswerError, At, Budget, each, malformed, text, unique_keys};

pub(super) fn application(raw: wit::Application) -> Result<Application, AnswerError> {
    Ok(Application {
        name: text::dns_label(raw.name).at("name")?,
        project: text::dns_label(raw.project).at("project")?,
        repository: text::control(raw.repository).at("repository")?,
        revision: text::control(raw.revision).at("revision")?,
        path: text::relative_path(raw.path).at("path")?,
        destination_cluster: text::identifier(raw.destination_cluster)
            .at("destination-cluster")?
            .to_string(),
        destination_namespace: text::dns_label(raw.destination_namespace)
            .at("destination-namespace")?,
        sync: SyncPolicy {
            automated: raw.sync.automated,
            prune: raw.sync.prune,
            self_heal: raw.sync.self_heal,
        },
        wave: raw.wave,
    })
}

pub(super) fn workflow(raw: wit::Workflow, budget: &mut Budget) -> Result<Workflow, AnswerError> {
    Ok(Workflow {
        file: text::identifier(raw.file).at("file")?,
        name: text::people(raw.name).at("name")?,
        triggers: each("triggers", raw.triggers, budget, trigger)?,
        concurrency: raw
            .concurrency
            .map(text::control)
            .transpose()
            .at("concurrency")?,
        jobs: each("jobs", raw.jobs, budget, job)?,
    })
}

fn trigger(raw: wit::Trigger, budget: &mut Budget) -> Result<Trigger, AnswerError> {
    let mut patterns =
        |field, patterns| each(field, patterns, budget, |pattern, _| text::control(pattern));
    Ok(match raw {
        wit::Trigger::Push(branches) => Trigger::Push(patterns("push", branches)?),
        wit::Trigger::PullRequest(branches) => {
            Trigger::PullRequest(patterns("pull-request", branches)?)
        }
        wit::Trigger::Tag(tags) => Trigger::Tag(patterns("tag", tags)?),
        wit::Trigger::Schedule(cron) => Trigger::Schedule(text::control(cron)?),
        wit::Trigger::Manual => Trigger::Manual,
    })
}

fn job(raw: wit::Job, budget: &mut Budget) -> Result<Job, AnswerError> {
    Ok(Job {
        id: text::identifier(raw.id).at("id")?,
        runs_on: text::control(raw.runs_on).at("runs-on")?,
        needs: each("needs", raw.needs, budget, |id, _| text::identifier(id))?,
        environment: raw
            .environment
            .map(text::control)
            .transpose()
            .at("environment")?,
        permissions: each("permissions", raw.permissions, budget, |raw, _| {
            Ok(Permission {
                name: text::word(raw.name).at("name")?,
                access: match raw.access {
                    wit::Access::Read => Access::Read,
                    wit::Access::Write => Access::Write,
                },
            })
        })?,
        timeout_minutes: raw.timeout_minutes,
        steps: each("steps", raw.steps, budget, step)?,
    })
}

fn step(raw: wit::Step, budget: &mut Budget) -> Result<Step, AnswerError> {
    let mut pairs = |field, pairs| {
        let pairs = each(field, pairs, budget, |(key, value), _| {
            Ok((text::word(key)?, text::people(value)?))
        })?;
        unique_keys(field, &pairs)?;
        Ok(pairs)
    };
    Ok(match raw {
        wit::Step::Uses(raw) => Step::Uses {
            with: pairs("with", raw.with)?,
            name: text::people(raw.name).at("name")?,
            action: text::relative_path(raw.action).at("action")?,
            commit: text::commit(raw.commit).at("commit")?,
            version: text::control(raw.version).at("version")?,
        },
        wit::Step::Run(raw) => Step::Run {
            env: pairs("env", raw.env)?,
            name: text::people(raw.name).at("name")?,
            script: script(raw.script).at("script")?,
        },
    })
}

/// GitHub replaces `${{ … }}` before the shell reads a script, so a branch's name could become a command.
fn script(text: String) -> Result<String, AnswerError> {
    if text.contains("${{") {
        return Err(malformed(
            "a script holds no `${{`; values come in through `env`",
        ));
    }
    text::people(text)
}

pub(super) fn text_file(raw: wit::TextFile) -> Result<File, AnswerError> {
    Ok(File {
        path: text::relative_path(raw.path).at("path")?,
        content: text::templated(&raw.content).at("content")?,
    })
}
