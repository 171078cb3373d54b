//! A run from beginning to end.

use std::collections::BTreeMap;

use aegis_document::Digest;

use super::context::ApplyContext;
use super::error::ApplyError;
use super::gate;
use super::outcome::Outcome;
use super::prior::Prior;
use super::workers::Run;
use crate::driver::tree::Marker;
use crate::plan::{Mode, Plan};
use crate::state::{Event, Key, Ledger, Operation, RunEnd, StateError};

/// Applies a plan.
pub fn apply(plan: &Plan, context: &ApplyContext) -> Result<Outcome, ApplyError> {
    gate::check(plan, context)?;
    let operation = operation(plan);
    let ledger = Ledger::open(context.ledger.clone(), operation, Some(plan.digest))?;
    if let Err(error) = gate::check_state(plan, context, &ledger) {
        // Nothing was begun; the first error is the one to show.
        let _ = ledger.close();
        return Err(error);
    }
    if let Err(error) = keep(plan, &ledger) {
        let _ = ledger.close();
        return Err(error);
    }
    let ledger = begin(plan, context, ledger, false)?;
    Run::new(plan, context, ledger, Prior::default()).go(false)
}

/// Goes on with the unfinished run: the same plan, read from the store and checked again.
pub fn resume(context: &ApplyContext) -> Result<Outcome, ApplyError> {
    let ledger = Ledger::resume(context.ledger.clone())?;
    let stored = ledger.state().unfinished().and_then(|run| run.plan);
    let Some(digest) = stored else {
        // An import: what it wrote is whole, what it did not write was never there.
        let run = ledger.run().to_owned();
        let state = ledger.end(RunEnd::Abandoned)?;
        let lineage = state.lineage().unwrap_or_default().to_owned();
        return Ok(Outcome {
            run,
            lineage,
            instances: BTreeMap::new(),
            waiting: BTreeMap::new(),
        });
    };
    let checked = stored_plan(&ledger, digest).and_then(|plan| {
        gate::check(&plan, context)?;
        gate::check_tree(context, ledger.state())?;
        Ok(plan)
    });
    let plan = match checked {
        Ok(plan) => plan,
        Err(error) => {
            // The run stays as it was; only the lease is given back.
            let _ = ledger.close();
            return Err(error);
        }
    };
    let prior = Prior::of(&ledger.records()?);
    let ledger = begin(&plan, context, ledger, true)?;
    Run::new(&plan, context, ledger, prior).go(true)
}

fn operation(plan: &Plan) -> Operation {
    match plan.body.mode {
        Mode::Destroy => Operation::Destroy,
        Mode::Apply | Mode::Refresh | Mode::Handover => Operation::Apply,
    }
}

fn stored_plan(ledger: &Ledger, digest: Digest) -> Result<Plan, ApplyError> {
    let store = ledger.store();
    let bytes = store
        .get(Key::Plan(digest))
        .map_err(|error| StateError::Store {
            place: store.place(),
            source: error,
        })?
        .ok_or_else(|| ApplyError::StoredPlan("it is not in the store".to_owned()))?;
    let plan = Plan::read(&bytes)?;
    if plan.digest != digest {
        return Err(ApplyError::StoredPlan("it is another plan".to_owned()));
    }
    Ok(plan)
}

/// The plan is kept before the journal names it.
fn keep(plan: &Plan, ledger: &Ledger) -> Result<(), ApplyError> {
    let bytes = plan
        .to_bytes()
        .map_err(|error| ApplyError::StoredPlan(error.to_string()))?;
    Ok(ledger.put_plan(plan.digest, &bytes)?)
}

/// Begins the run, or this part of it.
fn begin(
    plan: &Plan,
    context: &ApplyContext,
    mut ledger: Ledger,
    resumed: bool,
) -> Result<Ledger, ApplyError> {
    let begun = ledger
        .record(Event::Begin {
            operation: operation(plan),
            plan: Some(plan.digest),
            approvals: context.approvals.clone(),
            resumed,
        })
        .map_err(ApplyError::from)
        .and_then(|()| announce(plan, context, &ledger).map_err(ApplyError::stopped));
    match begun {
        Ok(()) => Ok(ledger),
        Err(error) => {
            if !error.is_dead() {
                // The lease is given back; the first error is the one to show.
                let _ = ledger.interrupt();
            }
            Err(error)
        }
    }
}

/// What has to be known of a run outside of its state before it does anything.
fn announce(plan: &Plan, context: &ApplyContext, ledger: &Ledger) -> Result<(), ApplyError> {
    if !context.approvals.is_empty() {
        // The journal knows it as well, but lies where others can remove it.
        let operator = &context.ledger.operator;
        operator.remember_used(&context.ledger.stack, &plan.digest, ledger.run())?;
    }
    // From now on the tree says whose it is, so that a lost state is noticed.
    if context.tree.marker()?.is_none()
        && let Some(marker) = Marker::of(ledger.state())
    {
        context.tree.put_marker(&marker)?;
    }
    Ok(())
}
