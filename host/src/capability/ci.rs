//! What generated GitHub workflows may do.

use std::collections::BTreeMap;
use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::cluster::is_empty;
use super::grant::{Grant, Problem};
use super::sorted::{Patterns, Sorted};
use super::{Pattern, Reach, Request, Risk, words};
use crate::proposal::Access;

/// `ci`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CiGrant {
    /// File names under `.github/workflows`, without the ending.
    pub workflows: Patterns,
    pub triggers: Sorted<TriggerKind>,
    /// Names as GitHub knows them, each with the highest access.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub permissions: BTreeMap<String, PermissionAccess>,
    /// Exact names of repository or environment secrets.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub secrets: Patterns,
    #[serde(default, skip_serializing_if = "is_empty")]
    pub environments: Patterns,
    /// Labels of runners, for example `ubuntu-24.04`.
    pub runners: Patterns,
    /// `owner/repository[/path]@` and the 40-digit commit.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub actions: Patterns,
    /// Also shell scripts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scripts: bool,
}

/// What starts a workflow. `pull_request_target` and `workflow_run`, which run with the repository's
/// secrets on a stranger's behalf, are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerKind {
    Push,
    PullRequest,
    Tag,
    Schedule,
    Manual,
}

impl TriggerKind {
    /// The word that people see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "pushes",
            Self::PullRequest => "pull requests",
            Self::Tag => "tags",
            Self::Schedule => "a schedule",
            Self::Manual => "hand",
        }
    }
}

/// Highest access of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermissionAccess {
    Read,
    Write,
}

/// One thing that a workflow does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CiRequest {
    /// The workflow's file name without the ending.
    pub workflow: Identifier,
    pub need: CiNeed,
}

/// What it needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CiNeed {
    /// The file itself.
    File,
    Trigger(TriggerKind),
    Permission {
        name: String,
        access: Access,
    },
    Secret(String),
    Environment(String),
    Runner(String),
    Action {
        action: String,
        commit: String,
    },
    Script,
}

impl CiRequest {
    pub const fn risk(&self) -> Risk {
        match self.need {
            CiNeed::File | CiNeed::Trigger(_) | CiNeed::Environment(_) => Risk::Plain,
            CiNeed::Permission {
                access: Access::Read,
                ..
            } => Risk::Plain,
            CiNeed::Permission {
                access: Access::Write,
                ..
            }
            | CiNeed::Secret(_)
            | CiNeed::Runner(_) => Risk::Power,
            CiNeed::Action { .. } | CiNeed::Script => Risk::Code,
        }
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for CiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.need {
            CiNeed::File => return write!(f, "write the workflow {}", self.workflow),
            CiNeed::Trigger(kind) => write!(f, "run by {}", kind.name())?,
            CiNeed::Permission {
                name,
                access: Access::Read,
            } => write!(f, "read {}", untrusted(name))?,
            CiNeed::Permission {
                name,
                access: Access::Write,
            } => write!(f, "write {}", untrusted(name))?,
            CiNeed::Secret(name) => write!(f, "use the secret {}", untrusted(name))?,
            CiNeed::Environment(name) => write!(f, "run in the environment {}", untrusted(name))?,
            CiNeed::Runner(label) => write!(f, "run on {}", untrusted(label))?,
            CiNeed::Action { action, commit } => {
                write!(
                    f,
                    "run the action {}@{}",
                    untrusted(action),
                    untrusted(commit)
                )?;
            }
            CiNeed::Script => f.write_str("run a script")?,
        }
        write!(f, " in workflow {}", self.workflow)
    }
}

impl Grant for CiGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Ci(request) = request else {
            return false;
        };
        let risk = request.risk();
        let need = match &request.need {
            CiNeed::File => true,
            CiNeed::Trigger(kind) => self.triggers.contains(kind),
            CiNeed::Permission { name, access } => {
                self.permissions.get(name).is_some_and(|most| match access {
                    Access::Read => true,
                    Access::Write => *most == PermissionAccess::Write,
                })
            }
            CiNeed::Secret(name) => self.secrets.covers(name, risk),
            CiNeed::Environment(name) => self.environments.covers(name, risk),
            CiNeed::Runner(label) => self.runners.covers(label, risk),
            CiNeed::Action { action, commit } => {
                self.actions.covers(&format!("{action}@{commit}"), risk)
            }
            CiNeed::Script => self.scripts,
        };
        need && self.workflows.matches(request.workflow.as_str())
    }

    fn describe(&self) -> String {
        let mut parts = vec![format!(
            "be started by {}",
            words::list(self.triggers.iter().map(|kind| kind.name()))
        )];
        parts.push(format!("run on {}", words::list(self.runners.iter())));
        if !self.permissions.is_empty() {
            let permissions = self.permissions.iter().map(|(name, access)| match access {
                PermissionAccess::Read => format!("read {}", untrusted(name)),
                PermissionAccess::Write => format!("WRITE {}", untrusted(name)),
            });
            parts.extend(permissions);
        }
        if !self.secrets.is_empty() {
            parts.push(format!(
                "use the SECRETS {}",
                words::list(self.secrets.iter())
            ));
        }
        if !self.environments.is_empty() {
            parts.push(format!(
                "run in the environments {}",
                words::list(self.environments.iter())
            ));
        }
        if !self.actions.is_empty() {
            parts.push(format!(
                "run the actions {}",
                words::list(self.actions.iter())
            ));
        }
        if self.scripts {
            parts.push("run SCRIPTS".to_owned());
        }
        let workflows = if self.workflows.is_everything() {
            "any workflow".to_owned()
        } else {
            format!("the workflows {}", words::list(self.workflows.iter()))
        };
        format!("write {workflows}, which can {}", words::list(parts))
    }

    fn risk(&self) -> Risk {
        if self.scripts || !self.actions.is_empty() {
            Risk::Code
        } else {
            Risk::Power
        }
    }

    fn problem(&self) -> Option<Problem> {
        let pinned = |pattern: &Pattern| {
            let text = pattern.to_string();
            text.split_once('@')
                .is_some_and(|(_, commit)| super::syntax::is_commit(commit))
        };
        (!self.actions.iter().all(pinned)).then_some(Problem {
            pointer: "/actions",
            message: "an action is `owner/repository@` and a 40-digit commit: whoever can move a tag could change what runs",
        })
    }
}
