//! A run from beginning to end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, PoisonError};

use aegis_document::Digest;

use super::batch::batches;
use super::checkpoint;
use super::context::ApplyContext;
use super::error::ApplyError;
use super::facts::PlanFacts;
use super::gate;
use super::outcome::{InstanceOutcome, Outcome};
use super::prepare::{Known, Obstacle, Preparation, Prepared};
use super::prior::Prior;
use super::report::Progress;
use super::schedule::{Next, Schedule};
use super::unit::Unit;
use super::view::{Owners, View, guard};
use crate::driver::tree::{Marker, TreeError};
use crate::plan::{Identity, Mode, Plan};
use crate::state::{ChangeResult, Event, Key, Ledger, Operation, RunEnd, StateError};

/// Applies a plan.
pub fn apply(plan: &Plan, context: &ApplyContext) -> Result<Outcome, ApplyError> {
    gate::check(plan, context)?;
    let operation = operation(plan);
    let mut ledger = Ledger::open(context.ledger.clone(), operation, Some(plan.digest))?;
    if let Err(error) = gate::check_state(plan, context, &ledger) {
        // Nothing was begun; the first error is the one to show.
        let _ = ledger.close();
        return Err(error);
    }
    begin(plan, context, &mut ledger, false)?;
    Run::new(plan, context, ledger, Prior::default()).go(false)
}

