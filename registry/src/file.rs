//! Reading and writing files: capped, checked for who can reach them, replaced as a whole.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use aegis_document::untrusted;
use rustix::fs::OFlags;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}", shown(path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no such file.
    #[error("{}: there is no such file", shown(path))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file of this name exists and is not overwritten.
    #[error(
        "{}: exists already and is not overwritten; choose another name or move it away",
        shown(path)
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder, a link, a pipe or a device.
    #[error("{}: is not an ordinary file", shown(path))]
    NotAFile {
        /// What was found.
        path: PathBuf,
    },
    /// The file is larger than what is read.
    #[error("{}: has more than {limit} bytes, the most that is read", shown(path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// Others can reach what is private.
    #[error(
        "{}: other users can reach it (mode {mode:04o}); run `chmod go-rwx` on it",
        shown(path)
    )]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Others can change what decides about trust.
    #[error(
        "{}: other users can change it (mode {mode:04o}); run `chmod go-w` on it",
        shown(path)
    )]
    Changeable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file belongs to another user.
    #[error(
        "{}: belongs to another user (id {owner}); only own files are used here",
        shown(path)
    )]
    ForeignOwner {
        /// The file or folder.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
    },
}

/// Who else may reach a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Whoever: the content is checked by other means. Links are not followed.
    Foreign,
    /// Others may read.
    Own,
    /// Nobody else may do anything.
    Private,
}

const READABLE: u32 = 0o644;
const PRIVATE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

/// Reads a file that somebody else may have put there.
pub(crate) fn read_foreign(path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    let (mut file, size) = open(path, limit, Access::Foreign)?;
    let mut bytes = Vec::new();
    fill(&mut file, path, size, limit, &mut bytes)?;
    Ok(bytes)
}

/// Reads a file that only this user (or root) can have written.
pub(crate) fn read_own(path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    let (mut file, size) = open(path, limit, Access::Own)?;
    let mut bytes = Vec::new();
    fill(&mut file, path, size, limit, &mut bytes)?;
    Ok(bytes)
}

/// Reads a secret: only this user (or root) can have written or read it.
pub(crate) fn read_private(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let (mut file, size) = open(path, limit, Access::Private)?;
    let mut bytes = Zeroizing::new(Vec::new());
    fill(&mut file, path, size, limit, &mut bytes)?;
    Ok(bytes)
}

/// Opens an ordinary file; the checks are made on what was opened, not on the name.
fn open(path: &Path, limit: usize, access: Access) -> Result<(File, usize), FileError> {
    // Without NONBLOCK a pipe in place of the file would hang the caller.
    let mut flags = OFlags::NONBLOCK;
    if access == Access::Foreign {
        flags |= OFlags::NOFOLLOW;
    }
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(|source| opening(path, source))?;
    let metadata = file.metadata().map_err(|e| io_error(path, "inspect", e))?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile { path: path.into() });
    }
    check_access(path, &metadata, access)?;
    let too_large = || FileError::TooLarge {
        path: path.into(),
        limit,
    };
    let size = usize::try_from(metadata.len()).map_err(|_| too_large())?;
    if size > limit {
        return Err(too_large());
    }
    Ok((file, size))
}

fn fill(
    file: &mut File,
    path: &Path,
    size: usize,
    limit: usize,
    bytes: &mut Vec<u8>,
) -> Result<(), FileError> {
    // One more than the size: a secret's buffer must not be moved while it grows.
    bytes.reserve_exact(size.saturating_add(1));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most)
        .read_to_end(bytes)
        .map_err(|e| io_error(path, "read", e))?;
    if bytes.len() > limit {
        return Err(FileError::TooLarge {
            path: path.into(),
            limit,
        });
    }
    Ok(())
}

fn check_access(path: &Path, metadata: &Metadata, access: Access) -> Result<(), FileError> {
    if access == Access::Foreign {
        return Ok(());
    }
    let owner = metadata.uid();
    let user = rustix::process::geteuid();
    if !user.is_root() && owner != user.as_raw() && owner != 0 {
        return Err(FileError::ForeignOwner {
            path: path.into(),
            owner,
        });
    }
    let mode = metadata.mode() & 0o7777;
    match access {
        Access::Private if mode & 0o077 != 0 => Err(FileError::Exposed {
            path: path.into(),
            mode,
        }),
        Access::Own if mode & 0o022 != 0 => Err(FileError::Changeable {
            path: path.into(),
            mode,
        }),
        _ => Ok(()),
    }
}

/// Makes a folder that only this user can enter, or checks that an existing one is.
pub(crate) fn private_folder(path: &Path) -> Result<(), FileError> {
    DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_FOLDER)
        .create(path)
        .map_err(|e| io_error(path, "create the folder", e))?;
    let metadata = path.metadata().map_err(|e| io_error(path, "inspect", e))?;
    check_access(path, &metadata, Access::Private)
}

