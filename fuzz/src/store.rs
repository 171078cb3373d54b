//! A store of state in memory.

use std::collections::BTreeMap;

use aegis_host::state::{Condition, Key, KeyKind, Store, StoreError};

/// Objects that somebody has put there; nothing can be changed through [`Store`].
#[derive(Clone, Default)]
pub(crate) struct Memory(pub BTreeMap<Key, Vec<u8>>);

impl Store for Memory {
    fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(&key).cloned())
    }

    fn put(&self, _: Key, _: &[u8], _: Condition) -> Result<(), StoreError> {
        Err(StoreError::Changed)
    }

    fn remove(&self, _: Key, _: Condition) -> Result<(), StoreError> {
        Err(StoreError::Changed)
    }

    fn list(&self, kind: KeyKind) -> Result<Vec<Key>, StoreError> {
        let of_kind = |key: &&Key| {
            matches!(
                (key, kind),
                (Key::Instance(_), KeyKind::Instance)
                    | (Key::Document(_), KeyKind::Document)
                    | (Key::Plan(_), KeyKind::Plan)
                    | (Key::Journal(_), KeyKind::Journal)
            )
        };
        Ok(self.0.keys().filter(of_kind).copied().collect())
    }

    fn append(&self, _: u64, _: &[u8], _: bool) -> Result<(), StoreError> {
        Err(StoreError::Changed)
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }
}
