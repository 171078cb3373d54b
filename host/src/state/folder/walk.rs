//! From segment to segment, by descriptors.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{Folder, FolderError};

impl Folder {
    fn open_root(&self) -> Result<Option<OwnedFd>, FolderError> {
        // The root itself is the operator's choice; only what lies below it is walked without links.
        match rustix::fs::openat(
            CWD,
            &self.root,
            OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Ok(root) => Ok(Some(root)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(failed(
                "open",
                &aegis_document::shown_path(&self.root),
                error,
            )),
        }
    }

    /// Opens a folder; `None` when a part of the path does not exist.
    pub(super) fn walk(
        &self,
        folders: &[&str],
        path: &str,
    ) -> Result<Option<OwnedFd>, FolderError> {
        let Some(mut folder) = self.open_root()? else {
            return Ok(None);
        };
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
    pub(super) fn make(&self, folders: &[&str], path: &str) -> Result<OwnedFd, FolderError> {
        let mode = Mode::from_raw_mode(self.folder_mode);
        let mut folder = match self.open_root()? {
            Some(root) => root,
            None => {
                std::fs::create_dir_all(&self.root)
                    .map_err(|error| failed("create", path, error))?;
                if self.folder_mode & 0o077 == 0 {
                    rustix::fs::chmod(&self.root, mode)
                        .map_err(|error| failed("create", path, error))?;
                }
                self.open_root()?
                    .ok_or_else(|| failed("open", path, Errno::NOENT))?
            }
        };
        for name in folders {
            folder = match enter(folder.as_fd(), name) {
                Ok(next) => next,
                Err(Errno::NOENT) => {
                    match rustix::fs::mkdirat(&folder, *name, mode) {
                        Ok(()) => rustix::fs::fsync(&folder)
                            .map_err(|error| failed("write", path, error))?,
                        // Somebody else was faster; what is there is entered like any other folder.
                        Err(Errno::EXIST) => {}
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

/// The folders and the name of a path. Callers check paths by their own, stricter rules; this is the last wall.
pub(super) fn split(path: &str) -> Result<(Vec<&str>, &str), FolderError> {
    let mut segments: Vec<&str> = path.split('/').collect();
    let sound = segments
        .iter()
        .all(|segment| !matches!(*segment, "" | "." | "..") && !segment.contains('\0'));
    match segments.pop() {
        Some(name) if sound => Ok((segments, name)),
        _ => Err(FolderError::Outside {
            path: aegis_document::untrusted(path).to_string(),
        }),
    }
}

fn enter(folder: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(
        folder,
        name,
        OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

pub(super) fn kind_of(folder: BorrowedFd<'_>, name: &std::ffi::CStr) -> FileType {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map_or(FileType::Unknown, |about| {
        FileType::from_raw_mode(about.st_mode)
    })
}

fn blocked(path: &str, name: &str, error: Errno) -> FolderError {
    match error {
        Errno::LOOP | Errno::NOTDIR => FolderError::NotAFile {
            path: path.to_owned(),
            what: if name.is_empty() {
                "unreachable"
            } else {
                "behind a symbolic link or a file"
            },
        },
        error => failed("open the folder of", path, error),
    }
}

pub(super) fn not_a_file(path: &str, what: &'static str) -> FolderError {
    FolderError::NotAFile {
        path: path.to_owned(),
        what,
    }
}

pub(super) fn failed(action: &'static str, path: &str, error: impl Into<io::Error>) -> FolderError {
    FolderError::Io {
        action,
        path: path.to_owned(),
        source: error.into(),
    }
}
