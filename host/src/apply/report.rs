//! Telling how it goes.

use serde::Serialize;

use super::outcome::InstanceOutcome;
use crate::plan::{ChangeAction, Identity, InstanceId};
use crate::state::{ChangeResult, Phase};

/// What happens, as it happens; printed as progress or as JSON lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Progress {
    RunStarted {
        run: String,
        resumed: bool,
        instances: usize,
        changes: usize,
    },
    InstanceStarted {
        instance: InstanceId,
        phase: Phase,
        changes: usize,
    },
    ChangeFinished {
        instance: InstanceId,
        identity: Identity,
        action: ChangeAction,
        result: ChangeResult,
    },
    InstanceFinished {
        instance: InstanceId,
        phase: Phase,
        outcome: InstanceOutcome,
    },
    /// The run was asked to stop: what is in flight is finished.
    Stopping,
    RunFinished {
        run: String,
        exit_code: u8,
    },
}

/// Takes reports, from several threads.
pub trait Reporter: Send + Sync {
    fn report(&self, progress: &Progress);
}

/// Reports nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _: &Progress) {}
}
