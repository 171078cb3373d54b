//! Reading state, and believing none of it before it is checked.

use std::collections::BTreeMap;

use aegis_document::{Digest, Identifier, Limits};
use serde_json::Value;

use super::error::StateError;
use super::journal::{self, Event, Position, RunRecord};
use super::model::{
    ClusterState, Head, InstanceProgress, InstanceState, InventoryEntry, StoredFact,
};
use super::operator::{Mark, OperatorFolder, check_lineage};
use super::seal::{StateKey, Subject};
use super::store::{Key, Store};
use crate::fact::FactRef;
use crate::plan::{Identity, InstanceId};

/// A checked state. Empty before the first apply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub(super) head: Option<Head>,
    /// Digest of the head's bytes.
    pub(super) digest: Option<Digest>,
    pub(super) instances: BTreeMap<InstanceId, InstanceState>,
    /// The last journal record.
    pub(super) last: Option<Position>,
    /// The last run, when it was not finished.
    pub(super) unfinished: Option<RunRecord>,
}

impl State {
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    pub fn lineage(&self) -> Option<&str> {
        self.head.as_ref().map(|head| head.lineage.as_str())
    }

    /// Whether nothing was ever applied.
    pub fn is_fresh(&self) -> bool {
        self.head
            .as_ref()
            .is_none_or(|head| head.serial <= Head::FIRST_SERIAL && head.instances.is_empty())
    }

    /// The lineage as a plan names it: a state that holds nothing yet has none.
    pub fn base_lineage(&self) -> Option<&str> {
        if self.is_fresh() {
            None
        } else {
            self.lineage()
        }
    }

    /// The serial of every instance, removed ones as well.
    pub fn serials(&self) -> BTreeMap<InstanceId, u64> {
        self.instances
            .iter()
            .map(|(id, instance)| (id.clone(), instance.serial))
            .collect()
    }

    /// An instance that is or was there.
    pub fn instance(&self, id: &InstanceId) -> Option<&InstanceState> {
        self.instances.get(id)
    }

    /// The instances that are there.
    pub fn instances(&self) -> impl Iterator<Item = &InstanceState> {
        self.instances
            .values()
            .filter(|instance| instance.progress != InstanceProgress::Removed)
    }

    /// Who owns an identity.
    pub fn owner_of(&self, identity: &Identity) -> Option<(&InstanceId, &InventoryEntry)> {
        self.instances
            .iter()
            .find_map(|(id, instance)| Some((id, instance.inventory.get(identity)?)))
    }

    /// What one instance knows of an identity that it owns.
    pub fn entry_of(
        &self,
        instance: &InstanceId,
        identity: &Identity,
    ) -> Option<(&InstanceId, &InventoryEntry)> {
        let (id, instance) = self.instances.get_key_value(instance)?;
        Some((id, instance.inventory.get(identity)?))
    }

    /// Every identity with its owner; look-ups by the hundred are faster in this.
    pub fn inventory(&self) -> BTreeMap<&Identity, (&InstanceId, &InventoryEntry)> {
        self.instances
            .iter()
            .flat_map(|(id, instance)| {
                instance
                    .inventory
                    .iter()
                    .map(move |(identity, entry)| (identity, (id, entry)))
            })
            .collect()
    }

    /// Every fact that an instance provides, known or not.
    pub fn facts(&self) -> impl Iterator<Item = (FactRef, &StoredFact)> {
        self.instances().flat_map(|instance| {
            instance
                .facts
                .iter()
                .map(|(name, fact)| (instance.fact_ref(name), fact))
        })
    }

    pub fn clusters(&self) -> impl Iterator<Item = (&Identifier, &ClusterState)> {
        self.head.iter().flat_map(|head| &head.clusters)
    }

    /// The last run, when it was not finished: it has to be resumed or given up before another starts.
    pub fn unfinished(&self) -> Option<&RunRecord> {
        self.unfinished.as_ref()
    }
}

/// Reads and checks the state of a store. The state of another stack than `stack` is an error: its seal holds for the
/// same operator, but what it knows is not of this stack.
///
/// A run that writes meanwhile can make a reader see two moments at once, so a failed check is looked at again
/// before it is believed.
pub fn load(
    store: &dyn Store,
    operator: &OperatorFolder,
    stack: &Identifier,
) -> Result<State, StateError> {
    const TRIES: u32 = 3;
    for _ in 1..TRIES {
        match load_once(store, operator, stack) {
            Err(
                StateError::Rollback { .. }
                | StateError::ObjectAltered { .. }
                | StateError::JournalTruncated { .. },
            ) => std::thread::sleep(std::time::Duration::from_millis(20)),
            result => return result,
        }
    }
    load_once(store, operator, stack)
}