/// Goes on with the unfinished run: the same plan, read from the store and checked again.
pub fn resume(context: &ApplyContext) -> Result<Outcome, ApplyError> {
    let mut ledger = Ledger::resume(context.ledger.clone())?;
    let stored = ledger.state().unfinished().and_then(|run| run.plan);
    let Some(digest) = stored else {
        // An import: what it wrote is whole, what it did not write was never there.
        let run = ledger.run().to_owned();
        let state = ledger.end(RunEnd::Abandoned)?;
        let lineage = state.lineage().unwrap_or_default().to_owned();
        return Ok(Outcome { run, lineage, instances: BTreeMap::new(), waiting: BTreeMap::new() });
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
    begin(&plan, context, &mut ledger, true)?;
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
        .map_err(|error| StateError::Store { place: store.place(), source: error })?
        .ok_or_else(|| ApplyError::StoredPlan("it is not in the store".to_owned()))?;
    let plan = Plan::read(&bytes)?;
    if plan.digest != digest {
        return Err(ApplyError::StoredPlan("it is another plan".to_owned()));
    }
    Ok(plan)
}

/// The plan is kept before the journal names it.
fn begin(plan: &Plan, context: &ApplyContext, ledger: &mut Ledger, resumed: bool) -> Result<(), ApplyError> {
    if !resumed {
        ledger.put_plan(plan.digest, &plan.to_bytes()?)?;
    }
    ledger.record(Event::Begin {
        operation: operation(plan),
        plan: Some(plan.digest),
        approvals: context.approvals.clone(),
        resumed,
    })?;
    // From now on the tree says whose it is, so that a lost state is noticed.
    if context.tree.marker()?.is_none()
        && let Some(marker) = Marker::of(ledger.state())
    {
        context.tree.put_marker(&marker)?;
    }
    Ok(())
}

/// What the workers share.
struct Run<'a> {
    plan: &'a Plan,
    context: &'a ApplyContext,
    facts: PlanFacts<'a>,
    prior: Prior,
    ledger: Mutex<Ledger>,
    owners: Mutex<Owners>,
    schedule: Mutex<Schedule<'a>>,
    changed: Condvar,
    /// What stops the whole run.
    fatal: Mutex<Option<ApplyError>>,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, context: &'a ApplyContext, ledger: Ledger, prior: Prior) -> Self {
        let schedule = Schedule::of(plan, ledger.state());
        Self {
            plan,
            context,
            facts: PlanFacts::of(&plan.body),
            prior,
            owners: Mutex::new(Owners::of(ledger.state())),
            ledger: Mutex::new(ledger),
            schedule: Mutex::new(schedule),
            changed: Condvar::new(),
            fatal: Mutex::new(None),
        }
    }

    fn go(self, resumed: bool) -> Result<Outcome, ApplyError> {
        let run = guard(&self.ledger).run().to_owned();
        let (instances, changes) = (self.plan.body.instances.len(), self.plan.body.changes().count());
        self.report(&Progress::RunStarted { run: run.clone(), resumed, instances, changes });
        let workers = self.context.parallelism.get().min(instances.max(1));
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| self.work());
            }
        });
        self.finish(run)
    }

    fn report(&self, progress: &Progress) {
        self.context.reporter.report(progress);
    }

    /// Takes passes until there are none.
    fn work(&self) {
        loop {
            let unit = {
                let mut schedule = guard(&self.schedule);
                loop {
                    if guard(&self.fatal).is_some() {
                        return;
                    }
                    if self.context.cancel.is_cancelled() && schedule.stop() {
                        self.report(&Progress::Stopping);
                    }
                    match schedule.next() {
                        Next::Run(unit) => break unit,
                        Next::Finished => {
                            self.changed.notify_all();
                            return;
                        }
                        Next::Wait => {
                            schedule = self.changed.wait(schedule).unwrap_or_else(PoisonError::into_inner);
                        }
                    }
                }
            };
            match self.unit(&unit) {
                Ok(outcome) => {
                    let (instance, phase) = (unit.instance.id.clone(), unit.phase);
                    guard(&self.schedule).finish(phase, &instance, outcome.clone());
                    self.report(&Progress::InstanceFinished { instance, phase, outcome });
                }
                Err(error) => {
                    // Under the schedule's lock, so that nobody goes to sleep in between.
                    let _schedule = guard(&self.schedule);
                    guard(&self.fatal).get_or_insert(error);
                }
            }
            self.changed.notify_all();
        }
    }

    /// One pass. `Err` is what stops the run.
    fn unit(&self, unit: &Unit<'a>) -> Result<InstanceOutcome, ApplyError> {
        if let Some(outcome) = unit.held_back(self.plan.body.policy.structural) {
            return Ok(outcome);
        }
        let id = &unit.instance.id;
        if complete(&guard(&self.ledger), unit) {
            return Ok(done(unit));
        }
        self.report(&Progress::InstanceStarted { instance: id.clone(), phase: unit.phase, changes: unit.changes.len() });
        let preparation = Preparation {
            plan: self.plan,
            context: self.context,
            facts: &self.facts,
            view: &View::of(&self.ledger, &self.owners, id),
            prior: self.prior.unit(id, unit.phase),
        };
        let prepared = match preparation.unit(unit) {
            Ok(prepared) => prepared,
            Err(obstacle) => return Ok(outcome_of(obstacle)),
        };
        let batches = match batches(&prepared) {
            Ok(batches) => batches,
            Err(identity) => {
                let reason = "it comes after itself".to_owned();
                return Ok(InstanceOutcome::Failed { identity: Some(identity), reason });
            }
        };
        let mut results = BTreeMap::new();
        for batch in batches {
            if self.context.cancel.is_cancelled() {
                return Ok(InstanceOutcome::Interrupted);
            }
            self.batch(unit, &batch, &mut results)?;
            if results.values().any(|result| !result.holds()) {
                break;
            }
        }
        self.checkpoint(unit, &prepared, &results)?;
        let failed = results.iter().find_map(|(identity, result)| match result {
            ChangeResult::Failed(reason) => Some((identity.clone(), reason.clone())),
            _ => None,
        });
        Ok(match failed {
            Some((identity, reason)) => InstanceOutcome::Failed { identity: Some(identity), reason },
            None => done(unit),
        })
    }

    fn batch(
        &self,
        unit: &Unit<'a>,
        batch: &[&Prepared<'_>],
        results: &mut BTreeMap<Identity, ChangeResult>,
    ) -> Result<(), ApplyError> {
        let instance = &unit.instance.id;
        let open: Vec<&Prepared<'_>> = batch.iter().copied().filter(|ready| ready.known.is_none()).collect();
        if !open.is_empty() {
            let mut ledger = guard(&self.ledger);
            let intents = open.iter().map(|ready| (ready.change.identity.clone(), ready.steps.clone())).collect();
            ledger.record(Event::Intent { instance: instance.clone(), phase: unit.phase, changes: intents })?;
            let bound: BTreeMap<Identity, Digest> =
                open.iter().filter_map(|ready| Some((ready.change.identity.clone(), ready.bound_now?))).collect();
            if !bound.is_empty() {
                ledger.record(Event::Bound { instance: instance.clone(), changes: bound })?;
            }
            let changes: BTreeSet<Identity> = open.iter().map(|ready| ready.change.identity.clone()).collect();
            ledger.record(Event::Started { instance: instance.clone(), changes })?;
        }
        let mut outcomes = BTreeMap::new();
        for ready in batch {
            let identity = &ready.change.identity;
            let failed_before = outcomes.values().any(|result: &ChangeResult| !result.holds());
            let result = match &ready.known {
                Some(Known::Recorded(result)) => {
                    results.insert(identity.clone(), result.clone());
                    continue;
                }
                Some(Known::Assumed) => {
                    let change = identity.clone();
                    let event = Event::Assume { instance: instance.clone(), change, done: true };
                    guard(&self.ledger).record(event)?;
                    ChangeResult::Done
                }
                Some(Known::AlreadyThere) => ChangeResult::Noop,
                None if failed_before => ChangeResult::Skipped("a change before it failed".to_owned()),
                None => self.change(ready)?,
            };
            self.report(&Progress::ChangeFinished {
                instance: instance.clone(),
                identity: identity.clone(),
                action: ready.change.action,
                result: result.clone(),
            });
            outcomes.insert(identity.clone(), result);
        }
        if !outcomes.is_empty() {
            let changes = outcomes.clone();
            guard(&self.ledger).record(Event::Outcome { instance: instance.clone(), phase: unit.phase, changes })?;
        }
        results.extend(outcomes);
        Ok(())
    }

    /// Makes one change. A killed process and a lost lease stop the run, anything else only the instance.
    fn change(&self, ready: &Prepared<'_>) -> Result<ChangeResult, ApplyError> {
        guard(&self.ledger).check_lease()?;
        let faults = self.context.ledger.faults.as_ref();
        match self.context.tree.execute(ready.rendered.as_ref(), &ready.steps, faults) {
            Ok(()) if ready.steps.is_empty() => Ok(ChangeResult::Noop),
            Ok(()) => Ok(ChangeResult::Done),
            Err(error @ TreeError::Killed(_)) => Err(error.into()),
            Err(error) => Ok(ChangeResult::Failed(error.to_string())),
        }
    }

    fn checkpoint(
        &self,
        unit: &Unit<'a>,
        prepared: &[Prepared<'_>],
        results: &BTreeMap<Identity, ChangeResult>,
    ) -> Result<(), ApplyError> {
        let mut ledger = guard(&self.ledger);
        let plan = (self.plan, &self.facts);
        let changed = checkpoint::after(plan, ledger.state(), ledger.run(), unit, (prepared, results));
        if changed.is_empty() {
            return Ok(());
        }
        for entry in prepared.iter().filter_map(|ready| ready.entry.as_ref()) {
            if let Some(text) = self.plan.documents.0.get(&entry.document) {
                ledger.put_document(entry.document, text)?;
            }
        }
        guard(&self.owners).update(ledger.state(), &changed);
        ledger.put_instances(changed, Some((unit.instance.id.clone(), unit.phase)))?;
        Ok(())
    }

    fn finish(self, run: String) -> Result<Outcome, ApplyError> {
        let mut ledger = self.ledger.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = self.fatal.into_inner().unwrap_or_else(PoisonError::into_inner) {
            if !is_dead(&error) {
                // The run can be resumed; that the lease is given back is only a courtesy.
                let _ = ledger.interrupt();
            }
            return Err(error);
        }
        let schedule = self.schedule.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut outcome = Outcome {
            run,
            lineage: ledger.lineage().to_owned(),
            instances: schedule.outcomes(),
            waiting: BTreeMap::new(),
        };
        if !outcome.is_resumable() {
            ledger.put_clusters(self.context.clusters.clone())?;
        }
        if let Some(marker) = Marker::of(ledger.state()) {
            self.context.tree.put_marker(&marker)?;
        }
        let state = match outcome.exit_code() {
            0 => ledger.end(RunEnd::Complete)?,
            1 => ledger.end(RunEnd::Failed)?,
            4 => ledger.interrupt()?,
            _ => ledger.end(RunEnd::Partial)?,
        };
        let planned: BTreeSet<_> = self.plan.body.instances.iter().map(|instance| &instance.id).collect();
        for instance in state.instances().filter(|instance| planned.contains(&instance.id)) {
            let waiting = instance.inventory.iter().filter(|(_, entry)| !entry.waits_for.is_empty());
            outcome.waiting.extend(waiting.map(|(identity, entry)| (identity.clone(), entry.waits_for.clone())));
        }
        let exit_code = outcome.exit_code();
        self.context.reporter.report(&Progress::RunFinished { run: outcome.run.clone(), exit_code });
        Ok(outcome)
    }
}

/// Whether an earlier part of this run completed a pass.
fn complete(ledger: &Ledger, unit: &Unit<'_>) -> bool {
    let last = ledger.state().instance(&unit.instance.id).and_then(|instance| instance.last.as_ref());
    last.is_some_and(|last| last.run == ledger.run() && last.phases.contains(&unit.phase))
}

fn done(unit: &Unit<'_>) -> InstanceOutcome {
    InstanceOutcome::Done { changed: unit.changes.len(), unchanged: unit.unchanged }
}

fn outcome_of(obstacle: Obstacle) -> InstanceOutcome {
    match obstacle {
        Obstacle::Stale(reasons) => InstanceOutcome::Stale { reasons },
        Obstacle::Denied(identity, refusal) => InstanceOutcome::Denied {
            identity,
            code: refusal.code,
            reason: refusal.message,
            help: refusal.help,
        },
        Obstacle::Unknown(identity, path) => InstanceOutcome::Unknown { identity, path },
        Obstacle::Failed(identity, reason) => InstanceOutcome::Failed { identity: Some(identity), reason },
    }
}

/// After these nothing may be written any more.
fn is_dead(error: &ApplyError) -> bool {
    matches!(
        error,
        ApplyError::State(StateError::Killed(_) | StateError::LeaseLost { .. }) | ApplyError::Tree(TreeError::Killed(_))
    )
}
