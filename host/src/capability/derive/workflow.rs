//! A GitHub Actions workflow. The host writes the file, with no permissions at the top.

use std::collections::BTreeSet;

use aegis_document::{Identifier, untrusted};

use super::no_cluster;
use crate::capability::ci::{CiNeed, CiRequest, TriggerKind};
use crate::capability::denial::Denial;
use crate::capability::{Request, codes, syntax};
use crate::proposal::{Access, Change, Job, Step, Trigger, Workflow};

pub(super) fn derive(workflow: &Workflow, change: &Change) -> Result<Vec<Request>, Denial> {
    let asked = format!("write the workflow {}", workflow.file);
    no_cluster(change, &asked)?;
    let mut needs = Needs {
        workflow,
        asked,
        needs: vec![CiNeed::File],
    };
    needs.line(&workflow.name, "name")?;
    if let Some(group) = &workflow.concurrency {
        needs.line(group, "concurrency group")?;
    }
    if workflow.triggers.is_empty() || workflow.jobs.is_empty() {
        return Err(needs.malformed("a workflow has at least one trigger and one job", "/jobs"));
    }
    for trigger in &workflow.triggers {
        needs.trigger(trigger)?;
    }
    let ids: BTreeSet<&Identifier> = workflow.jobs.iter().map(|job| &job.id).collect();
    if ids.len() != workflow.jobs.len() {
        return Err(needs.malformed("two jobs have one id", "/jobs"));
    }
    for job in &workflow.jobs {
        if let Some(unknown) = job.needs.iter().find(|need| !ids.contains(need)) {
            return Err(needs.malformed(
                &format!("job {} needs {unknown}, which does not exist", job.id),
                "/jobs",
            ));
        }
        needs.job(job)?;
    }
    let Needs { needs, .. } = needs;
    let request = |need| {
        Request::Ci(CiRequest {
            workflow: workflow.file.clone(),
            need,
        })
    };
    Ok(needs.into_iter().map(request).collect())
}

struct Needs<'a> {
    workflow: &'a Workflow,
    asked: String,
    needs: Vec<CiNeed>,
}

/// Expressions that name nothing which an event's author can choose freely. `github.ref_name` is the name of a
/// branch that somebody with write access pushed; it is allowed in `env`, where a shell does not parse it.
const CONTEXT: &[&str] = &[
    "github.sha",
    "github.repository",
    "github.repository_owner",
    "github.repository_id",
    "github.run_id",
    "github.run_number",
    "github.run_attempt",
    "github.workflow",
    "github.server_url",
    "github.api_url",
    "github.token",
    "runner.os",
    "runner.arch",
    "runner.temp",
];