/// Replaces a file that others may read. Readers see the old bytes or the new ones.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let file = written(path, bytes, READABLE)?;
    file.persist(path)
        .map_err(|e| io_error(path, "replace", e.error))?;
    sync_folder(path)
}

/// Replaces a private file. Not forced to the disk: meant for what can be made again.
pub(crate) fn replace_private(path: &Path, parts: &[&[u8]]) -> Result<(), FileError> {
    let mut file = temporary(path, PRIVATE)?;
    for part in parts {
        file.write_all(part)
            .map_err(|e| io_error(path, "write", e))?;
    }
    file.persist(path)
        .map_err(|e| io_error(path, "replace", e.error))?;
    Ok(())
}

/// Creates a private file; one that exists is never touched.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let file = written(path, bytes, PRIVATE)?;
    file.persist_noclobber(path)
        .map_err(|e| match e.error.kind() {
            io::ErrorKind::AlreadyExists => FileError::Exists { path: path.into() },
            _ => io_error(path, "create", e.error),
        })?;
    sync_folder(path)
}

fn written(path: &Path, bytes: &[u8], mode: u32) -> Result<NamedTempFile, FileError> {
    let mut file = temporary(path, mode)?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(|e| io_error(path, "write", e))?;
    Ok(file)
}

fn temporary(path: &Path, mode: u32) -> Result<NamedTempFile, FileError> {
    tempfile::Builder::new()
        .prefix(".aegis-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder(path))
        .map_err(|e| io_error(path, "write beside", e))
}

/// The folder that holds a file.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a rename survive a power failure.
fn sync_folder(path: &Path) -> Result<(), FileError> {
    File::open(folder(path))
        .and_then(|folder| folder.sync_all())
        .map_err(|e| io_error(path, "write", e))
}

fn opening(path: &Path, source: io::Error) -> FileError {
    if source.kind() == io::ErrorKind::NotFound {
        return FileError::Missing { path: path.into() };
    }
    // What NOFOLLOW answers at a link.
    if source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return FileError::NotAFile { path: path.into() };
    }
    io_error(path, "open", source)
}

pub(crate) fn io_error(path: &Path, action: &'static str, source: io::Error) -> FileError {
    FileError::Io {
        path: path.into(),
        action,
        source,
    }
}

/// A path, safe to show: others may have named the file.
pub(crate) fn shown(path: &Path) -> String {
    untrusted(&path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_private_file_is_created_once_and_readable_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        create_private(&path, b"one").unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, PRIVATE);
        assert!(matches!(
            create_private(&path, b"two"),
            Err(FileError::Exists { .. })
        ));
        assert_eq!(read_private(&path, 10).unwrap().as_slice(), b"one");
        for mode in [0o640, 0o604, 0o660, 0o601] {
            set_mode(&path, mode);
            let error = read_private(&path, 10).unwrap_err();
            assert!(matches!(error, FileError::Exposed { .. }), "{mode:o}");
            assert!(error.to_string().contains("chmod go-rwx"));
        }
    }

    #[test]
    fn what_decides_is_not_writable_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.toml");
        replace(&path, b"one").unwrap();
        assert_eq!(read_own(&path, 3).unwrap(), b"one");
        for mode in [0o664, 0o646] {
            set_mode(&path, mode);
            assert!(matches!(
                read_own(&path, 3),
                Err(FileError::Changeable { .. })
            ));
        }
    }

    #[test]
    fn only_ordinary_files_within_the_cap_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wasm");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_foreign(&path, 5).unwrap(), b"12345");
        assert!(matches!(
            read_foreign(&path, 4),
            Err(FileError::TooLarge { limit: 4, .. })
        ));
        let link = folder.path().join("b.wasm");
        symlink(&path, &link).unwrap();
        for path in [link.as_path(), folder.path(), Path::new("/dev/zero")] {
            assert!(matches!(
                read_foreign(path, 5),
                Err(FileError::NotAFile { .. })
            ));
        }
        assert!(matches!(
            read_foreign(&folder.path().join("c"), 5),
            Err(FileError::Missing { .. })
        ));
    }

    #[test]
    fn a_file_name_cannot_reach_the_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a\u{1b}[2J");
        let error = read_foreign(&path, 5).unwrap_err().to_string();
        assert!(
            error.contains("a\\u{1b}[2J: there is no such file"),
            "{error}"
        );
    }

    #[test]
    fn a_folder_that_others_can_enter_is_not_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        private_folder(&path).unwrap();
        private_folder(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, PRIVATE_FOLDER);
        set_mode(&path, 0o755);
        assert!(matches!(
            private_folder(&path),
            Err(FileError::Exposed { .. })
        ));
    }

    #[test]
    fn a_replaced_file_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aegis.lock");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
