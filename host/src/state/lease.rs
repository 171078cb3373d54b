//! One writer at a time.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aegis_document::{Digest, Limits};
use serde::{Deserialize, Serialize};

use super::error::StateError;
use super::journal::Operation;
use super::moment;
use super::store::{Condition, Key, Store, StoreError};

/// A lease whose heart has not beaten for this long is shown as expired. It still holds: only a person
/// can know that its process is gone.
const TTL: Duration = Duration::from_secs(60);
/// How often the heart beats.
const BEAT: Duration = Duration::from_secs(15);

/// Who works on the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LeaseRecord {
    pub id: String,
    pub owner: String,
    pub host: String,
    pub pid: u32,
    /// What tells this process from a later one with the same number; `None` where the system does not say.
    pub process: Option<ProcessMark>,
    pub operation: String,
    pub plan: Option<Digest>,
    /// RFC 3339, UTC.
    pub acquired: String,
    pub heartbeat: String,
    pub ttl_seconds: u64,
}

/// Boot, process-number space and start of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProcessMark {
    pub boot: String,
    pub space: String,
    /// Clock ticks after the boot.
    pub started: u64,
}

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
        let record = LeaseRecord::new(operation, plan, owner)?;
        let bytes = record.bytes()?;
        match store.put(Key::Lease, &bytes, Condition::Absent) {
            Ok(()) => Ok(Self::start(store, record, &bytes)),
            Err(StoreError::Changed) => match LeaseRecord::read(store.as_ref())? {
                Some((held, _)) => Err(StateError::LeaseHeld { record: Box::new(held) }),
                None => Err(StateError::Changed),
            },
            Err(error) => Err(StateError::store(&store.place(), error)),
        }
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
            return Err(StateError::LeaseHeld { record: Box::new(held) });
        }
        let record = LeaseRecord::new(operation, plan, owner)?;
        let bytes = record.bytes()?;
        store
            .put(Key::Lease, &bytes, Condition::Is(digest))
            .map_err(|error| StateError::store(&store.place(), error))?;
        Ok(Self::start(store, record, &bytes))
    }

    fn start(store: &Arc<dyn Store>, record: LeaseRecord, bytes: &[u8]) -> Self {
        let id = record.id.clone();
        guard(&HELD).insert(id.clone());
        let beat = Beat { record, written: Digest::of(bytes), last: Instant::now(), stop: false, lost: None };
        let shared = Arc::new(Shared { beat: Mutex::new(beat), wake: Condvar::new() });
        let heart = {
            let (store, shared) = (Arc::clone(store), Arc::clone(&shared));
            std::thread::Builder::new().name("lease".to_owned()).spawn(move || keep_beating(store.as_ref(), &shared)).ok()
        };
        Self { store: Arc::clone(store), id, shared, heart }
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
            Err(StoreError::Changed) => Err(StateError::LeaseLost { why: "somebody else ended it".to_owned() }),
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
        let (next, _) = shared.wake.wait_timeout(beat, BEAT).unwrap_or_else(PoisonError::into_inner);
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
        Err(error) if beat.last.elapsed() > TTL / 2 => beat.lost = Some(format!("it could not be renewed: {error}")),
        Err(_) => {}
    }
}

impl LeaseRecord {
    fn new(operation: Operation, plan: Option<Digest>, owner: &str) -> Result<Self, StateError> {
        let mut id = [0; 6];
        getrandom::fill(&mut id).map_err(StateError::Random)?;
        let now = moment::now();
        Ok(Self {
            id: hex::encode(id),
            owner: owner.to_owned(),
            host: host(),
            pid: std::process::id(),
            process: ProcessMark::of(std::process::id()),
            operation: operation.name().to_owned(),
            plan,
            acquired: now.clone(),
            heartbeat: now,
            ttl_seconds: TTL.as_secs(),
        })
    }

    /// The lease in a store, and the digest of its bytes.
    pub fn read(store: &dyn Store) -> Result<Option<(Self, Digest)>, StateError> {
        let bytes = store.get(Key::Lease).map_err(|error| StateError::store(&store.place(), error))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let record = aegis_document::read(&bytes, Limits::SMALL)
            .map_err(|error| error.to_string())
            .and_then(|value| serde_json::from_value::<Self>(value).map_err(|error| error.to_string()))
            .map_err(|why| StateError::malformed("the lease", why))?;
        Ok(Some((record.shown(), Digest::of(&bytes))))
    }

    fn bytes(&self) -> Result<Vec<u8>, StateError> {
        serde_json::to_vec_pretty(self).map_err(|error| StateError::malformed("the lease", error))
    }

    /// The lease is not sealed: what it says is only shown, and never as it stands.
    fn shown(mut self) -> Self {
        for text in [&mut self.id, &mut self.owner, &mut self.host, &mut self.operation, &mut self.acquired, &mut self.heartbeat] {
            *text = aegis_document::untrusted(text).to_string();
        }
        self
    }

