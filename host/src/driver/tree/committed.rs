//! Which files Git keeps: the paths in its index.
//!
//! What Terraform makes beside a root (its state, the folder `.terraform` with the programs that it runs) is fine
//! as long as Terraform made it. From a commit, it is somebody else's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The largest index that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;

/// The bytes of an object's name: SHA-1, or SHA-256 where a repository was made so.
const HASHES: [usize; 2] = [20, 32];

/// What is known about the commits around a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Committed {
    /// The folder is in no repository.
    NoRepository,
    /// These paths below the folder, in lower case: some file systems take no notice of case.
    Paths(BTreeSet<String>),
    /// There is an index, and it cannot be read.
    Unknown,
}

impl Committed {
    /// Looks at the index of the repository that `folder` is in.
    pub(super) fn below(folder: &Path) -> Self {
        let Ok(folder) = folder.canonicalize() else {
            return Self::NoRepository;
        };
        let repository = folder
            .ancestors()
            .find_map(|above| Some((above, git_folder(above)?)));
        let Some((top, git)) = repository else {
            return Self::NoRepository;
        };
        let index = match read(&git.join("index")) {
            Ok(Some(index)) => index,
            // Nothing was ever added.
            Ok(None) => return Self::Paths(BTreeSet::new()),
            Err(()) => return Self::Unknown,
        };
        let Some(paths) = HASHES.iter().find_map(|hash| paths(&index, *hash)) else {
            return Self::Unknown;
        };
        let prefix = match folder.strip_prefix(top) {
            Ok(inner) if inner.as_os_str().is_empty() => String::new(),
            Ok(inner) => format!("{}/", inner.to_string_lossy().to_lowercase()),
            Err(_) => return Self::Unknown,
        };
        let below = |path: Vec<u8>| {
            let path = String::from_utf8_lossy(&path).to_lowercase();
            path.strip_prefix(&prefix).map(str::to_owned)
        };
        Self::Paths(paths.into_iter().filter_map(below).collect())
    }

    /// Whether a path, or something below it, is or may be in a commit.
    pub(super) fn may_hold(&self, path: &str) -> bool {
        match self {
            Self::NoRepository => false,
            Self::Unknown => true,
            Self::Paths(paths) => {
                let path = path.to_lowercase();
                let inner = format!("{path}/");
                paths
                    .range(path.clone()..)
                    .take_while(|other| other.starts_with(&path))
                    .any(|other| *other == path || other.starts_with(&inner))
            }
        }
    }
}

/// Where the repository of a work tree keeps its index: the folder `.git`, or the one that a file `.git` names.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let pointer = read(&git).ok()??;
    let named = String::from_utf8_lossy(&pointer);
    Some(top.join(named.strip_prefix("gitdir:")?.trim()))
}

fn read(file: &Path) -> Result<Option<Vec<u8>>, ()> {
    match std::fs::metadata(file) {
        Ok(about) if about.is_file() && about.len() <= MOST_BYTES => {
            std::fs::read(file).map(Some).map_err(|_| ())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        _ => Err(()),
    }
}

/// The paths of an index (versions 2 to 4 of Git's index format); `None` for anything else, and for an index whose
/// entries lie in another file.
fn paths(index: &[u8], hash: usize) -> Option<Vec<Vec<u8>>> {
    let body = index.get(..index.len().checked_sub(hash)?)?;
    let word = |at: usize| Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?));
    let version = word(4)?;
    if body.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
        return None;
    }
    let (mut at, mut path, mut paths) = (12, Vec::new(), Vec::new());
    for _ in 0..word(8)? {
        // Ten numbers, the object's name, and flags of which one says that there are more.
        let flags = at + 40 + hash;
        let extended = version >= 3 && body.get(flags)? & 0x40 != 0;
        let mut name = flags + if extended { 4 } else { 2 };
        if version == 4 {
            let (dropped, used) = number(body.get(name..)?)?;
            path.truncate(path.len().checked_sub(dropped)?);
            name += used;
        } else {
            path.clear();
        }
        let length = body.get(name..)?.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(body.get(name..name + length)?);
        let end = name + length;
        at = match version {
            4 => end + 1,
            _ => at + ((end - at + 8) & !7),
        };
        paths.push(path.clone());
    }
    while at < body.len() {
        if body.get(at..at + 4)? == b"link" {
            return None;
        }
        at = at.checked_add(8)?.checked_add(word(at + 4)? as usize)?;
    }
    (at == body.len()).then_some(paths)
}

/// A number of as many bytes as it needs, and how many those are.
fn number(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value = (value << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
        value += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    fn git(folder: &Path, arguments: &[&str]) -> bool {
        Command::new("git")
            .args(arguments)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    #[test]
    fn what_is_in_the_index_is_told_in_each_of_its_versions() {
        for (format, version) in [
            ("sha1", "2"),
            ("sha1", "3"),
            ("sha1", "4"),
            ("sha256", "2"),
            ("sha256", "4"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let top = folder.path();
            if !git(top, &["init", "-q", &format!("--object-format={format}")]) {
                println!("skipped: needs git");
                return;
            }
            let root = top.join("platform/terraform/Net");
            std::fs::create_dir_all(root.join(".terraform/providers")).unwrap();
            assert_eq!(
                Committed::below(&root),
                Committed::Paths(BTreeSet::new()),
                "nothing was added yet"
            );
            for file in [".terraform/providers/x", "main.tf.json", "a", "abc", "abcd"] {
                std::fs::write(root.join(file), file).unwrap();
            }
            std::fs::write(root.join("local"), "").unwrap();
            std::fs::write(top.join("other"), "").unwrap();
            let added = [
                "add",
                "-f",
                "other",
                "platform/terraform/Net/.terraform",
                "platform/terraform/Net/main.tf.json",
                "platform/terraform/Net/a",
                "platform/terraform/Net/abc",
                "platform/terraform/Net/abcd",
            ];
            assert!(git(top, &added));
            if version == "3" {
                // Only an entry with more flags makes an index of this version.
                assert!(git(top, &["add", "-N", "platform/terraform/Net/local"]));
            } else {
                assert!(git(top, &["update-index", "--index-version", version]));
            }
            let below = Committed::below(&root);
            for (path, held) in [
                ("main.tf.json", true),
                ("MAIN.tf.json", true),
                (".terraform", true),
                (".terraform/providers", true),
                ("ab", false),
                ("abc", true),
                ("local", version == "3"),
                ("other", false),
            ] {
                assert_eq!(below.may_hold(path), held, "{format} {version} {path}");
            }
            assert!(Committed::below(top).may_hold("platform/terraform/net/a"));
        }
    }

    #[test]
    fn an_index_that_cannot_be_read_may_hold_anything() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Committed::below(folder.path()), Committed::NoRepository);
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        for index in [
            &b""[..],
            b"DIRC",
            b"DIRC\0\0\0\x05\0\0\0\0aaaaaaaaaaaaaaaaaaaa",
        ] {
            std::fs::write(folder.path().join(".git/index"), index).unwrap();
            assert_eq!(Committed::below(folder.path()), Committed::Unknown);
        }
        assert!(Committed::Unknown.may_hold("x") && !Committed::NoRepository.may_hold("x"));
    }

    proptest! {
        #[test]
        fn no_index_panics(count in 0_u32..4, version in 1_u32..6, rest in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut index = b"DIRC".to_vec();
            index.extend(version.to_be_bytes());
            index.extend(count.to_be_bytes());
            index.extend(rest);
            for hash in HASHES {
                let _ = paths(&index, hash);
            }
        }
    }
}
