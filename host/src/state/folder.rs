//! A folder that is written durably and never left.
//!
//! Every path is walked from the folder's own descriptor, segment by segment and without following symbolic links, so
//! neither a link that was put there before nor one that appears in between leads out. A file comes into
//! being under a temporary name and takes its own once its content is on disk.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use aegis_document::Digest;
use rustix::fs::{AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 512 << 20;

/// A folder and the modes of what is made in it.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    file_mode: u32,
    folder_mode: u32,
}

/// What went wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot {action} `{path}`: {source}")]
    Io { action: &'static str, path: String, source: io::Error },
    #[error("`{path}` is {what}, not a file")]
    NotAFile { path: String, what: &'static str },
    #[error("`{path}` has more than 512 MiB")]
    TooLarge { path: String },
    #[error("`{path}` leads out of its folder")]
    Outside { path: String },
}

/// What stands at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Folder,
    /// A symbolic link, a device, a socket.
    Other,
}

/// A file that is on disk under a temporary name.
pub struct Staged {
    parent: OwnedFd,
    temporary: String,
    name: String,
    shown: String,
}

/// Held while it lives; the operating system ends it with the process.
pub struct Guard {
    _file: OwnedFd,
}

impl Folder {
    /// A folder that everybody may read: files 0644, folders 0755.
    pub fn shared(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), file_mode: 0o644, folder_mode: 0o755 }
    }

    /// A folder of the owner's alone: files 0600, folders 0700.
    pub fn private(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), file_mode: 0o600, folder_mode: 0o700 }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file's content; `None` when there is nothing at the path.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let (folders, name) = split(path)?;
        let Some(parent) = self.walk(&folders, path)? else { return Ok(None) };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match rustix::fs::openat(&parent, name, flags, Mode::empty()) {
            Ok(file) => std::fs::File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            // What a symbolic link answers to NOFOLLOW.
            Err(Errno::LOOP) => return Err(not_a_file(path, "a symbolic link")),
            // What a socket answers.
            Err(Errno::NXIO) => return Err(not_a_file(path, "a socket")),
            Err(error) => return Err(failed("read", path, error)),
        };
        let about = file.metadata().map_err(|error| failed("read", path, error))?;
        if about.is_dir() {
            return Err(not_a_file(path, "a folder"));
        }
        if !about.is_file() {
            return Err(not_a_file(path, "a device"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default().min(1 << 20));
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed("read", path, error))?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(FolderError::TooLarge { path: path.to_owned() });
        }
        Ok(Some(bytes))
    }

    /// Writes a file under a temporary name, down to the disk. [`Staged::commit`] gives it its own name.
    pub fn stage(&self, path: &str, bytes: &[u8]) -> Result<Staged, FolderError> {
        self.stage_with(path, bytes, true)
    }

    fn stage_with(&self, path: &str, bytes: &[u8], durable: bool) -> Result<Staged, FolderError> {
        let (folders, name) = split(path)?;
        let parent = self.make(&folders, path)?;
        // One temporary name for each file: what a killed process left is replaced by the next one.
        let temporary = format!(".aegis-{}.tmp", Digest::of(name).short());
        match rustix::fs::unlinkat(&parent, temporary.as_str(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(failed("write", path, error)),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(self.file_mode);
        let file = rustix::fs::openat(&parent, temporary.as_str(), flags, mode);
        let mut file = std::fs::File::from(file.map_err(|error| failed("write", path, error))?);
        // The umask may have taken away what the mode promises.
        rustix::fs::fchmod(&file, mode).map_err(|error| failed("write", path, error))?;
        file.write_all(bytes)
            .and_then(|()| if durable { file.sync_all() } else { Ok(()) })
            .map_err(|error| failed("write", path, error))?;
        Ok(Staged { parent, temporary, name: name.to_owned(), shown: path.to_owned() })
    }

    /// Writes a file, durably.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), FolderError> {
        self.stage(path, bytes)?.commit()?;
        self.sync_above(path)
    }

    /// Replaces a file at once but without waiting for the disk.
    pub fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), FolderError> {
        self.stage_with(path, bytes, false)?.commit()
    }

    /// Appends to a file, durably; it is made when it is not there.
    pub fn append(&self, path: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let (folders, name) = split(path)?;
        let parent = self.make(&folders, path)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&parent, name, flags, Mode::from_raw_mode(self.file_mode)) {
            Ok(file) => file,
            Err(Errno::LOOP) => return Err(not_a_file(path, "a symbolic link")),
            Err(error) => return Err(failed("write", path, error)),
        };
        let mut file = std::fs::File::from(file);
        let is_new = file.metadata().is_ok_and(|about| about.len() == 0);
        file.write_all(bytes).and_then(|()| file.sync_data()).map_err(|error| failed("write", path, error))?;
        if is_new { self.sync_above(path) } else { Ok(()) }
    }

    /// Removes a file; whether there was one. A symbolic link is removed itself.
    pub fn remove(&self, path: &str) -> Result<bool, FolderError> {
        let (folders, name) = split(path)?;
        let Some(parent) = self.walk(&folders, path)? else { return Ok(false) };
        match rustix::fs::unlinkat(&parent, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(Errno::ISDIR) => Err(not_a_file(path, "a folder")),
            Err(error) => Err(failed("remove", path, error)),
        }
    }

    /// Removes the folders above a path as far as they are empty.
    pub fn remove_empty_above(&self, path: &str) -> Result<(), FolderError> {
        let (mut folders, _) = split(path)?;
        while let Some(name) = folders.pop() {
            let Some(parent) = self.walk(&folders, path)? else { return Ok(()) };
            match rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::NOTEMPTY | Errno::EXIST) => return Ok(()),
                Err(error) => return Err(failed("remove the folder of", path, error)),
            }
        }
        Ok(())
    }

    /// Brings the names in all folders above a path to the disk.
    pub fn sync_above(&self, path: &str) -> Result<(), FolderError> {
        let (mut folders, _) = split(path)?;
        loop {
            if let Some(folder) = self.walk(&folders, path)? {
                rustix::fs::fsync(&folder).map_err(|error| failed("write", path, error))?;
            }
            if folders.pop().is_none() {
                return Ok(());
            }
        }
    }

    /// The names in a folder (empty for the root), sorted; none when it does not exist.
    pub fn list(&self, folder: &str) -> Result<Vec<(String, EntryKind)>, FolderError> {
        let folders: Vec<&str> = if folder.is_empty() { Vec::new() } else { folder.split('/').collect() };
        let Some(open) = self.walk(&folders, folder)? else { return Ok(Vec::new()) };
        let mut names = Vec::new();
        for entry in Dir::read_from(&open).map_err(|error| failed("list", folder, error))? {
            let entry = entry.map_err(|error| failed("list", folder, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => kind_of(open.as_fd(), entry.file_name()),
                known => known,
            };
            names.push((
                name,
                match kind {
                    FileType::RegularFile => EntryKind::File,
                    FileType::Directory => EntryKind::Folder,
                    _ => EntryKind::Other,
                },
            ));
        }
        names.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(names)
    }

    /// Waits until no other process holds the lock file.
    pub fn lock(&self, path: &str) -> Result<Guard, FolderError> {
        let (folders, name) = split(path)?;
        let parent = self.make(&folders, path)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&parent, name, flags, Mode::from_raw_mode(self.file_mode))
            .map_err(|error| failed("lock", path, error))?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive).map_err(|error| failed("lock", path, error))?;
        Ok(Guard { _file: file })
    }

    fn open_root(&self) -> Result<Option<OwnedFd>, FolderError> {
        // The root itself is the operator's choice; only what lies below it is walked without links.
        match rustix::fs::openat(CWD, &self.root, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(root) => Ok(Some(root)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(failed("open", &self.root.display().to_string(), error)),
        }
    }

    /// Opens a folder; `None` when a part of the path does not exist.
    fn walk(&self, folders: &[&str], path: &str) -> Result<Option<OwnedFd>, FolderError> {
        let Some(mut folder) = self.open_root()? else { return Ok(None) };
        for name in folders {
            folder = match enter(folder.as_fd(), name) {
                Ok(next) => next,
                Err(Errno::NOENT) => return Ok(None),
                Err(error) => return Err(blocked(path, name, error)),
            };
        }
        Ok(Some(folder))
    }

    /// Opens a folder and makes the parts that do not exist.
    fn make(&self, folders: &[&str], path: &str) -> Result<OwnedFd, FolderError> {
        let mode = Mode::from_raw_mode(self.folder_mode);
        let mut folder = match self.open_root()? {
            Some(root) => root,
            None => {
                std::fs::create_dir_all(&self.root).map_err(|error| failed("create", path, error))?;
                if self.folder_mode & 0o077 == 0 {
                    rustix::fs::chmod(&self.root, mode).map_err(|error| failed("create", path, error))?;
                }
                self.open_root()?.ok_or_else(|| failed("open", path, Errno::NOENT))?
            }
        };
        for name in folders {
            folder = match enter(folder.as_fd(), name) {
                Ok(next) => next,
                Err(Errno::NOENT) => {
                    match rustix::fs::mkdirat(&folder, *name, mode) {
                        // Somebody else was faster; what is there is entered like any other folder.
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(error) => return Err(failed("create the folder of", path, error)),
                    }
                    enter(folder.as_fd(), name).map_err(|error| blocked(path, name, error))?
                }
                Err(error) => return Err(blocked(path, name, error)),
            };
        }
        Ok(folder)
    }
}

