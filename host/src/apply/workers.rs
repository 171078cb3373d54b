//! The workers of a run, and what they share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, PoisonError};

use super::context::ApplyContext;
use super::error::ApplyError;
use super::facts::PlanFacts;
use super::outcome::Outcome;
use super::prior::Prior;
use super::report::Progress;
use super::schedule::{Next, Schedule};
use super::view::{Owners, guard};
use crate::driver::tree::Marker;
use crate::plan::Plan;
use crate::state::{Ledger, RunEnd};

/// About how many heads a run writes at most. A head names every instance of the stack, so one for each of them
/// would make the work grow with the square of their number.
const HEADS: usize = 64;

/// What the workers share.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) context: &'a ApplyContext,
    pub(super) facts: PlanFacts<'a>,
    pub(super) prior: Prior,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) owners: Mutex<Owners>,
    schedule: Mutex<Schedule<'a>>,
    changed: Condvar,
    /// What stops the whole run.
    fatal: Mutex<Option<ApplyError>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        context: &'a ApplyContext,
        mut ledger: Ledger,
        prior: Prior,
    ) -> Self {
        let schedule = Schedule::of(plan, ledger.state());
        ledger.group(plan.body.instances.len() / HEADS);
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

    pub(super) fn go(self, resumed: bool) -> Result<Outcome, ApplyError> {
        let run = guard(&self.ledger).run().to_owned();
        let (instances, changes) = (
            self.plan.body.instances.len(),
            self.plan.body.changes().count(),
        );
        self.report(&Progress::RunStarted {
            run: run.clone(),
            resumed,
            instances,
            changes,
        });
        let workers = self.context.parallelism.get().min(instances.max(1));
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(|| self.work())).collect();
            for worker in workers {
                // One that panicked has said so itself.
                let _ = worker.join();
            }
        });
        self.finish(run)
    }

    pub(super) fn report(&self, progress: &Progress) {
        self.context.reporter.report(progress);
    }

    /// Takes passes until there are none.
    fn work(&self) {
        let _alarm = Alarm(self);
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
                            schedule = self
                                .changed
                                .wait(schedule)
                                .unwrap_or_else(PoisonError::into_inner);
                        }
                    }
                }
            };
            match self.unit(&unit) {
                Ok(outcome) => {
                    let (instance, phase) = (unit.instance.id.clone(), unit.phase);
                    guard(&self.schedule).finish(phase, &instance, outcome.clone());
                    self.report(&Progress::InstanceFinished {
                        instance,
                        phase,
                        outcome,
                    });
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

    fn finish(self, run: String) -> Result<Outcome, ApplyError> {
        let mut ledger = self
            .ledger
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = self
            .fatal
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
        {
            if !error.is_dead() {
                // The run can be resumed; that the lease is given back is only a courtesy.
                let _ = ledger.interrupt();
            }
            return Err(error.stopped());
        }
        let schedule = self
            .schedule
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut outcome = Outcome {
            run,
            lineage: ledger.lineage().to_owned(),
            instances: schedule.outcomes(),
            waiting: BTreeMap::new(),
        };
        if let Err(error) = settle(self.context, &mut ledger, &outcome) {
            if !error.is_dead() {
                let _ = ledger.interrupt();
            }
            return Err(error.stopped());
        }
        let ended = match outcome.exit_code() {
            0 => ledger.end(RunEnd::Complete),
            1 => ledger.end(RunEnd::Failed),
            4 => ledger.interrupt(),
            _ => ledger.end(RunEnd::Partial),
        };
        let state = ended.map_err(|error| ApplyError::from(error).stopped())?;
        let planned: BTreeSet<_> = self
            .plan
            .body
            .instances
            .iter()
            .map(|instance| &instance.id)
            .collect();
        for instance in state
            .instances()
            .filter(|instance| planned.contains(&instance.id))
        {
            let waiting = instance
                .inventory
                .iter()
                .filter(|(_, entry)| !entry.waits_for.is_empty());
            outcome.waiting.extend(
                waiting.map(|(identity, entry)| (identity.clone(), entry.waits_for.clone())),
            );
        }
        let exit_code = outcome.exit_code();
        self.context.reporter.report(&Progress::RunFinished {
            run: outcome.run.clone(),
            exit_code,
        });
        Ok(outcome)
    }
}

/// What belongs to the run as a whole: the clusters in state, the mark in the tree.
fn settle(
    context: &ApplyContext,
    ledger: &mut Ledger,
    outcome: &Outcome,
) -> Result<(), ApplyError> {
    if !outcome.is_resumable() {
        ledger.put_clusters(context.clusters.clone())?;
    }
    if let Some(marker) = Marker::of(ledger.state()) {
        context.tree.put_marker(&marker)?;
    }
    Ok(())
}

/// Ends the run when its worker panics: the others would wait forever for what it was doing.
struct Alarm<'r, 'a>(&'r Run<'a>);

impl Drop for Alarm<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _schedule = guard(&self.0.schedule);
            guard(&self.0.fatal).get_or_insert(ApplyError::Panicked);
            self.0.changed.notify_all();
        }
    }
}
