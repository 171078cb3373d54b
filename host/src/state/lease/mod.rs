//! One writer at a time.

mod record;

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aegis_document::Digest;

use super::error::StateError;
use super::journal::Operation;
use super::moment;
use super::store::{Condition, Key, Store, StoreError};

pub use record::LeaseRecord;

/// A lease whose heart has not beaten for this long is shown as expired. It still holds: only a person
/// can know that its process is gone.
const TTL: Duration = Duration::from_secs(60);
/// How often the heart beats.
const BEAT: Duration = Duration::from_secs(15);

/// A held lease. Dropping it stops its heart but leaves it in the store, as a killed process would;
/// [`Lease::release`] gives it back.
pub struct Lease {
    store: Arc<dyn Store>,
    id: String,
    shared: Arc<Shared>,
    heart: Option<std::thread::JoinHandle<()>>,
}

struct Shared {
    beat: Mutex<Beat>,
    wake: Condvar,
}

struct Beat {
    record: LeaseRecord,
    /// What lies in the store.
    written: Digest,
    last: Instant,
    stop: bool,
    lost: Option<String>,
}

/// Leases that this process holds. One that names this process and is not here belongs to a run that ended
/// without giving it back.
static HELD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is whole after every statement, so a panic elsewhere does not matter.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lease {
    /// Takes the lease. [`StateError::LeaseHeld`] when somebody has it, expired or not.
    pub fn acquire(
        store: &Arc<dyn Store>,
        operation: Operation,
        plan: Option<Digest>,
        owner: &str,
    ) -> Result<Self, StateError> {
        const TRIES: u32 = 3;
        for _ in 0..TRIES {
            match Self::write(
                store,
                LeaseRecord::new(operation, plan, owner)?,
                Condition::Absent,
            ) {
                Err(StateError::Changed) => {}
                lease => return lease,
            }
            if let Some((held, _)) = LeaseRecord::read(store.as_ref())? {
                return Err(StateError::LeaseHeld {
                    record: Box::new(held),
                });
            }
            // It was given back in between.
        }
        Err(StateError::Changed)
    }

    /// Takes the lease of a run that is to be resumed. When another run left it, that one must be
    /// provably dead: a process of this very system that is not there any more.
    pub fn take_over(
        store: &Arc<dyn Store>,
        operation: Operation,
        plan: Option<Digest>,
        owner: &str,
    ) -> Result<Self, StateError> {
        let Some((held, digest)) = LeaseRecord::read(store.as_ref())? else {
            return Self::acquire(store, operation, plan, owner);
        };
        if !held.is_dead() {
            return Err(StateError::LeaseHeld {
                record: Box::new(held),
            });
        }
        Self::write(
            store,
            LeaseRecord::new(operation, plan, owner)?,
            Condition::Is(digest),
        )
    }

    fn write(
        store: &Arc<dyn Store>,
        record: LeaseRecord,
        condition: Condition,
    ) -> Result<Self, StateError> {
        let bytes = record.bytes()?;
        let id = record.id.clone();
        // Before it can be read: whoever finds it must not take it for a dead run's.
        guard(&HELD).insert(id.clone());
        if let Err(error) = store.put(Key::Lease, &bytes, condition) {
            guard(&HELD).remove(&id);
            return Err(StateError::store(&store.place(), error));
        }
        let beat = Beat {
            record,
            written: Digest::of(&bytes),
            last: Instant::now(),
            stop: false,
            lost: None,
        };
        let shared = Arc::new(Shared {
            beat: Mutex::new(beat),
            wake: Condvar::new(),
        });
        let heart = {
            let (store, shared) = (Arc::clone(store), Arc::clone(&shared));
            let name = "lease".to_owned();
            std::thread::Builder::new()
                .name(name)
                .spawn(move || keep_beating(store.as_ref(), &shared))
                .ok()
        };
        Ok(Self {
            store: Arc::clone(store),
            id,
            shared,
            heart,
        })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the lease certainly is still ours: its heart has beaten within half of its time, by a clock that
    /// a paused process cannot outrun. Asked before every effect.
    pub fn check(&self) -> Result<(), StateError> {
        let mut beat = guard(&self.shared.beat);
        if beat.lost.is_none() && beat.last.elapsed() > TTL / 2 {
            // The heart may just be late; one beat decides.
            renew(self.store.as_ref(), &mut beat);
        }
        match &beat.lost {
            Some(why) => Err(StateError::LeaseLost { why: why.clone() }),
            None => Ok(()),
        }
    }

    /// Gives the lease back.
    pub fn release(mut self) -> Result<(), StateError> {
        self.stop();
        let written = guard(&self.shared.beat).written;
        match self.store.remove(Key::Lease, Condition::Is(written)) {
            Ok(()) => Ok(()),
            Err(StoreError::Changed) => Err(StateError::LeaseLost {
                why: "somebody else ended it".to_owned(),
            }),
            Err(error) => Err(StateError::store(&self.store.place(), error)),
        }
    }

    fn stop(&mut self) {
        guard(&self.shared.beat).stop = true;
        self.shared.wake.notify_all();
        if let Some(heart) = self.heart.take() {
            // A heart that panicked has stopped as well.
            let _ = heart.join();
        }
        guard(&HELD).remove(&self.id);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.stop();
    }
}

fn keep_beating(store: &dyn Store, shared: &Shared) {
    let mut beat = guard(&shared.beat);
    while !beat.stop && beat.lost.is_none() {
        let (next, _) = shared
            .wake
            .wait_timeout(beat, BEAT)
            .unwrap_or_else(PoisonError::into_inner);
        beat = next;
        if !beat.stop && beat.last.elapsed() >= BEAT {
            renew(store, &mut beat);
        }
    }
}

/// One beat. A store that does not answer is tried again at the next one; a lease that is not ours any more is lost.
fn renew(store: &dyn Store, beat: &mut Beat) {
    let mut record = beat.record.clone();
    record.heartbeat = moment::now();
    let Ok(bytes) = record.bytes() else { return };
    match store.put(Key::Lease, &bytes, Condition::Is(beat.written)) {
        Ok(()) => {
            beat.record = record;
            beat.written = Digest::of(&bytes);
            beat.last = Instant::now();
        }
        Err(StoreError::Changed) => beat.lost = Some("somebody else ended it".to_owned()),
        Err(error) if beat.last.elapsed() > TTL / 2 => {
            beat.lost = Some(format!("it could not be renewed: {error}"))
        }
        Err(_) => {}
    }
}

/// Whether this very process holds a lease.
fn is_held(id: &str) -> bool {
    guard(&HELD).contains(id)
}

/// Ends somebody's lease by its id: a person knows that its process is gone.
pub fn unlock(store: &dyn Store, id: &str) -> Result<LeaseRecord, StateError> {
    let wrong = |held: Option<String>| StateError::NoSuchLease {
        id: aegis_document::untrusted(id).to_string(),
        held,
    };
    let (record, digest) = LeaseRecord::read(store)?.ok_or_else(|| wrong(None))?;
    if record.id != id {
        return Err(wrong(Some(record.id)));
    }
    store
        .remove(Key::Lease, Condition::Is(digest))
        .map_err(|error| StateError::store(&store.place(), error))?;
    Ok(record)
}

#[cfg(test)]
mod tests;
