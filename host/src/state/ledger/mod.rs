//! State while it is being changed: the lease, the journal and the head move together here.

mod open;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::{Digest, Identifier, canonical_bytes};
use serde_json::Value;

use super::error::StateError;
use super::fault::{FaultPoint, Faults};
use super::journal::{self, Event, Phase, Record, RunEnd, Writer};
use super::lease::Lease;
use super::load::State;
use super::model::{ClusterState, Head, InstanceState};
use super::moment;
use super::operator::{Mark, OperatorFolder};
use super::seal::{StateKey, Subject};
use super::store::{Condition, Key, KeyKind, Store};
use crate::plan::InstanceId;

/// Where a ledger lies and who writes in it.
#[derive(Clone)]
pub struct LedgerContext {
    pub store: Arc<dyn Store>,
    pub operator: OperatorFolder,
    pub stack: Identifier,
    /// For the lease and the journal: a person's or a pipeline's name.
    pub actor: String,
    pub faults: Arc<dyn Faults>,
}

/// An open state. Every effect is checked against the lease first.
pub struct Ledger {
    context: LedgerContext,
    key: StateKey,
    lease: Lease,
    state: State,
    writer: Writer,
    run: String,
    /// See [`Ledger::group`].
    group: usize,
    /// Instances that the store does not have yet as they are.
    unwritten: BTreeSet<InstanceId>,
    /// What is to be recorded once it has them.
    checkpoints: Vec<(InstanceId, Phase)>,
}

impl Ledger {
    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn store(&self) -> &dyn Store {
        self.context.store.as_ref()
    }

    pub fn run(&self) -> &str {
        &self.run
    }

    pub fn lineage(&self) -> &str {
        self.state.lineage().unwrap_or_default()
    }

    /// The records of the run that is resumed, oldest first.
    pub fn records(&self) -> Result<Vec<Record>, StateError> {
        let all = journal::read_all(self.store(), &self.key)?;
        Ok(all
            .into_iter()
            .map(|(record, _)| record)
            .filter(|record| record.run == self.run)
            .collect())
    }

    /// Dies here when a test wants it.
    pub fn pass(&self, point: FaultPoint) -> Result<(), StateError> {
        pass(self.context.faults.as_ref(), point)
    }

    /// Whether the lease is still ours.
    pub fn check_lease(&self) -> Result<(), StateError> {
        self.lease.check()
    }

    /// Writes a record. Nothing that it announces may happen before this returns.
    pub fn record(&mut self, event: Event) -> Result<(), StateError> {
        let seq = self.append(event)?;
        self.remember()?;
        self.pass(FaultPoint::AfterRecord(seq))
    }

    /// Writes a record and gives its number.
    fn append(&mut self, event: Event) -> Result<u64, StateError> {
        self.lease.check()?;
        let (seq, previous) = self.writer.next();
        self.pass(FaultPoint::BeforeRecord(seq))?;
        let record = Record {
            seq,
            previous,
            run: self.run.clone(),
            lease: self.lease.id().to_owned(),
            time: moment::now(),
            actor: self.context.actor.clone(),
            event,
        };
        self.writer
            .append(self.context.store.as_ref(), &self.key, &record)?;
        Ok(seq)
    }

    /// Keeps a document; the inventory names it by the digest.
    pub fn put_document(&self, digest: Digest, text: &str) -> Result<(), StateError> {
        self.put_blob(Key::Document(digest), text.as_bytes())
    }

    /// Keeps the plan, so that a resumed run reads the same one.
    pub fn put_plan(&self, digest: Digest, bytes: &[u8]) -> Result<(), StateError> {
        self.put_blob(Key::Plan(digest), bytes)
    }

    fn put_blob(&self, key: Key, bytes: &[u8]) -> Result<(), StateError> {
        let failed = |error| StateError::store(&self.context.store.place(), error);
        if self.store().get(key).map_err(failed)?.as_deref() == Some(bytes) {
            return Ok(());
        }
        self.store()
            .put(key, bytes, Condition::Always)
            .map_err(failed)
    }

    /// How many instances may be ahead of the store. What they hold can always be had again from the plan
    /// and the journal, so in a large stack not every one of them costs a new head.
    pub fn group(&mut self, most: usize) {
        self.group = most.max(1);
    }

    /// Changes instances. They are seen at once; the store has them after [`Ledger::flush`], which comes by
    /// itself when enough of them wait. The checkpoint is recorded then.
    pub fn put_instances(
        &mut self,
        changed: Vec<InstanceState>,
        checkpoint: Option<(InstanceId, Phase)>,
    ) -> Result<(), StateError> {
        for instance in changed {
            if self.state.instance(&instance.id) != Some(&instance) {
                self.unwritten.insert(instance.id.clone());
                self.state.instances.insert(instance.id.clone(), instance);
            }
        }
        self.checkpoints.extend(checkpoint);
        if self.unwritten.len() >= self.group {
            self.flush()?;
        }
        Ok(())
    }

    /// Records which clusters there are.
    pub fn put_clusters(
        &mut self,
        mut clusters: BTreeMap<Identifier, ClusterState>,
    ) -> Result<(), StateError> {
        for (name, cluster) in &mut clusters {
            let known = self.state.head().and_then(|head| head.clusters.get(name));
            if let Some(known) = known {
                cluster.extra.clone_from(&known.extra);
            }
        }
        match &mut self.state.head {
            Some(head) if head.clusters != clusters => head.clusters = clusters,
            _ => return Ok(()),
        }
        self.write_head()
    }

