//! Files that a command makes, as a whole or not at all.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::failure::Failure;
use super::session::folder_of;

/// Writes a file in place of what stands there. Whoever reads it finds the old bytes or the new ones, a full disk leaves
/// the old ones, and a link is replaced and not followed. The draft has a name that nobody can have prepared a link
/// under.
pub fn replace(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut dyn std::io::Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let folder = folder_of(path);
    let draft = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(mode))
        .tempfile_in(&folder)
        .map_err(|error| Failure::file(&folder, &error))?;
    let mut writer = std::io::BufWriter::new(&draft);
    write(&mut writer)?;
    writer
        .flush()
        .map_err(|error| Failure::file(path, &error))?;
    drop(writer);
    draft
        .persist(path)
        .map(drop)
        .map_err(|error| Failure::file(path, &error.error))
}

/// The same with bytes that are there already, for everybody to read.
pub fn replace_with(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, 0o644, |writer| {
        writer
            .write_all(bytes)
            .map_err(|error| Failure::file(path, &error))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Diagnostic;

    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (mine, theirs) = (folder.path().join("mine"), folder.path().join("theirs"));
        std::fs::write(&theirs, "theirs").unwrap();
        std::os::unix::fs::symlink(&theirs, &mine).unwrap();
        replace_with(&mine, b"mine").unwrap();
        assert!(!mine.is_symlink());
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
        assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");
    }

    #[test]
    fn what_cannot_be_written_whole_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        replace_with(&file, b"old").unwrap();
        let stopped = replace(&file, 0o644, |writer| {
            writer.write_all(b"ne").unwrap();
            Err(Failure::new(Diagnostic::new("AEG0002", "no room")))
        });
        assert!(stopped.is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