impl Needs<'_> {
    fn malformed(&self, reason: &str, at: &str) -> Denial {
        Denial::forbidden(
            codes::MALFORMED_FIELD,
            self.asked.clone(),
            reason,
            "see GitHub's workflow syntax",
        )
        .at(at)
    }

    fn forbidden(&self, reason: impl Into<String>, help: &str, at: String) -> Denial {
        Denial::forbidden(codes::FORBIDDEN, self.asked.clone(), reason, help).at(at)
    }

    /// A text for people: one line, without expressions.
    fn line(&self, text: &str, what: &str) -> Result<(), Denial> {
        let fits = (1..=200).contains(&text.len())
            && !text.chars().any(char::is_control)
            && !text.contains("${{");
        if fits {
            Ok(())
        } else {
            Err(self.malformed(
                &format!("the {what} is not one line of text without expressions"),
                "",
            ))
        }
    }

    fn trigger(&mut self, trigger: &Trigger) -> Result<(), Denial> {
        let (kind, patterns) = match trigger {
            Trigger::Push(branches) => (TriggerKind::Push, &branches[..]),
            Trigger::PullRequest(branches) => (TriggerKind::PullRequest, &branches[..]),
            Trigger::Tag(tags) => (TriggerKind::Tag, &tags[..]),
            Trigger::Schedule(cron) => {
                if !is_cron(cron) {
                    return Err(self.malformed(
                        "a schedule has five fields of digits, `*`, `,`, `-` and `/`",
                        "/triggers",
                    ));
                }
                (TriggerKind::Schedule, &[][..])
            }
            Trigger::Manual => (TriggerKind::Manual, &[][..]),
        };
        // Not a branch by name alone: GitHub's own patterns, with `*`.
        let is_pattern = |text: &String| {
            (1..=200).contains(&text.len())
                && !text.starts_with('-')
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_./*".contains(&b))
        };
        if !patterns.iter().all(is_pattern) {
            return Err(self.malformed(
                "a branch or tag is letters, digits, `-`, `_`, `.`, `/` and `*`",
                "/triggers",
            ));
        }
        self.needs.push(CiNeed::Trigger(kind));
        Ok(())
    }

    fn job(&mut self, job: &Job) -> Result<(), Denial> {
        let at = format!("/jobs/{}", job.id);
        if !is_word(&job.runs_on) {
            return Err(self.malformed("a runner is one label", &at));
        }
        self.needs.push(CiNeed::Runner(job.runs_on.clone()));
        if let Some(environment) = &job.environment {
            if !is_word(environment) {
                return Err(self.malformed("an environment is one name", &at));
            }
            self.needs.push(CiNeed::Environment(environment.clone()));
        }
        // GitHub ends a job after six hours of its own accord.
        if !(1..=360).contains(&job.timeout_minutes) {
            return Err(self.malformed("a job's timeout is 1 to 360 minutes", &at));
        }
        let mut seen = BTreeSet::new();
        for permission in &job.permissions {
            let name = permission.name.as_str();
            let fits = (1..=40).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            // These two stand for all permissions at once.
            if !fits || ["read-all", "write-all"].contains(&name) || !seen.insert(name) {
                return Err(self.malformed("a permission is one of GitHub's names, once", &at));
            }
            self.needs.push(CiNeed::Permission {
                name: name.to_owned(),
                access: permission.access,
            });
        }
        for (index, step) in job.steps.iter().enumerate() {
            self.step(step, &format!("{at}/steps/{index}"))?;
        }
        if self
            .workflow
            .triggers
            .iter()
            .any(|trigger| matches!(trigger, Trigger::PullRequest(_)))
            && job.permissions.iter().any(|permission| {
                permission.name == "id-token" && permission.access == Access::Write
            })
        {
            return Err(self.forbidden(
                "a pull request would get an identity token: whoever opens one could act as the workflow",
                "move the job to a workflow without the `pull-request` trigger",
                at,
            ));
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, at: &str) -> Result<(), Denial> {
        match step {
            Step::Uses {
                name,
                action,
                commit,
                version,
                with,
            } => {
                self.line(name, "name of a step")?;
                if !is_action(action) {
                    return Err(
                        self.malformed("an action is `owner/repository` or a path in it", at)
                    );
                }
                if !syntax::is_commit(commit) {
                    return Err(self.forbidden(
                        format!(
                            "the action {} is not pinned to a 40-digit commit",
                            untrusted(action)
                        ),
                        "name the commit: whoever can move a tag could change what runs",
                        at.to_owned(),
                    ));
                }
                if !is_word(version) {
                    return Err(self.malformed("a version is one word", at));
                }
                self.needs.push(CiNeed::Action {
                    action: action.clone(),
                    commit: commit.clone(),
                });
                self.values(with, &format!("{at}/with"), false)
            }
            Step::Run { name, script, env } => {
                self.line(name, "name of a step")?;
                if script.contains("${{") {
                    return Err(self.forbidden(
                        "a script holds `${{`: the value would be parsed as part of the script",
                        "bring values in through `env`",
                        format!("{at}/script"),
                    ));
                }
                if script
                    .chars()
                    .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
                {
                    return Err(self.malformed("a script holds control characters", at));
                }
                self.needs.push(CiNeed::Script);
                self.values(env, &format!("{at}/env"), true)
            }
        }
    }

    fn values(&mut self, values: &[(String, String)], at: &str, env: bool) -> Result<(), Denial> {
        let mut seen = BTreeSet::new();
        for (key, value) in values {
            let fits = (1..=100).contains(&key.len())
                && key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || (!env && b == b'-'));
            if !fits || !seen.insert(key.to_ascii_lowercase()) {
                return Err(self.malformed("a key is letters, digits and `_`, once", at));
            }
            // What the runner itself obeys: a path, a file of commands.
            let upper = key.to_ascii_uppercase();
            if env
                && (upper.starts_with("GITHUB_")
                    || upper.starts_with("RUNNER_")
                    || upper.starts_with("ACTIONS_")
                    || LOADER.contains(&upper.as_str()))
            {
                return Err(self.forbidden(
                    format!(
                        "the variable {} decides what the runner executes",
                        untrusted(key)
                    ),
                    "choose another name",
                    at.to_owned(),
                ));
            }
            self.expressions(value, &aegis_document::pointer::join(at, key), env)?;
        }
        Ok(())
    }

    fn expressions(&mut self, text: &str, at: &str, env: bool) -> Result<(), Denial> {
        let mut rest = text;
        while let Some((_, tail)) = rest.split_once("${{") {
            let Some((expression, tail)) = tail.split_once("}}") else {
                return Err(self.malformed("an expression is not closed", at));
            };
            self.expression(expression.trim(), at, env)?;
            rest = tail;
        }
        Ok(())
    }

    fn expression(&mut self, expression: &str, at: &str, env: bool) -> Result<(), Denial> {
        let name = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if let Some(secret) = expression
            .strip_prefix("secrets.")
            .filter(|secret| name(secret))
        {
            // GitHub's own token has the permissions of the job and no more.
            if !secret.eq_ignore_ascii_case("GITHUB_TOKEN") {
                self.needs.push(CiNeed::Secret(secret.to_owned()));
            }
            return Ok(());
        }
        let known = CONTEXT.contains(&expression)
            || expression.strip_prefix("vars.").is_some_and(name)
            || (env && ["github.ref_name", "github.ref", "github.actor"].contains(&expression));
        if known {
            return Ok(());
        }
        let shown: String = expression.chars().take(80).collect();
        Err(self.forbidden(
            format!(
                "the expression `{}` is not one of those that are known to be harmless",
                untrusted(&shown)
            ),
            "use `secrets.NAME`, `vars.NAME` or a property of `github` that no stranger can choose",
            at.to_owned(),
        ))
    }
}

/// Variables that make ordinary programs load or run something else.
const LOADER: &[&str] = &[
    "PATH",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "BASH_ENV",
    "ENV",
    "IFS",
    "PROMPT_COMMAND",
    "NODE_OPTIONS",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PERL5OPT",
    "RUBYOPT",
    "JAVA_TOOL_OPTIONS",
    "GIT_SSH_COMMAND",
    "GIT_CONFIG_COUNT",
];

fn is_word(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.+".contains(&b))
}

/// `owner/repository` or a path in it; no image, no local folder.
fn is_action(text: &str) -> bool {
    let segments: Vec<&str> = text.split('/').collect();
    segments.len() >= 2
        && text.len() <= 200
        && segments.iter().all(|segment| {
            !segment.is_empty()
                && !segment.starts_with(['.', '-'])
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
}

fn is_cron(text: &str) -> bool {
    let fields: Vec<&str> = text.split(' ').collect();
    fields.len() == 5
        && fields.iter().all(|field| {
            !field.is_empty()
                && field.len() <= 40
                && field
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b"*,-/".contains(&b))
        })
}
