//! Compiled code, kept under a key that does not lie beside it.
//!
//! Loading foreign compiled code means running it with all rights of the host. So an entry is read
//! into memory, its MAC is checked there, and the caller loads that very buffer, never the file. Who
//! can write the folder can make code be compiled again, and nothing else.
//!
//! An entry is `AEGCODE2`, the length of the code (8 bytes, big-endian), a MAC (32 bytes) and the code.
//! The MAC is keyed BLAKE3, over the entry's key, the length and the code: authenticating is most of what
//! it takes to load a plugin again, and BLAKE3 reads several times as fast as HMAC-SHA-256.

mod key_file;

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aegis_document::Digest;
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::file::{self, FileError};

/// A folder of compiled code that only the holder of the key can have written.
pub struct Cache {
    folder: PathBuf,
    key: Zeroizing<[u8; blake3::KEY_LEN]>,
}

/// What compiled code depends on. Code is found only under all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The component that was compiled.
    pub component: Digest,
    /// The engine: its version and everything in its configuration that changes the code.
    pub engine: String,
    /// The target triple.
    pub target: String,
}

/// What the cache has for a key.
pub enum Lookup {
    /// The code, its MAC checked, in memory.
    Hit(Vec<u8>),
    /// Nothing.
    Miss,
    /// Something that nobody with the key has written. It was removed where that was possible; the
    /// code has to be compiled again, and the operator told.
    Rejected(Rejection),
}

/// Why an entry was not used.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// The entry is not of this layout or was cut off.
    #[error("the cached code is damaged or cut off; it was removed and is compiled again")]
    Damaged,
    /// The MAC is another.
    #[error(
        "the cached code was not written with this cache's key, or was altered; it was removed and is compiled again"
    )]
    Forged,
    /// The file was not read.
    #[error("the cached code cannot be read and is compiled again: {0}")]
    Unreadable(#[from] FileError),
}

/// Why there is no cache, or an entry was not kept. Work goes on without: it is a warning.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder or the key file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The key would lie where it protects nothing.
    #[error("the cache key {} lies in the cache folder; keep it elsewhere", file::shown(.0))]
    KeyInside(PathBuf),
    /// The key file does not hold a key.
    #[error("the cache key {} is damaged; remove it, and a new one is made", file::shown(.0))]
    KeyDamaged(PathBuf),
    /// More code than is kept.
    #[error("the compiled code has {0} bytes; at most {CODE_MAX} are kept")]
    TooLarge(usize),
}

const KEY_LENGTH: usize = blake3::KEY_LEN;
const MAGIC: &[u8; 8] = b"AEGCODE2";
const LENGTH_BYTES: usize = 8;
const MAC_BYTES: usize = blake3::OUT_LEN;
const HEADER_BYTES: usize = MAGIC.len() + LENGTH_BYTES + MAC_BYTES;

/// The most code that is kept for one component, in bytes: 512 MiB, sixteen times the largest component.
const CODE_MAX: usize = 512 << 20;

impl Cache {
    /// Opens the folder, which is made with mode 0700, and the key, which is made with mode 0600
    /// where there is none. The key's path must lie outside of the folder.
    pub fn open(folder: impl Into<PathBuf>, key_path: &Path) -> Result<Self, CacheError> {
        let folder = folder.into();
        file::private_folder(&folder)?;
        let key = key_file::load_or_create(key_path, &folder)?;
        Ok(Self { folder, key })
    }

    /// Looks up compiled code.
    pub fn get(&self, key: &Key) -> Lookup {
        let path = self.path(key);
        match self.read(key, &path) {
            Ok(Some(code)) => Lookup::Hit(code),
            Ok(None) => Lookup::Miss,
            Err(rejection) => {
                // Where it cannot be removed it will be rejected again: no harm is done.
                let _ = fs::remove_file(&path);
                Lookup::Rejected(rejection)
            }
        }
    }

    /// Keeps compiled code. Readers see all of it or none.
    pub fn put(&self, key: &Key, code: &[u8]) -> Result<(), CacheError> {
        if code.len() > CODE_MAX {
            return Err(CacheError::TooLarge(code.len()));
        }
        let length = length(code);
        let mac = self.mac(key, code);
        let parts = [MAGIC.as_slice(), length.as_slice(), mac.as_bytes(), code];
        Ok(file::replace_private(&self.path(key), &parts)?)
    }

    fn read(&self, key: &Key, path: &Path) -> Result<Option<Vec<u8>>, Rejection> {
        let unreadable = |e| file::io_error(path, "read", e);
        let mut file = match open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unreadable(e).into()),
        };
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(FileError::NotAFile { path: path.into() }.into());
        }
        let mut header = [0; HEADER_BYTES];
        match file.read_exact(&mut header) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(Rejection::Damaged),
            other => other.map_err(unreadable)?,
        }
        let (magic, rest) = header.split_at(MAGIC.len());
        let (stated, mac) = rest.split_at(LENGTH_BYTES);
        if magic != MAGIC {
            return Err(Rejection::Damaged);
        }
        let size = file.metadata().map_err(unreadable)?.len();
        let size = usize::try_from(size).map_err(|_| Rejection::Damaged)?;
        let expected = size.saturating_sub(HEADER_BYTES);
        if expected > CODE_MAX {
            return Err(Rejection::Damaged);
        }
        let mut code = Vec::new();
        code.reserve_exact(expected.saturating_add(1));
        file.take(CODE_MAX as u64)
            .read_to_end(&mut code)
            .map_err(unreadable)?;
        if stated != length(&code).as_slice() {
            return Err(Rejection::Damaged);
        }
        let mac: [u8; MAC_BYTES] = mac.try_into().map_err(|_| Rejection::Damaged)?;
        // In constant time: the comparison must not tell how much of a guessed MAC is right.
        if self.mac(key, &code) == blake3::Hash::from_bytes(mac) {
            Ok(Some(code))
        } else {
            Err(Rejection::Forged)
        }
    }

    /// The MAC of an entry. Every part is preceded by its length, so that no two entries have the
    /// same input.
    fn mac(&self, key: &Key, code: &[u8]) -> blake3::Hash {
        let mut mac = Zeroizing::new(blake3::Hasher::new_keyed(&self.key));
        for part in [
            MAGIC.as_slice(),
            key.component.as_bytes(),
            key.engine.as_bytes(),
            key.target.as_bytes(),
            code,
        ] {
            mac.update(&length(part));
            mac.update(part);
        }
        mac.finalize()
    }

    /// The name of an entry's file. It decides nothing: the MAC covers the key itself.
    fn path(&self, key: &Key) -> PathBuf {
        let mut name = Vec::new();
        for part in [
            key.component.as_bytes().as_slice(),
            key.engine.as_bytes(),
            key.target.as_bytes(),
        ] {
            name.extend_from_slice(&length(part));
            name.extend_from_slice(part);
        }
        self.folder.join(format!("{}.code", Digest::of(name).hex()))
    }
}

fn length(part: &[u8]) -> [u8; LENGTH_BYTES] {
    // No part of memory has 2^64 bytes.
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()
}

fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit(code) => write!(f, "Hit({} bytes)", code.len()),
            Self::Miss => f.write_str("Miss"),
            Self::Rejected(rejection) => write!(f, "Rejected({rejection:?})"),
        }
    }
}

#[cfg(test)]
mod tests;
