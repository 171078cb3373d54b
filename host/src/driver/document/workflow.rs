//! A GitHub Actions workflow.

use aegis_document::Identifier;

use super::error::DocumentError;
use super::fields::{Fields, map, map_of_some, optional_text, text_map, texts};
use crate::proposal::{Access, Job, Permission, Step, Trigger, Workflow};
use crate::template::Node;

pub(super) fn to_node(workflow: &Workflow) -> Node {
    map_of_some([
        ("name", Node::text(workflow.name.as_str())),
        (
            "triggers",
            Node::List(workflow.triggers.iter().map(trigger_node).collect()),
        ),
        (
            "concurrency",
            optional_text(workflow.concurrency.as_deref()),
        ),
        (
            "jobs",
            Node::List(workflow.jobs.iter().map(job_node).collect()),
        ),
    ])
}

fn trigger_node(trigger: &Trigger) -> Node {
    match trigger {
        Trigger::Push(branches) => map([("push", texts(branches))]),
        Trigger::PullRequest(branches) => map([("pull-request", texts(branches))]),
        Trigger::Tag(tags) => map([("tag", texts(tags))]),
        Trigger::Schedule(cron) => map([("schedule", Node::text(cron.as_str()))]),
        Trigger::Manual => Node::text("manual"),
    }
}

fn job_node(job: &Job) -> Node {
    let permissions = job.permissions.iter().map(|permission| {
        map([
            ("name", Node::text(permission.name.as_str())),
            ("access", Node::text(access_word(permission.access))),
        ])
    });
    map_of_some([
        ("id", Node::text(job.id.as_str())),
        ("runs-on", Node::text(job.runs_on.as_str())),
        ("needs", texts(&job.needs)),
        ("environment", optional_text(job.environment.as_deref())),
        ("permissions", Node::List(permissions.collect())),
        ("timeout-minutes", Node::Number(job.timeout_minutes.into())),
        (
            "steps",
            Node::List(job.steps.iter().map(step_node).collect()),
        ),
    ])
}

/// The word of an access right, in the stored form and in GitHub's.
pub(crate) const fn access_word(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
    }
}

fn step_node(step: &Step) -> Node {
    match step {
        Step::Uses {
            name,
            action,
            commit,
            version,
            with,
        } => map_of_some([
            ("name", Node::text(name.as_str())),
            ("uses", Node::text(action.as_str())),
            ("commit", Node::text(commit.as_str())),
            ("version", Node::text(version.as_str())),
            ("with", text_map(with)),
        ]),
        Step::Run { name, script, env } => map_of_some([
            ("name", Node::text(name.as_str())),
            ("run", Node::text(script.as_str())),
            ("env", text_map(env)),
        ]),
    }
}

pub(super) fn from_node(file: &Identifier, node: Node) -> Result<Workflow, DocumentError> {
    let mut fields = Fields::of(node, "")?;
    let workflow = Workflow {
        file: file.clone(),
        name: fields.text("name")?,
        triggers: fields
            .list("triggers")?
            .into_iter()
            .map(read_trigger)
            .collect::<Result<_, _>>()?,
        concurrency: fields.optional_text("concurrency")?,
        jobs: fields
            .list("jobs")?
            .into_iter()
            .map(read_job)
            .collect::<Result<_, _>>()?,
    };
    fields.end()?;
    Ok(workflow)
}

fn read_trigger((node, at): (Node, String)) -> Result<Trigger, DocumentError> {
    if node.as_str() == Some("manual") {
        return Ok(Trigger::Manual);
    }
    let kind = node
        .as_map()
        .and_then(|entries| entries.keys().next().cloned())
        .unwrap_or_default();
    let mut fields = Fields::of(node, &at)?;
    let trigger = match kind.as_str() {
        "push" => Trigger::Push(fields.texts("push")?),
        "pull-request" => Trigger::PullRequest(fields.texts("pull-request")?),
        "tag" => Trigger::Tag(fields.texts("tag")?),
        "schedule" => Trigger::Schedule(fields.text("schedule")?),
        _ => return Err(DocumentError::form(at, "a trigger")),
    };
    fields.end()?;
    Ok(trigger)
}

fn read_job((node, at): (Node, String)) -> Result<Job, DocumentError> {
    let mut fields = Fields::of(node, &at)?;
    let job = Job {
        id: fields.identifier("id")?,
        runs_on: fields.text("runs-on")?,
        needs: fields.identifiers("needs")?,
        environment: fields.optional_text("environment")?,
        permissions: fields
            .list("permissions")?
            .into_iter()
            .map(read_permission)
            .collect::<Result<_, _>>()?,
        timeout_minutes: fields.integer("timeout-minutes")?,
        steps: fields
            .list("steps")?
            .into_iter()
            .map(read_step)
            .collect::<Result<_, _>>()?,
    };
    fields.end()?;
    Ok(job)
}

fn read_permission((node, at): (Node, String)) -> Result<Permission, DocumentError> {
    let mut fields = Fields::of(node, &at)?;
    let name = fields.text("name")?;
    let access = match fields.text("access")?.as_str() {
        "read" => Access::Read,
        "write" => Access::Write,
        _ => {
            return Err(DocumentError::form(
                fields.at("access"),
                "`read` or `write`",
            ));
        }
    };
    fields.end()?;
    Ok(Permission { name, access })
}

fn read_step((node, at): (Node, String)) -> Result<Step, DocumentError> {
    let mut fields = Fields::of(node, &at)?;
    let name = fields.text("name")?;
    let step = match fields.optional_text("run")? {
        Some(script) => Step::Run {
            name,
            script,
            env: fields.text_map("env")?,
        },
        None => Step::Uses {
            name,
            action: fields.text("uses")?,
            commit: fields.text("commit")?,
            version: fields.text("version")?,
            with: fields.text_map("with")?,
        },
    };
    fields.end()?;
    Ok(step)
}
