//! What a lease says of its owner.

use aegis_document::{Digest, Limits};
use serde::{Deserialize, Serialize};

use super::{TTL, is_held};
use crate::state::error::StateError;
use crate::state::journal::Operation;
use crate::state::moment;
use crate::state::store::{Key, Store};

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

impl LeaseRecord {
    pub(super) fn new(
        operation: Operation,
        plan: Option<Digest>,
        owner: &str,
    ) -> Result<Self, StateError> {
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
        let bytes = store
            .get(Key::Lease)
            .map_err(|error| StateError::store(&store.place(), error))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let record = aegis_document::read(&bytes, Limits::SMALL)
            .map_err(|error| error.to_string())
            .and_then(|value| {
                serde_json::from_value::<Self>(value).map_err(|error| error.to_string())
            })
            .map_err(|why| StateError::malformed("the lease", why))?;
        Ok(Some((record.shown(), Digest::of(&bytes))))
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, StateError> {
        serde_json::to_vec_pretty(self).map_err(|error| StateError::malformed("the lease", error))
    }

    /// The lease is not sealed: what it says is only shown, and never as it stands.
    fn shown(mut self) -> Self {
        for text in [
            &mut self.id,
            &mut self.owner,
            &mut self.host,
            &mut self.operation,
            &mut self.acquired,
            &mut self.heartbeat,
        ] {
            *text = aegis_document::untrusted(text).to_string();
        }
        self
    }

    /// Whether the owner certainly is gone.
    pub(in crate::state) fn is_dead(&self) -> bool {
        if is_held(&self.id) {
            return false;
        }
        let (Some(theirs), Some(ours)) = (&self.process, ProcessMark::of(std::process::id()))
        else {
            return false;
        };
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
    pub(super) fn of(pid: u32) -> Option<Self> {
        let text = |path: String| std::fs::read_to_string(path).ok();
        let boot = text("/proc/sys/kernel/random/boot_id".to_owned())?
            .trim()
            .to_owned();
        let space = std::fs::read_link("/proc/self/ns/pid")
            .ok()?
            .to_string_lossy()
            .into_owned();
        // Behind the name, which stands in brackets and may hold anything, `starttime` is the twentieth
        // field (proc_pid_stat(5) counts it as the 22nd of the line).
        let stat = text(format!("/proc/{pid}/stat"))?;
        let started = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()?;
        Some(Self {
            boot,
            space,
            started,
        })
    }
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty());
    name.or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_else(|| "unknown".to_owned())
}
