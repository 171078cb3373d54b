//! Why a plan was not applied.

use aegis_document::{Digest, canonical::CanonicalError};
use miette::Diagnostic;

use crate::driver::tree::TreeError;
use crate::plan::PlanError;
use crate::state::StateError;

/// Errors of a whole apply. What goes wrong within one instance is part of the [`super::Outcome`].
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ApplyError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    State(#[from] StateError),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Tree(#[from] TreeError),

    #[error("{0}")]
    #[diagnostic(
        code(AEG0561),
        help("`aegis plan` makes plans that this version can apply")
    )]
    Unsupported(String),

    #[error("the plan is for stack `{plan}`, this folder holds `{stack}`")]
    #[diagnostic(code(AEG0562), help("apply it in the folder of its own stack"))]
    OtherStack { plan: String, stack: String },

    #[error("the stack file was changed after the plan was made")]
    #[diagnostic(code(AEG0563), help("run `aegis plan` again"))]
    StackChanged,

    #[error(
        "the lock file was changed after the plan was made: plugins or what is granted to them may differ"
    )]
    #[diagnostic(code(AEG0564), help("run `aegis plan` again"))]
    LockChanged,

    #[error("the policy was changed after the plan was made")]
    #[diagnostic(code(AEG0565), help("run `aegis plan` again"))]
    PolicyChanged,

    #[error("the plan needs {needed} approvals and has {found}")]
    #[diagnostic(
        code(AEG0566),
        help("`aegis approve` signs the plan; each approval must be by another approver")
    )]
    ApprovalsMissing { needed: u32, found: usize },

    #[error("the plan is blocked by its findings: {}", reasons.join("; "))]
    #[diagnostic(
        code(AEG0567),
        help(
            "`aegis plan` shows the findings; mend them, or except them with a reason and an expiry date"
        )
    )]
    Findings { reasons: Vec<String> },

    #[error("the exception of control `{control}`, by {owner}, expired on {expires}")]
    #[diagnostic(
        code(AEG0568),
        help("renew the exception in the stack file or mend the finding, then plan again")
    )]
    ExceptionExpired {
        control: String,
        owner: String,
        expires: String,
    },

    #[error("the plan was made {}", match plan { Some(lineage) => format!("from the state with lineage {lineage}"), None => "before anything was applied".to_owned() })]
    #[diagnostic(
        code(AEG0569),
        help("the state is another one by now; run `aegis plan` again")
    )]
    OtherLineage { plan: Option<String> },

    #[error("the plan's digest {said} is not that of its content")]
    #[diagnostic(
        code(AEG0570),
        help("it was changed after it was made; run `aegis plan` again")
    )]
    Altered { said: Digest },

    #[error("the plan of the unfinished run is not usable: {0}")]
    #[diagnostic(
        code(AEG0571),
        help(
            "restore `.aegis/plans`, or give the run up with `aegis unlock --abandon` and plan again"
        )
    )]
    StoredPlan(String),

    #[error("the approvals of this plan were used by run {run}")]
    #[diagnostic(
        code(AEG0572),
        help("an approval is good for one apply; run `aegis plan` again and have it approved")
    )]
    ApprovalsUsed { run: String },

    #[error("the plan {plan} was not made on this machine, and nobody approved it")]
    #[diagnostic(
        code(AEG0574),
        help(
            "run `aegis plan` on this machine and read it, or have the plan approved: `aegis approve`"
        )
    )]
    NotMadeHere { plan: Digest },

    #[error("the run stopped in the middle: {error}")]
    #[diagnostic(
        code(AEG0575),
        help(
            "nothing that was done is lost: {}; then `aegis apply --resume` goes on with the run",
            advice(error)
        )
    )]
    Stopped { error: Box<ApplyError> },

    #[error("a part of Aegis failed in the middle of the run")]
    #[diagnostic(
        code(AEG0573),
        help(
            "this is a fault of Aegis: report it with what it printed; `aegis apply --resume` goes on with the run"
        )
    )]
    Panicked,
}

impl ApplyError {
    /// 2 when findings block, 3 when trust or approvals are missing, 4 when the run can be resumed, else 1.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::State(error) => error.exit_code(),
            Self::Findings { .. } | Self::ExceptionExpired { .. } => 2,
            Self::ApprovalsMissing { .. }
            | Self::ApprovalsUsed { .. }
            | Self::NotMadeHere { .. } => 3,
            Self::Tree(TreeError::Killed(_)) | Self::Panicked | Self::Stopped { .. } => 4,
            _ => 1,
        }
    }

    /// Whether nothing may be written any more: a killed process, or a lease that is somebody else's.
    pub(super) const fn is_dead(&self) -> bool {
        matches!(
            self,
            Self::State(StateError::Killed(_) | StateError::LeaseLost { .. })
                | Self::Tree(TreeError::Killed(_))
        )
    }

    /// What a run that was begun ends with: it can be resumed once the cause is mended. A state that somebody replaced
    /// has no such run, and one that has ended needs none.
    pub(super) fn stopped(self) -> Self {
        match self {
            Self::State(StateError::Changed | StateError::NotRemembered { .. })
            | Self::Panicked
            | Self::Stopped { .. } => self,
            error if error.is_dead() => error,
            error => Self::Stopped {
                error: Box::new(error),
            },
        }
    }
}

/// The next step of the cause, with its code.
fn advice(error: &ApplyError) -> String {
    let text = |part: Option<Box<dyn std::fmt::Display + '_>>| {
        part.map(|part| part.to_string()).unwrap_or_default()
    };
    format!("{} ({})", text(error.help()), text(error.code()))
}

impl From<PlanError> for ApplyError {
    fn from(error: PlanError) -> Self {
        Self::StoredPlan(error.to_string())
    }
}

impl From<CanonicalError> for ApplyError {
    fn from(error: CanonicalError) -> Self {
        Self::Unsupported(error.to_string())
    }
}
