//! One pass over one instance: prepare, announce, do, record.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::Digest;

use super::batch::batches;
use super::checkpoint;
use super::error::ApplyError;
use super::outcome::InstanceOutcome;
use super::prepare::{Known, Obstacle, Preparation, Prepared};
use super::report::Progress;
use super::unit::Unit;
use super::view::{View, guard};
use super::workers::Run;
use crate::driver::tree::TreeError;
use crate::plan::Identity;
use crate::state::{ChangeResult, Event, Ledger};

impl<'a> Run<'a> {
    /// One pass. `Err` is what stops the run.
    pub(super) fn unit(&self, unit: &Unit<'a>) -> Result<InstanceOutcome, ApplyError> {
        if let Some(outcome) = unit.held_back(self.plan.body.policy.structural) {
            return Ok(outcome);
        }
        let id = &unit.instance.id;
        if complete(&guard(&self.ledger), unit) {
            return Ok(done(unit));
        }
        self.report(&Progress::InstanceStarted {
            instance: id.clone(),
            phase: unit.phase,
            changes: unit.changes.len(),
        });
        let preparation = Preparation {
            plan: self.plan,
            context: self.context,
            facts: &self.facts,
            view: &View::of(&self.ledger, &self.owners, id),
            prior: self.prior.unit(id, unit.phase),
        };
        let prepared = match preparation.unit(unit) {
            Ok(prepared) => prepared,
            Err(obstacle) => return Ok(outcome_of(*obstacle)),
        };
        let batches = match batches(&prepared) {
            Ok(batches) => batches,
            Err(identity) => {
                let reason = "it comes after itself".to_owned();
                return Ok(InstanceOutcome::Failed {
                    identity: Some(identity),
                    reason,
                });
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
            Some((identity, reason)) => InstanceOutcome::Failed {
                identity: Some(identity),
                reason,
            },
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
        let open: Vec<&Prepared<'_>> = batch
            .iter()
            .copied()
            .filter(|ready| ready.known.is_none())
            .collect();
        if !open.is_empty() {
            let mut ledger = guard(&self.ledger);
            for change in open.iter().filter(|ready| ready.overwrites) {
                ledger.record(Event::Assume {
                    instance: instance.clone(),
                    change: change.change.identity.clone(),
                    done: false,
                })?;
            }
            let intents = open
                .iter()
                .map(|ready| (ready.change.identity.clone(), ready.steps.clone()))
                .collect();
            ledger.record(Event::Intent {
                instance: instance.clone(),
                phase: unit.phase,
                changes: intents,
            })?;
            let bound: BTreeMap<Identity, Digest> = open
                .iter()
                .filter_map(|ready| Some((ready.change.identity.clone(), ready.bound_now?)))
                .collect();
            if !bound.is_empty() {
                ledger.record(Event::Bound {
                    instance: instance.clone(),
                    changes: bound,
                })?;
            }
            let changes: BTreeSet<Identity> = open
                .iter()
                .map(|ready| ready.change.identity.clone())
                .collect();
            ledger.record(Event::Started {
                instance: instance.clone(),
                changes,
            })?;
        }
        let mut outcomes = BTreeMap::new();
        for ready in batch {
            let identity = &ready.change.identity;
            let failed_before = outcomes
                .values()
                .any(|result: &ChangeResult| !result.holds());
            let result = match &ready.known {
                Some(Known::Recorded(result)) => {
                    results.insert(identity.clone(), result.clone());
                    continue;
                }
                Some(Known::Assumed) => {
                    let change = identity.clone();
                    let event = Event::Assume {
                        instance: instance.clone(),
                        change,
                        done: true,
                    };
                    guard(&self.ledger).record(event)?;
                    ChangeResult::Done
                }
                Some(Known::AlreadyThere) => ChangeResult::Noop,
                None if failed_before => {
                    ChangeResult::Skipped("a change before it failed".to_owned())
                }
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
            guard(&self.ledger).record(Event::Outcome {
                instance: instance.clone(),
                phase: unit.phase,
                changes,
            })?;
        }
        results.extend(outcomes);
        Ok(())
    }

    /// Makes one change. A killed process and a lost lease stop the run, anything else only the instance.
    fn change(&self, ready: &Prepared<'_>) -> Result<ChangeResult, ApplyError> {
        guard(&self.ledger).check_lease()?;
        let faults = self.context.ledger.faults.as_ref();
        match self
            .context
            .tree
            .execute(ready.rendered.as_ref(), &ready.steps, faults)
        {
            Ok(()) if ready.steps.is_empty() => Ok(ChangeResult::Noop),
            Ok(()) => Ok(ChangeResult::Done),
            Err(error @ TreeError::Killed(_)) => Err(error.into()),
            Err(error) => Ok(ChangeResult::Failed(error.in_words())),
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
        let changed = checkpoint::after(
            plan,
            ledger.state(),
            ledger.run(),
            unit,
            (prepared, results),
        );
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
}

/// Whether an earlier part of this run completed a pass.
fn complete(ledger: &Ledger, unit: &Unit<'_>) -> bool {
    let last = ledger
        .state()
        .instance(&unit.instance.id)
        .and_then(|instance| instance.last.as_ref());
    last.is_some_and(|last| last.run == ledger.run() && last.phases.contains(&unit.phase))
}

fn done(unit: &Unit<'_>) -> InstanceOutcome {
    InstanceOutcome::Done {
        changed: unit.changes.len(),
        unchanged: unit.unchanged,
    }
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
        Obstacle::Failed(identity, reason) => InstanceOutcome::Failed {
            identity: Some(identity),
            reason,
        },
    }
}