impl Staged {
    /// Gives the file its name, in place of what stood there. The name is durable after
    /// [`Folder::sync_above`].
    pub fn commit(self) -> Result<(), FolderError> {
        rustix::fs::renameat(&self.parent, self.temporary.as_str(), &self.parent, self.name.as_str()).map_err(|error| {
            match error {
                Errno::ISDIR | Errno::NOTEMPTY | Errno::EXIST => not_a_file(&self.shown, "a folder"),
                error => failed("write", &self.shown, error),
            }
        })
    }
}

/// The folders and the name of a path. Callers check paths by their own, stricter rules; this is the last wall.
fn split(path: &str) -> Result<(Vec<&str>, &str), FolderError> {
    let mut segments: Vec<&str> = path.split('/').collect();
    let sound = segments.iter().all(|segment| !matches!(*segment, "" | "." | "..") && !segment.contains('\0'));
    match segments.pop() {
        Some(name) if sound => Ok((segments, name)),
        _ => Err(FolderError::Outside { path: aegis_document::untrusted(path).to_string() }),
    }
}

fn enter(folder: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(folder, name, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

fn kind_of(folder: BorrowedFd<'_>, name: &std::ffi::CStr) -> FileType {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .map_or(FileType::Unknown, |about| FileType::from_raw_mode(about.st_mode))
}

fn blocked(path: &str, name: &str, error: Errno) -> FolderError {
    match error {
        Errno::LOOP | Errno::NOTDIR => FolderError::NotAFile {
            path: path.to_owned(),
            what: if name.is_empty() { "unreachable" } else { "behind a symbolic link or a file" },
        },
        error => failed("open the folder of", path, error),
    }
}

fn not_a_file(path: &str, what: &'static str) -> FolderError {
    FolderError::NotAFile { path: path.to_owned(), what }
}

fn failed(action: &'static str, path: &str, error: impl Into<io::Error>) -> FolderError {
    FolderError::Io { action, path: path.to_owned(), source: error.into() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::shared(temporary.path().join("tree"));
        (temporary, folder)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (_temporary, folder) = folder();
        assert_eq!(folder.read("a/b/c").unwrap(), None);
        folder.write("a/b/c", b"one").unwrap();
        folder.write("a/b/c", b"two").unwrap();
        folder.append("a/log", b"1\n").unwrap();
        folder.append("a/log", b"2\n").unwrap();
        assert_eq!(folder.read("a/b/c").unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(folder.read("a/log").unwrap().as_deref(), Some(&b"1\n2\n"[..]));
        assert_eq!(folder.list("a").unwrap(), [("b".to_owned(), EntryKind::Folder), ("log".to_owned(), EntryKind::File)]);
        let mode = std::fs::metadata(folder.root().join("a/b/c")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }

    #[test]
    fn empty_folders_go_with_their_last_file() {
        let (_temporary, folder) = folder();
        folder.write("a/b/c", b"").unwrap();
        folder.write("a/d", b"").unwrap();
        assert!(folder.remove("a/b/c").unwrap());
        folder.remove_empty_above("a/b/c").unwrap();
        assert_eq!(folder.list("a").unwrap().len(), 1);
        assert!(!folder.remove("a/b/c").unwrap());
    }

    #[test]
    fn no_link_is_followed() {
        let (temporary, folder) = folder();
        let outside = temporary.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("file"), "theirs").unwrap();
        folder.write("own", b"").unwrap();
        symlink(&outside, folder.root().join("link")).unwrap();
        symlink(outside.join("file"), folder.root().join("file")).unwrap();
        assert!(folder.read("link/file").is_err());
        assert!(folder.read("file").is_err());
        assert!(folder.write("link/new", b"x").is_err());
        assert!(folder.append("file", b"x").is_err());
        assert!(folder.remove("link/file").is_err());
        assert!(folder.list("link").is_err());
        // Writing replaces the link, not what it points to.
        folder.write("file", b"ours").unwrap();
        assert_eq!(std::fs::read_to_string(outside.join("file")).unwrap(), "theirs");
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        let (_temporary, folder) = folder();
        for path in ["", "/a", "..", "a/../b", "a//b", "./a", "a/.", "a\0b"] {
            assert!(matches!(folder.write(path, b""), Err(FolderError::Outside { .. })), "{path:?}");
            assert!(folder.read(path).is_err());
            assert!(folder.remove(path).is_err());
        }
    }

    #[test]
    fn what_is_no_file_is_told_apart() {
        let (_temporary, folder) = folder();
        folder.write("a/b", b"").unwrap();
        assert!(matches!(folder.read("a"), Err(FolderError::NotAFile { .. })));
        assert!(matches!(folder.write("a", b""), Err(FolderError::NotAFile { .. })));
        assert!(folder.write("a/b/c", b"").is_err());
    }

    #[test]
    fn what_a_killed_writer_left_is_replaced() {
        let (_temporary, folder) = folder();
        drop(folder.stage("a/b", b"half").unwrap());
        folder.write("a/b", b"whole").unwrap();
        assert_eq!(folder.list("a").unwrap(), [("b".to_owned(), EntryKind::File)]);
    }
}
