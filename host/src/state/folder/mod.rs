//! A folder that is written durably and never left.
//!
//! Every path is walked from the folder's own descriptor, segment by segment and without following symbolic links, so
//! neither a link that was put there before nor one that appears in between leads out. A file comes into
//! being under a temporary name and takes its own once its content is on disk.

mod walk;

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use aegis_document::Digest;
use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use walk::{failed, kind_of, not_a_file, split};

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 512 << 20;

/// A folder and the modes of what is made in it.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    /// The part of the root that is the operator's choice.
    above: PathBuf,
    /// The rest of it, which lies in somebody's repository: here no link is followed.
    inside: PathBuf,
    file_mode: u32,
    folder_mode: u32,
}

/// What went wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        action: &'static str,
        path: String,
        source: io::Error,
    },
    #[error("`{path}` is {what}, not a file")]
    NotAFile { path: String, what: &'static str },
    #[error("`{path}` has more than 512 MiB")]
    TooLarge { path: String },
    #[error("`{path}` leads out of its folder")]
    Outside { path: String },
    #[error("`{path}` is a symbolic link or a file; only a folder is used in its place")]
    NotAFolder { path: String },
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
        let root = root.into();
        Self {
            above: root.clone(),
            root,
            inside: PathBuf::new(),
            file_mode: 0o644,
            folder_mode: 0o755,
        }
    }

    /// A folder of the owner's alone: files 0600, folders 0700.
    pub fn private(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            above: root.clone(),
            root,
            inside: PathBuf::new(),
            file_mode: 0o600,
            folder_mode: 0o700,
        }
    }

    /// The folder at a path inside of this one, which is somebody's repository: a link on the way to it, which anybody
    /// who writes the repository can make, is an error.
    pub fn inside(self, path: impl AsRef<Path>) -> Self {
        Self {
            inside: self.inside.join(path.as_ref()),
            root: self.root.join(path),
            ..self
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file's content; `None` when there is nothing at the path.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let (folders, name) = split(path)?;
        let Some(parent) = self.walk(&folders, path)? else {
            return Ok(None);
        };
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
        let about = file
            .metadata()
            .map_err(|error| failed("read", path, error))?;
        if about.is_dir() {
            return Err(not_a_file(path, "a folder"));
        }
        if !about.is_file() {
            return Err(not_a_file(path, "a device"));
        }
        let mut bytes = Vec::with_capacity(
            usize::try_from(about.len())
                .unwrap_or_default()
                .min(1 << 20),
        );
        file.take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| failed("read", path, error))?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(FolderError::TooLarge {
                path: path.to_owned(),
            });
        }
        Ok(Some(bytes))
    }

    /// Writes a file under a temporary name, down to the disk. [`Staged::commit`] gives it its own name.
    pub fn stage(&self, path: &str, bytes: &[u8]) -> Result<Staged, FolderError> {
        let (folders, name) = split(path)?;
        let parent = self.make(&folders, path)?;
        // One temporary name for each file: what a killed process left is replaced by the next one.
        let temporary = format!(".aegis-{}.tmp", Digest::of(name).short());
        match rustix::fs::unlinkat(&parent, temporary.as_str(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(failed("write", path, error)),
        }
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(self.file_mode);
        let file = rustix::fs::openat(&parent, temporary.as_str(), flags, mode);
        let mut file = std::fs::File::from(file.map_err(|error| failed("write", path, error))?);
        // The umask may have taken away what the mode promises.
        let written = rustix::fs::fchmod(&file, mode)
            .map_err(io::Error::from)
            .and_then(|()| file.write_all(bytes))
            .and_then(|()| file.sync_all());
        if let Err(error) = written {
            // A full disk is no fuller for it, and nobody finds half a file later. The first error is the one to show.
            let _ = rustix::fs::unlinkat(&parent, temporary.as_str(), AtFlags::empty());
            return Err(failed("write", path, error));
        }
        Ok(Staged {
            parent,
            temporary,
            name: name.to_owned(),
            shown: path.to_owned(),
        })
    }

    /// Writes a file, durably.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), FolderError> {
        self.stage(path, bytes)?.commit()?;
        self.sync_above(path)
    }

    /// Appends to a file, durably; it is made when it is not there.
    pub fn append(&self, path: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let (file, is_new) = self.append_only(path, bytes, true)?;
        file.sync_data()
            .map_err(|error| failed("write", path, error))?;
        if is_new {
            self.sync_above(path)
        } else {
            Ok(())
        }
    }

    /// Appends to a file that is there, durably.
    pub fn append_to_existing(&self, path: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let (file, _) = self.append_only(path, bytes, false)?;
        file.sync_data()
            .map_err(|error| failed("write", path, error))
    }

    /// Appends to a file without waiting for the disk.
    pub fn note(&self, path: &str, bytes: &[u8]) -> Result<(), FolderError> {
        self.append_only(path, bytes, true).map(|_| ())
    }

    /// The file, and whether it was empty before.
    fn append_only(
        &self,
        path: &str,
        bytes: &[u8],
        make: bool,
    ) -> Result<(std::fs::File, bool), FolderError> {
        let (folders, name) = split(path)?;
        let mut flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let parent = if make {
            flags |= OFlags::CREATE;
            self.make(&folders, path)?
        } else {
            self.walk(&folders, path)?
                .ok_or_else(|| failed("write", path, Errno::NOENT))?
        };
        let mode = Mode::from_raw_mode(self.file_mode);
        let mut file = match rustix::fs::openat(&parent, name, flags, mode) {
            Ok(file) => std::fs::File::from(file),
            Err(Errno::LOOP) => return Err(not_a_file(path, "a symbolic link")),
            Err(error) => return Err(failed("write", path, error)),
        };
        let is_new = file.metadata().is_ok_and(|about| about.len() == 0);
        file.write_all(bytes)
            .map_err(|error| failed("write", path, error))?;
        Ok((file, is_new))
    }

    /// Removes a file; whether there was one. A symbolic link is removed itself.
    pub fn remove(&self, path: &str) -> Result<bool, FolderError> {
        let (folders, name) = split(path)?;
        let Some(parent) = self.walk(&folders, path)? else {
            return Ok(false);
        };
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
            let Some(parent) = self.walk(&folders, path)? else {
                return Ok(());
            };
            match rustix::fs::unlinkat(&parent, name, AtFlags::REMOVEDIR) {
                Ok(()) => {
                    rustix::fs::fsync(&parent).map_err(|error| failed("write", path, error))?
                }
                Err(Errno::NOENT) => {}
                Err(Errno::NOTEMPTY | Errno::EXIST) => return Ok(()),
                Err(error) => return Err(failed("remove the folder of", path, error)),
            }
        }
        Ok(())
    }

    /// Brings the names in a path's folder to the disk. Folders are brought there when they are made.
    pub fn sync_above(&self, path: &str) -> Result<(), FolderError> {
        let (folders, _) = split(path)?;
        match self.walk(&folders, path)? {
            Some(folder) => {
                rustix::fs::fsync(&folder).map_err(|error| failed("write", path, error))
            }
            None => Ok(()),
        }
    }

    /// The names in a folder (empty for the root), sorted; none when it does not exist.
    pub fn list(&self, folder: &str) -> Result<Vec<(String, EntryKind)>, FolderError> {
        let folders: Vec<&str> = if folder.is_empty() {
            Vec::new()
        } else {
            folder.split('/').collect()
        };
        let Some(open) = self.walk(&folders, folder)? else {
            return Ok(Vec::new());
        };
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
        rustix::fs::flock(&file, FlockOperation::LockExclusive)
            .map_err(|error| failed("lock", path, error))?;
        Ok(Guard { _file: file })
    }
}

impl Staged {
    /// Gives the file its name, in place of what stood there. The name is durable after
    /// [`Folder::sync_above`].
    pub fn commit(self) -> Result<(), FolderError> {
        rustix::fs::renameat(
            &self.parent,
            self.temporary.as_str(),
            &self.parent,
            self.name.as_str(),
        )
        .map_err(|error| match error {
            Errno::ISDIR | Errno::NOTEMPTY | Errno::EXIST => not_a_file(&self.shown, "a folder"),
            error => failed("write", &self.shown, error),
        })
    }
}

#[cfg(test)]
mod tests;