    /// Whether the owner certainly is gone.
    pub(super) fn is_dead(&self) -> bool {
        if guard(&HELD).contains(&self.id) {
            return false;
        }
        let (Some(theirs), Some(ours)) = (&self.process, ProcessMark::of(std::process::id())) else { return false };
        if theirs.boot != ours.boot || theirs.space != ours.space {
            // Another system, or another container: its processes cannot be seen from here.
            return false;
        }
        if self.pid == std::process::id() {
            return true;
        }
        match ProcessMark::of(self.pid) {
            Some(now) => now != *theirs,
            None => true,
        }
    }
}

impl ProcessMark {
    /// Of a process of this system, from `/proc`; `None` where there is none.
    fn of(pid: u32) -> Option<Self> {
        let text = |path: String| std::fs::read_to_string(path).ok();
        let boot = text("/proc/sys/kernel/random/boot_id".to_owned())?.trim().to_owned();
        let space = std::fs::read_link("/proc/self/ns/pid").ok()?.to_string_lossy().into_owned();
        // Behind the name, which stands in brackets and may hold anything, `starttime` is the twentieth
        // field (proc_pid_stat(5) counts it as the 22nd of the line).
        let stat = text(format!("/proc/{pid}/stat"))?;
        let started = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()?;
        Some(Self { boot, space, started })
    }
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    name.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_else(|| "unknown".to_owned())
}

/// Ends somebody's lease by its id: a person knows that its process is gone.
pub fn unlock(store: &dyn Store, id: &str) -> Result<LeaseRecord, StateError> {
    let wrong = |held: Option<String>| StateError::NoSuchLease { id: aegis_document::untrusted(id).to_string(), held };
    let (record, digest) = LeaseRecord::read(store)?.ok_or_else(|| wrong(None))?;
    if record.id != id {
        return Err(wrong(Some(record.id)));
    }
    store.remove(Key::Lease, Condition::Is(digest)).map_err(|error| StateError::store(&store.place(), error))?;
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::super::store::LocalStore;
    use super::*;

    fn store() -> (tempfile::TempDir, Arc<dyn Store>) {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(LocalStore::beside(folder.path()));
        (folder, store)
    }

    fn acquire(store: &Arc<dyn Store>) -> Result<Lease, StateError> {
        Lease::acquire(store, Operation::Apply, None, "somebody")
    }

    #[test]
    fn there_is_one_lease_at_a_time() {
        let (_folder, store) = store();
        let lease = acquire(&store).unwrap();
        lease.check().unwrap();
        match acquire(&store) {
            Err(StateError::LeaseHeld { record }) => assert_eq!(record.id, lease.id()),
            other => panic!("{:?}", other.err()),
        }
        assert!(Lease::take_over(&store, Operation::Apply, None, "other").is_err());
        lease.release().unwrap();
        acquire(&store).unwrap().release().unwrap();
    }

    #[test]
    fn a_dead_run_is_taken_over_but_not_walked_over() {
        let (_folder, store) = store();
        drop(acquire(&store).unwrap());
        assert!(matches!(acquire(&store), Err(StateError::LeaseHeld { .. })));
        Lease::take_over(&store, Operation::Apply, None, "other").unwrap().release().unwrap();
    }

    #[test]
    fn a_run_elsewhere_is_never_taken_over() {
        let (_folder, store) = store();
        drop(acquire(&store).unwrap());
        let (mut record, _) = LeaseRecord::read(store.as_ref()).unwrap().unwrap();
        for change in [
            |mark: &mut ProcessMark| mark.boot.push('x'),
            |mark: &mut ProcessMark| mark.space.push('x'),
        ] {
            let Some(mark) = record.process.as_mut() else {
                eprintln!("skipped: needs /proc");
                return;
            };
            let before = mark.clone();
            change(mark);
            store.put(Key::Lease, &record.bytes().unwrap(), Condition::Always).unwrap();
            assert!(Lease::take_over(&store, Operation::Apply, None, "other").is_err());
            record.process = Some(before);
        }
    }

    #[test]
    fn unlock_ends_the_lease_that_it_names() {
        let (_folder, store) = store();
        let lease = acquire(&store).unwrap();
        assert!(matches!(unlock(store.as_ref(), "nope"), Err(StateError::NoSuchLease { held: Some(_), .. })));
        unlock(store.as_ref(), lease.id()).unwrap();
        assert!(matches!(unlock(store.as_ref(), lease.id()), Err(StateError::NoSuchLease { held: None, .. })));
        // Its former owner notices at the next beat, and cannot end somebody else's.
        let other = acquire(&store).unwrap();
        renew(store.as_ref(), &mut guard(&lease.shared.beat));
        assert!(matches!(lease.check(), Err(StateError::LeaseLost { .. })));
        assert!(lease.release().is_err());
        other.release().unwrap();
    }

    #[test]
    fn a_forged_lease_cannot_write_to_the_terminal() {
        let (_folder, store) = store();
        drop(acquire(&store).unwrap());
        let (mut record, _) = LeaseRecord::read(store.as_ref()).unwrap().unwrap();
        record.owner = "\u{1b}[2J".to_owned();
        store.put(Key::Lease, &record.bytes().unwrap(), Condition::Always).unwrap();
        let error = acquire(&store).err().unwrap();
        assert!(!error.to_string().contains('\u{1b}'));
    }
}
