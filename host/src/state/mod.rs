//! What Aegis knows about what it did: facts, the inventory with one owner for each identity, the journal of
//! runs and the lease that keeps two of them apart.
//!
//! All of it is input that others could have written. The head carries a keyed hash under a key that lies with the
//! operator, names every other object by its digest, and only ever moves forward; each journal
//! record is sealed in the same way and names the one before it. Who can write the state's folder can
//! break a run, but not steer it.

mod error;
mod fault;
mod folder;
mod import;
mod journal;
mod lease;
mod ledger;
mod load;
mod model;
mod moment;
mod operator;
mod outputs;
mod seal;
mod store;

pub use error::StateError;
pub use fault::{FaultPoint, Faults, NoFaults};
pub use folder::FolderError;
pub(crate) use folder::{EntryKind, Folder};
pub use import::{Imported, import_facts};
pub use journal::{
    ChangeResult, Event, FileChange, Operation, Phase, Position, Record, RunEnd, RunRecord, runs,
};
pub use lease::{Lease, LeaseRecord, unlock};
pub use ledger::{Ledger, LedgerContext, abandon};
pub use load::{State, document, load};
pub use model::{
    ClusterPresence, ClusterState, Head, InstanceProgress, InstanceState, InventoryEntry, LastRun,
    PluginMark, StoredFact,
};
pub use operator::{Mark, OperatorFolder};
pub use outputs::{Output, OutputsError, read_outputs};
pub use seal::StateKey;
#[cfg(test)]
pub(crate) use seal::resealed;
pub use store::{Condition, Key, KeyKind, LocalStore, Store, StoreError};
