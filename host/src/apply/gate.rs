//! What has to hold before anything is done.

use aegis_document::digest_of;

use super::context::ApplyContext;
use super::error::ApplyError;
use crate::date::Date;
use crate::plan::{Body, ChangeAction, DriverKind, Mode, Plan};
use crate::state::{Ledger, State, StateError, runs};
use crate::validate::Verdict;

/// Checks of the plan against the stack's folder, the approvals and the calendar. Nothing is touched.
pub(super) fn check(plan: &Plan, context: &ApplyContext) -> Result<(), ApplyError> {
    if plan.format != Plan::FORMAT {
        let shown = aegis_document::untrusted(&plan.format).to_string();
        return Err(ApplyError::Unsupported(format!(
            "the plan has format `{shown}`"
        )));
    }
    if digest_of(&plan.body)? != plan.digest {
        return Err(ApplyError::Altered { said: plan.digest });
    }
    supported(&plan.body)?;
    let (body, expected) = (&plan.body, &context.expected);
    if body.stack.name != expected.stack.name {
        return Err(ApplyError::OtherStack {
            plan: body.stack.name.to_string(),
            stack: expected.stack.name.to_string(),
        });
    }
    if body.stack != expected.stack {
        return Err(ApplyError::StackChanged);
    }
    if body.lock != expected.lock {
        return Err(ApplyError::LockChanged);
    }
    if body.policy != expected.policy {
        return Err(ApplyError::PolicyChanged);
    }
    exceptions(body, context.today)?;
    findings(body)?;
    let needed = context.needed_approvals(plan);
    let found = context.approvals.len();
    if u32::try_from(found).unwrap_or(u32::MAX) < needed {
        return Err(ApplyError::ApprovalsMissing { needed, found });
    }
    if !context.made_here && found == 0 {
        return Err(ApplyError::NotMadeHere { plan: plan.digest });
    }
    Ok(())
}

fn supported(body: &Body) -> Result<(), ApplyError> {
    match body.mode {
        Mode::Apply | Mode::Destroy => {}
        Mode::Refresh | Mode::Handover => {
            return Err(ApplyError::Unsupported(
                "plans of this mode cannot be applied yet".to_owned(),
            ));
        }
    }
    for (instance, change) in body.changes() {
        let what = match (change.driver, change.action) {
            (driver, _) if driver != DriverKind::Tree => "lands in a live target",
            (_, ChangeAction::Handover | ChangeAction::Run | ChangeAction::Replace) => {
                "is of a kind that the tree does not have"
            }
            _ => continue,
        };
        return Err(ApplyError::Unsupported(format!(
            "{} of {} {what}",
            change.identity, instance.id
        )));
    }
    Ok(())
}

fn exceptions(body: &Body, today: Date) -> Result<(), ApplyError> {
    for exception in &body.exceptions {
        // A date that cannot be read is no permission.
        let valid = exception
            .expires
            .parse::<Date>()
            .is_ok_and(|expires| today <= expires);
        if !valid {
            let shown = |text: &str| aegis_document::untrusted(text).to_string();
            return Err(ApplyError::ExceptionExpired {
                control: shown(&exception.control),
                owner: shown(&exception.owner),
                expires: shown(&exception.expires),
            });
        }
    }
    Ok(())
}

fn findings(body: &Body) -> Result<(), ApplyError> {
    let verdict = Verdict::of(body);
    if verdict.allows_apply() {
        return Ok(());
    }
    let blocking = verdict.blocking.iter().map(|found| {
        let message = aegis_document::untrusted(&found.finding.message).to_string();
        format!("{} of {}: {message}", found.control.id, found.instance)
    });
    let missing = verdict.missing.iter().map(|control| {
        format!(
            "the required control `{}` was not evaluated",
            aegis_document::untrusted(control)
        )
    });
    Err(ApplyError::Findings {
        reasons: blocking.chain(missing).collect(),
    })
}

/// Checks of the plan against the state it was made from, and of the tree against the state.
pub(super) fn check_state(
    plan: &Plan,
    context: &ApplyContext,
    ledger: &Ledger,
) -> Result<(), ApplyError> {
    let state = ledger.state();
    let base = plan.body.base.lineage.as_deref();
    if base != state.base_lineage() {
        return Err(ApplyError::OtherLineage {
            plan: base.map(|lineage| aegis_document::untrusted(lineage).to_string()),
        });
    }
    check_tree(context, state)?;
    // Also where none is needed: approvals may be why the plan is applied.
    if context.needed_approvals(plan) > 0 || !context.approvals.is_empty() {
        let used = runs(
            ledger.store(),
            &context.ledger.operator,
            &context.ledger.stack,
        )?;
        let recorded = used.into_iter().find(|run| run.plan == Some(plan.digest));
        // Who removes state and tree does not bring the approvals back.
        let seen = || {
            let operator = &context.ledger.operator;
            operator.used_by(&context.ledger.stack, &plan.digest)
        };
        if let Some(run) = recorded.map_or_else(seen, |run| Ok(Some(run.run)))? {
            return Err(ApplyError::ApprovalsUsed { run });
        }
    }
    Ok(())
}

/// The tree belongs to this state. A tree that has a mark where state has nothing yet belongs to a state that was
/// lost.
pub(super) fn check_tree(context: &ApplyContext, state: &State) -> Result<(), ApplyError> {
    let Some(marker) = context.tree.marker()? else {
        return Ok(());
    };
    if state.is_fresh() && state.lineage() != Some(marker.lineage.as_str()) {
        return Err(StateError::Lost {
            lineage: aegis_document::untrusted(&marker.lineage).to_string(),
            stack: marker.stack.to_string(),
        }
        .into());
    }
    Ok(marker.check(state)?)
}
