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
