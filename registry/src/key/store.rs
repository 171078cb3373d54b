//! A folder of secret keys, one `NAME.key` each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aegis_document::Identifier;

use super::{KeyError, PublicKey, SecretKey};
use crate::file;

/// The operator's keys. They are created and used, never overwritten or removed.
#[derive(Debug, Clone)]
pub struct KeyStore {
    folder: PathBuf,
}

const ENDING: &str = "key";

impl KeyStore {
    /// Opens the folder. It is created with mode 0700 where it does not exist; one that others
    /// can enter is refused.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, KeyError> {
        let folder = folder.into();
        file::private_folder(&folder)?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Generates a key under a new name.
    pub fn create(&self, name: &Identifier) -> Result<SecretKey, KeyError> {
        let key = SecretKey::generate()?;
        key.save_new(&self.path(name))?;
        Ok(key)
    }

    /// The key of this name.
    pub fn load(&self, name: &Identifier) -> Result<SecretKey, KeyError> {
        SecretKey::load(&self.path(name))
    }

    /// The public halves by name. A key that cannot be read is listed with the reason. Files
    /// that are not named like keys are passed over.
    pub fn list(&self) -> Result<BTreeMap<Identifier, Result<PublicKey, KeyError>>, KeyError> {
        let unreadable = |e| file::io_error(&self.folder, "list", e);
        let mut keys = BTreeMap::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if let Some(name) = stem.and_then(|stem| Identifier::new(stem).ok()) {
                let public = SecretKey::load(&path).map(|key| key.public());
                keys.insert(name, public);
            }
        }
        Ok(keys)
    }

    fn path(&self, name: &Identifier) -> PathBuf {
        self.folder.join(format!("{name}.{ENDING}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileError;

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    #[test]
    fn keys_are_listed_by_name_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(folder.path().join("keys")).unwrap();
        let key = store.create(&name("acme.release")).unwrap();
        assert!(matches!(
            store.create(&name("acme.release")),
            Err(KeyError::File(FileError::Exists { .. }))
        ));
        fs::write(store.folder().join("notes.txt"), "").unwrap();
        fs::write(store.folder().join("BAD.key"), "").unwrap();
        let listed = store.list().unwrap();
        assert_eq!(listed.len(), 1);
        let public = listed[&name("acme.release")].as_ref().unwrap();
        assert_eq!(*public, key.public());
        let loaded = store.load(&name("acme.release")).unwrap();
        assert_eq!(loaded.public(), key.public());
    }

    #[test]
    fn a_damaged_key_is_listed_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(folder.path().join("keys")).unwrap();
        file::create_private(&store.folder().join("a.key"), b"{}").unwrap();
        assert!(matches!(
            store.list().unwrap()[&name("a")],
            Err(KeyError::Malformed)
        ));
        assert!(matches!(
            store.load(&name("b")),
            Err(KeyError::File(FileError::Missing { .. }))
        ));
    }
}
