//! GitHub Actions workflows.
//!
//! ```
//! use aegis_plugin::github::{Access, Job, Run, Trigger, Uses, Workflow};
//!
//! let workflow = Workflow::new("verify", "Verify")
//!     .on(Trigger::PullRequest(vec!["main".into()]))
//!     .job(
//!         Job::new("lint", "ubuntu-24.04")
//!             .permission("contents", Access::Read)
//!             .timeout(10)
//!             .step(Uses::new("Check out", "actions/checkout", "08eba0b27e820071cde6df949e0beb9ba4906955", "v4.3.0"))
//!             .step(Run::new("Lint", "make lint").env("CI", "true")),
//!     );
//! assert_eq!(workflow.jobs.len(), 1);
//! ```

use crate::bindings::shared::changes::Permission;

pub use crate::bindings::shared::changes::{
    Access, Job, Step, StepRun as Run, StepUses as Uses, Trigger, Workflow,
};

/// A job's time limit unless told otherwise, in minutes. GitHub's own is six hours.
pub const DEFAULT_TIMEOUT_MINUTES: u32 = 30;

impl Workflow {
    /// A workflow without triggers and jobs. `file` is its file name, without the ending.
    pub fn new(file: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            name: name.into(),
            triggers: Vec::new(),
            concurrency: None,
            jobs: Vec::new(),
        }
    }

    /// Adds a trigger.
    pub fn on(mut self, trigger: Trigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// Runs of this group do not overlap.
    pub fn concurrency(mut self, group: impl Into<String>) -> Self {
        self.concurrency = Some(group.into());
        self
    }

    /// Adds a job.
    pub fn job(mut self, job: Job) -> Self {
        self.jobs.push(job);
        self
    }
}

impl Job {
    /// A job without permissions and steps, limited to [`DEFAULT_TIMEOUT_MINUTES`].
    pub fn new(id: impl Into<String>, runs_on: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            runs_on: runs_on.into(),
            needs: Vec::new(),
            environment: None,
            permissions: Vec::new(),
            timeout_minutes: DEFAULT_TIMEOUT_MINUTES,
            steps: Vec::new(),
        }
    }

    /// Comes after this job.
    pub fn needs(mut self, job: impl Into<String>) -> Self {
        self.needs.push(job.into());
        self
    }

    /// Runs in this deployment environment.
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// Adds a permission of the job's token.
    pub fn permission(mut self, name: impl Into<String>, access: Access) -> Self {
        self.permissions.push(Permission {
            name: name.into(),
            access,
        });
        self
    }

    /// The time limit in minutes.
    pub fn timeout(mut self, minutes: u32) -> Self {
        self.timeout_minutes = minutes;
        self
    }

    /// Adds a step: a [`Uses`] or a [`Run`].
    pub fn step(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }
}

impl Uses {
    /// An action, `owner/repository`, at a 40-digit commit. `version` is the release that this
    /// commit is, for people.
    pub fn new(
        name: impl Into<String>,
        action: impl Into<String>,
        commit: impl Into<String>,
        version: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            action: action.into(),
            commit: commit.into(),
            version: version.into(),
            with: Vec::new(),
        }
    }

    /// Adds an input of the action.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.with.push((key.into(), value.into()));
        self
    }
}

impl Run {
    /// A shell script. It may not hold `${{`; values come in through [`Run::env`].
    pub fn new(name: impl Into<String>, script: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            script: script.into(),
            env: Vec::new(),
        }
    }

    /// Adds an environment variable.
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }
}

impl From<Uses> for Step {
    fn from(step: Uses) -> Self {
        Self::Uses(step)
    }
}

impl From<Run> for Step {
    fn from(step: Run) -> Self {
        Self::Run(step)
    }
}