    /// Writes what waits: the instances' blobs first, then the head that names them, then the checkpoint
    /// records.
    pub fn flush(&mut self) -> Result<(), StateError> {
        if !self.unwritten.is_empty() {
            self.write_head()?;
        }
        for (instance, phase) in std::mem::take(&mut self.checkpoints) {
            let serial = self
                .state
                .instance(&instance)
                .map_or(0, |instance| instance.serial);
            self.record(Event::Checkpoint {
                instance,
                phase,
                serial,
            })?;
        }
        Ok(())
    }

    fn write_head(&mut self) -> Result<(), StateError> {
        self.lease.check()?;
        let mut head = self.state.head.clone().ok_or(StateError::Changed)?;
        for id in &self.unwritten {
            let Some(instance) = self.state.instance(id) else {
                continue;
            };
            let bytes = canonical_bytes(instance)
                .map_err(|error| StateError::malformed("the state of an instance", error))?;
            let digest = Digest::of(&bytes);
            self.put_blob(Key::Instance(digest), &bytes)?;
            head.instances.insert(id.clone(), digest);
        }
        head.serial += 1;
        head.journal = self.writer.last();
        let bytes = sealed(&self.key, &head)?;
        let condition = self.state.digest.map_or(Condition::Absent, Condition::Is);
        self.pass(FaultPoint::BeforeHead(head.serial))?;
        self.store()
            .put(Key::Head, &bytes, condition)
            .map_err(|error| StateError::store(&self.context.store.place(), error))?;
        let serial = head.serial;
        self.state.head = Some(head);
        self.state.digest = Some(Digest::of(&bytes));
        self.unwritten.clear();
        self.remember()?;
        self.pass(FaultPoint::AfterHead(serial))
    }

    fn mark(&self) -> Option<(&str, Mark)> {
        let (head, digest) = (self.state.head()?, self.state.digest?);
        let mark = Mark {
            serial: head.serial,
            head: digest,
            journal: self.writer.last(),
        };
        Some((&head.lineage, mark))
    }

    fn remember(&self) -> Result<(), StateError> {
        match self.mark() {
            Some((lineage, mark)) => self.context.operator.remember(lineage, &mark),
            None => Ok(()),
        }
    }

    /// Ends the run: removes what nothing names any more, and gives the lease back, also where the end could not be
    /// recorded.
    pub fn end(mut self, end: RunEnd) -> Result<State, StateError> {
        let written = self.write_end(end);
        self.leave(written)
    }

    /// Gives the lease back; the first error is the one to show.
    pub(super) fn leave(self, written: Result<(), StateError>) -> Result<State, StateError> {
        if let Err(error @ (StateError::Killed(_) | StateError::LeaseLost { .. })) = written {
            // As a process that is gone would leave it, or no longer ours.
            return Err(error);
        }
        let released = self.lease.release();
        written.and(released).map(|()| self.state)
    }

    fn write_end(&mut self, end: RunEnd) -> Result<(), StateError> {
        self.flush()?;
        self.sweep()?;
        let seq = self.append(Event::End { end })?;
        // The run has ended now, and what this machine remembers of it is another matter.
        let forgotten = |error: StateError| StateError::NotRemembered {
            error: Box::new(error),
        };
        self.remember().map_err(forgotten)?;
        self.pass(FaultPoint::AfterRecord(seq))?;
        match self.mark() {
            Some((lineage, mark)) => {
                let operator = &self.context.operator;
                operator.remember_only(lineage, &mark).map_err(forgotten)
            }
            None => Ok(()),
        }
    }

    /// Stops without ending the run: it can be resumed. The lease is given back even where nothing can be written any
    /// more, so that whoever resumes need not be on this machine.
    pub fn interrupt(mut self) -> Result<State, StateError> {
        let written = self.flush().and_then(|()| self.record(Event::Interrupted));
        self.leave(written)
    }

    /// Gives the lease back when no run was begun.
    pub fn close(self) -> Result<(), StateError> {
        self.lease.release()
    }

    fn sweep(&self) -> Result<(), StateError> {
        let failed = |error| StateError::store(&self.context.store.place(), error);
        let mut named: BTreeSet<Key> = self
            .state
            .head()
            .into_iter()
            .flat_map(|head| head.instances.values().copied().map(Key::Instance))
            .collect();
        for instance in self.state.instances.values() {
            named.extend(
                instance
                    .inventory
                    .values()
                    .map(|entry| Key::Document(entry.document)),
            );
        }
        for kind in [KeyKind::Instance, KeyKind::Document] {
            for key in self.store().list(kind).map_err(failed)? {
                if !named.contains(&key) {
                    self.store()
                        .remove(key, Condition::Always)
                        .map_err(failed)?;
                }
            }
        }
        Ok(())
    }
}

pub(super) fn pass(faults: &dyn Faults, point: FaultPoint) -> Result<(), StateError> {
    if faults.dies_at(&point) {
        Err(StateError::Killed(format!("{point:?}")))
    } else {
        Ok(())
    }
}

fn sealed(key: &StateKey, head: &Head) -> Result<Vec<u8>, StateError> {
    let malformed = |why: String| StateError::malformed("the head of the state", why);
    let value: Value = serde_json::to_value(head).map_err(|error| malformed(error.to_string()))?;
    let value = key
        .seal(Subject::Head, value)
        .map_err(|_| malformed("it has no canonical form".to_owned()))?;
    canonical_bytes(&value).map_err(|error| malformed(error.to_string()))
}

/// Gives an unfinished run up: what it did stays, and what state does not know of it shows as drift in the next
/// plan.
pub fn abandon(context: LedgerContext) -> Result<String, StateError> {
    let mut ledger = Ledger::resume(context)?;
    let run = ledger.run.clone();
    let written = ledger.record(Event::End {
        end: RunEnd::Abandoned,
    });
    ledger.leave(written).map(|_| run)
}
