//! From segment to segment, by descriptors.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use aegis_document::shown_path;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{Folder, FolderError};

impl Folder {
    fn open_root(&self) -> Result<Option<OwnedFd>, FolderError> {
        // What is above is the operator's choice; only what lies in the repository is walked without links.
        let above = self.above();
        let mut root = match rustix::fs::openat(
            CWD,
            &above,
            OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Ok(root) => root,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed("open", &shown_path(&above), error)),
        };
        let mut at = above;
        for name in self.inside.iter() {
            at.push(name);
            root = match enter(root.as_fd(), name) {
                Ok(next) => next,
                Err(Errno::NOENT) => return Ok(None),
                Err(error) => return Err(no_folder(&at, error)),
            };
        }
        Ok(Some(root))
    }

    fn above(&self) -> PathBuf {
        if self.above.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            self.above.clone()
        }
    }

    /// Makes the root, segment by segment where it lies in the repository.
    fn make_root(&self, path: &str) -> Result<OwnedFd, FolderError> {
        let mode = Mode::from_raw_mode(self.folder_mode);
        let mut at = self.above();
        std::fs::create_dir_all(&at).map_err(|error| failed("create", path, error))?;
        if self.folder_mode & 0o077 == 0 && self.inside.as_os_str().is_empty() {
            rustix::fs::chmod(&at, mode).map_err(|error| failed("create", path, error))?;
        }
        let mut root =
            rustix::fs::openat(CWD, &at, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
                .map_err(|error| failed("open", path, error))?;
        for name in self.inside.iter() {
            at.push(name);
            root = enter_or_make(root, name, mode, path).map_err(|error| match error {
                Entering::Blocked(error) => no_folder(&at, error),
                Entering::Failed(error) => error,
            })?;
        }
        Ok(root)
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
            folder = match enter(folder.as_fd(), OsStr::new(name)) {
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
            None => self.make_root(path)?,
        };
        for name in folders {
            folder =
                enter_or_make(folder, OsStr::new(name), mode, path).map_err(
                    |error| match error {
                        Entering::Blocked(error) => blocked(path, name, error),
                        Entering::Failed(error) => error,
                    },
                )?;
        }
        Ok(folder)
    }
}

/// Why a folder was not entered.
enum Entering {
    /// Something stands in its place, or it cannot be opened.
    Blocked(Errno),
    Failed(FolderError),
}

fn enter_or_make(
    folder: OwnedFd,
    name: &OsStr,
    mode: Mode,
    path: &str,
) -> Result<OwnedFd, Entering> {
    match enter(folder.as_fd(), name) {
        Err(Errno::NOENT) => {}
        entered => return entered.map_err(Entering::Blocked),
    }
    match rustix::fs::mkdirat(&folder, name, mode) {
        Ok(()) => rustix::fs::fsync(&folder)
            .map_err(|error| Entering::Failed(failed("write", path, error)))?,
        // Somebody else was faster; what is there is entered like any other folder.
        Err(Errno::EXIST) => {}
        Err(error) => {
            return Err(Entering::Failed(failed(
                "create the folder of",
                path,
                error,
            )));
        }
    }
    enter(folder.as_fd(), name).map_err(Entering::Blocked)
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

fn enter(folder: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
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

fn no_folder(at: &Path, error: Errno) -> FolderError {
    let shown = shown_path(at);
    match error {
        Errno::LOOP | Errno::NOTDIR => FolderError::NotAFolder { path: shown },
        error => failed("open", &shown, error),
    }
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