fn load_once(
    store: &dyn Store,
    operator: &OperatorFolder,
    stack: &Identifier,
) -> Result<State, StateError> {
    let place = store.place();
    let get = |key: Key| {
        store
            .get(key)
            .map_err(|error| StateError::store(&place, error))
    };
    let Some(bytes) = get(Key::Head)? else {
        return Ok(State::default());
    };
    let (head, key) = open_head(&bytes, &place, operator)?;
    if head.stack != *stack {
        return Err(StateError::OtherStack {
            place,
            found: head.stack,
            expected: stack.clone(),
        });
    }
    let digest = Digest::of(&bytes);
    // Before the journal, which is written before the mark.
    let mark = operator.mark(&head.lineage)?;
    if let Some(mark) = &mark {
        check_mark(&head, digest, mark)?;
    }
    let mut instances = BTreeMap::new();
    for (id, digest) in &head.instances {
        let bytes = get(Key::Instance(*digest))?.filter(|bytes| Digest::of(bytes) == *digest);
        let bytes = bytes.ok_or_else(|| StateError::missing("state of an instance", digest))?;
        let instance: InstanceState = parse(&bytes, &format!("the state of {id}"))
            .map_err(|error| check_version(&head).err().unwrap_or(error))?;
        if instance.id != *id {
            return Err(StateError::missing("state of an instance", digest));
        }
        instances.insert(id.clone(), instance);
    }
    let from = head.journal.map_or(0, |position| position.segment);
    let records = journal::read_from(store, &key, from)?;
    let last = records.last().map(|(_, position)| *position);
    for known in [head.journal, mark.and_then(|mark| mark.journal)]
        .into_iter()
        .flatten()
    {
        check_journal(&records, last, known)?;
    }
    let unfinished = unfinished(store, &key, &records)?;
    Ok(State {
        head: Some(head),
        digest: Some(digest),
        instances,
        last,
        unfinished,
    })
}

/// Whether this version may write the state, and can be expected to understand all of it.
pub(super) fn check_version(head: &Head) -> Result<(), StateError> {
    let own: semver::Version = env!("CARGO_PKG_VERSION")
        .parse()
        .map_err(|error| StateError::malformed("this version's number", error))?;
    if head.min_host > own {
        return Err(StateError::Newer {
            what: format!("it may only be changed by {} and newer", head.min_host),
            needed: head.min_host.to_string(),
        });
    }
    Ok(())
}

/// Format, seal and form of a head.
fn open_head(
    bytes: &[u8],
    place: &str,
    operator: &OperatorFolder,
) -> Result<(Head, StateKey), StateError> {
    let value = aegis_document::read(bytes, Limits::LARGE)
        .map_err(|error| StateError::malformed("the head of the state", error))?;
    // Looked at before the seal: another format may be sealed in another way.
    check_format(
        value
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    )?;
    let lineage = value
        .get("lineage")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let key = operator.key(check_lineage(lineage)?)?;
    let value = key
        .open(Subject::Head, value)
        .map_err(|_| StateError::HeadAltered {
            place: place.to_owned(),
        })?;
    let head: Head = serde_json::from_value(value)
        .map_err(|error| StateError::malformed("the head of the state", error))?;
    Ok((head, key))
}

/// Another major version is not read. A minor one adds fields, which are kept.
fn check_format(format: &str) -> Result<(), StateError> {
    let version = format.strip_prefix("aegis.state/").unwrap_or_default();
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    match (major.parse::<u32>(), minor.parse::<u32>()) {
        (Ok(1), Ok(_)) => Ok(()),
        (Ok(newer), Ok(_)) if newer > 1 => Err(StateError::Newer {
            what: format!("its format is `aegis.state/{newer}`"),
            needed: "the version that wrote it".to_owned(),
        }),
        _ => Err(StateError::malformed(
            "the head of the state",
            "it has no known format",
        )),
    }
}

fn check_mark(head: &Head, digest: Digest, mark: &Mark) -> Result<(), StateError> {
    if head.serial < mark.serial {
        return Err(StateError::Rollback {
            found: head.serial,
            seen: mark.serial,
        });
    }
    if head.serial == mark.serial && digest != mark.head {
        return Err(StateError::Forked {
            serial: head.serial,
        });
    }
    Ok(())
}

/// The journal holds the record that is known to have been written.
fn check_journal(
    records: &[(journal::Record, Position)],
    last: Option<Position>,
    known: Position,
) -> Result<(), StateError> {
    let found = last.map_or(0, |last| last.seq);
    if found < known.seq {
        return Err(StateError::JournalTruncated {
            found,
            known: known.seq,
        });
    }
    match records.iter().find(|(record, _)| record.seq == known.seq) {
        Some((_, position)) if position.hash != known.hash => {
            Err(StateError::JournalAltered { seq: known.seq })
        }
        // Records of older segments were checked when they were written.
        _ => Ok(()),
    }
}

/// The run of the last segment, when it has no end.
fn unfinished(
    store: &dyn Store,
    key: &StateKey,
    records: &[(journal::Record, Position)],
) -> Result<Option<RunRecord>, StateError> {
    let Some((last, _)) = records.last() else {
        return Ok(None);
    };
    if matches!(last.event, Event::End { .. }) {
        return Ok(None);
    }
    let runs = journal::collect(&journal::read_all(store, key)?);
    Ok(runs
        .into_iter()
        .rfind(|run| run.run == last.run && run.ended.is_none()))
}

/// Reads a document that an inventory entry names.
pub fn document(store: &dyn Store, digest: &Digest) -> Result<Value, StateError> {
    let bytes = store
        .get(Key::Document(*digest))
        .map_err(|error| StateError::store(&store.place(), error))?;
    let bytes = bytes.filter(|bytes| Digest::of(bytes) == *digest);
    let bytes = bytes.ok_or_else(|| StateError::missing("document", digest))?;
    aegis_document::read(&bytes, Limits::LARGE)
        .map_err(|error| StateError::malformed("a document", error))
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, StateError> {
    let value = aegis_document::read(bytes, Limits::LARGE)
        .map_err(|error| StateError::malformed(what, error))?;
    serde_json::from_value(value).map_err(|error| StateError::malformed(what, error))
}
