//! State in a folder beside the stack file.

use std::path::Path;

use aegis_document::Digest;

use super::{Condition, Key, KeyKind, Store, StoreError};
use crate::state::folder::{EntryKind, Folder, Guard};

/// The folder `.aegis`:
///
/// ```text
/// state/head.json        state/instances/<digest>.json   state/documents/<digest>.json
/// journal/000001.jsonl   plans/<digest>.json             lease.json
/// ```
#[derive(Clone, Debug)]
pub struct LocalStore {
    folder: Folder,
}

/// Held for the moment of a conditional write.
const LOCK: &str = "lock";

impl LocalStore {
    /// The store of the stack in a folder.
    pub fn beside(stack_folder: &Path) -> Self {
        Self {
            folder: Folder::private(stack_folder).inside(".aegis"),
        }
    }

    fn lock(&self) -> Result<Guard, StoreError> {
        Ok(self.folder.lock(LOCK)?)
    }

    /// Whether a condition holds. The lock must be held.
    fn holds(&self, path: &str, condition: Condition) -> Result<bool, StoreError> {
        Ok(match condition {
            Condition::Always => true,
            Condition::Absent => self.folder.read(path)?.is_none(),
            Condition::Is(digest) => self
                .folder
                .read(path)?
                .is_some_and(|bytes| Digest::of(bytes) == digest),
        })
    }
}

impl Store for LocalStore {
    fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.folder.read(&path(key))?)
    }

    fn put(&self, key: Key, bytes: &[u8], condition: Condition) -> Result<(), StoreError> {
        let path = path(key);
        let _guard = self.lock()?;
        if !self.holds(&path, condition)? {
            return Err(StoreError::Changed);
        }
        Ok(self.folder.write(&path, bytes)?)
    }

    fn remove(&self, key: Key, condition: Condition) -> Result<(), StoreError> {
        let path = path(key);
        let _guard = self.lock()?;
        if !self.holds(&path, condition)? {
            return Err(StoreError::Changed);
        }
        self.folder.remove(&path)?;
        Ok(self.folder.sync_above(&path)?)
    }

    fn list(&self, kind: KeyKind) -> Result<Vec<Key>, StoreError> {
        let (folder, ending) = match kind {
            KeyKind::Instance => ("state/instances", ".json"),
            KeyKind::Document => ("state/documents", ".json"),
            KeyKind::Plan => ("plans", ".json"),
            KeyKind::Journal => ("journal", ".jsonl"),
        };
        let mut keys: Vec<Key> = self
            .folder
            .list(folder)?
            .into_iter()
            .filter(|(_, entry)| *entry == EntryKind::File)
            .filter_map(|(name, _)| key(kind, name.strip_suffix(ending)?))
            .collect();
        keys.sort();
        Ok(keys)
    }

    fn append(&self, segment: u64, line: &[u8], first: bool) -> Result<(), StoreError> {
        let path = path(Key::Journal(segment));
        if first {
            self.folder.append(&path, line)?;
        } else {
            self.folder.append_to_existing(&path, line)?;
        }
        Ok(())
    }

    fn place(&self) -> String {
        aegis_document::shown_path(self.folder.root())
    }
}

fn path(key: Key) -> String {
    match key {
        Key::Head => "state/head.json".to_owned(),
        Key::Lease => "lease.json".to_owned(),
        Key::Instance(digest) => format!("state/instances/{}.json", digest.hex()),
        Key::Document(digest) => format!("state/documents/{}.json", digest.hex()),
        Key::Plan(digest) => format!("plans/{}.json", digest.hex()),
        Key::Journal(segment) => format!("journal/{segment:06}.jsonl"),
    }
}

fn key(kind: KeyKind, stem: &str) -> Option<Key> {
    let digest = || format!("sha256:{stem}").parse::<Digest>().ok();
    Some(match kind {
        KeyKind::Instance => Key::Instance(digest()?),
        KeyKind::Document => Key::Document(digest()?),
        KeyKind::Plan => Key::Plan(digest()?),
        KeyKind::Journal => {
            let segment = stem.parse().ok()?;
            // Only the one spelling that is written.
            return (path(Key::Journal(segment)) == format!("journal/{stem}.jsonl"))
                .then_some(Key::Journal(segment));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_does_not_hold_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::beside(folder.path());
        let changed = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Changed));
        assert!(changed(store.put(
            Key::Head,
            b"b",
            Condition::Is(Digest::of(b"a"))
        )));
        store.put(Key::Head, b"a", Condition::Absent).unwrap();
        assert!(changed(store.put(Key::Head, b"b", Condition::Absent)));
        store
            .put(Key::Head, b"b", Condition::Is(Digest::of(b"a")))
            .unwrap();
        assert!(changed(
            store.remove(Key::Head, Condition::Is(Digest::of(b"a")))
        ));
        assert_eq!(store.get(Key::Head).unwrap().as_deref(), Some(&b"b"[..]));
        store.remove(Key::Head, Condition::Always).unwrap();
        store.remove(Key::Head, Condition::Always).unwrap();
    }

    #[test]
    fn keys_are_listed_and_strays_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::beside(folder.path());
        assert!(store.list(KeyKind::Journal).unwrap().is_empty());
        store.append(2, b"x\n", true).unwrap();
        store.append(1, b"x\n", true).unwrap();
        for name in ["7.jsonl", "000003.json", "x.jsonl"] {
            std::fs::write(folder.path().join(".aegis/journal").join(name), "").unwrap();
        }
        assert_eq!(
            store.list(KeyKind::Journal).unwrap(),
            [Key::Journal(1), Key::Journal(2)]
        );
        let digest = Digest::of(b"d");
        store
            .put(Key::Document(digest), b"d", Condition::Always)
            .unwrap();
        assert_eq!(
            store.list(KeyKind::Document).unwrap(),
            [Key::Document(digest)]
        );
    }
}
