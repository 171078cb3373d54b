//! The words for what a plan says in enumerations.

use crate::plan::{Cause, ChangeAction};

pub const fn action(action: ChangeAction) -> &'static str {
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

pub const fn cause(cause: Cause) -> &'static str {
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
