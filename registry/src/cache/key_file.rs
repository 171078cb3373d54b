//! The file of the cache's key: 32 random bytes, readable by its owner alone.

use std::path::Path;

use zeroize::Zeroizing;

use super::{CacheError, KEY_LENGTH};
use crate::file::{self, FileError};

pub(super) fn load_or_create(
    path: &Path,
    folder: &Path,
) -> Result<Zeroizing<[u8; KEY_LENGTH]>, CacheError> {
    file::private_folder(file::folder(path))?;
    check_outside(path, folder)?;
    match load(path) {
        Err(CacheError::File(FileError::Missing { .. })) => {}
        other => return other,
    }
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    getrandom::fill(key.as_mut())?;
    match file::create_private(path, key.as_slice()) {
        Ok(()) => Ok(key),
        // Another process was quicker: its key counts.
        Err(FileError::Exists { .. }) => load(path),
        Err(error) => Err(error.into()),
    }
}

fn load(path: &Path) -> Result<Zeroizing<[u8; KEY_LENGTH]>, CacheError> {
    let bytes = file::read_private(path, KEY_LENGTH)?;
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    if bytes.len() != key.len() {
        return Err(CacheError::KeyDamaged(path.into()));
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

/// Whoever can write the cache must not be able to read or replace the key. Links are resolved
/// first.
fn check_outside(path: &Path, folder: &Path) -> Result<(), CacheError> {
    let resolve = |path: &Path| {
        path.canonicalize()
            .map_err(|e| file::io_error(path, "resolve", e))
    };
    if resolve(file::folder(path))?.starts_with(resolve(folder)?) {
        return Err(CacheError::KeyInside(path.into()));
    }
    Ok(())
}
