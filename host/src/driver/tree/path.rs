//! Paths in the tree.

use std::collections::BTreeMap;
use std::fmt;

use aegis_document::Identifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::render::Places;
use crate::plan::Identity;
use crate::proposal::ObjectRef;

/// A relative path that means one place on every system: segments of ASCII letters, digits, `.`, `_` and `-`,
/// at most [`TreePath::MAX_SEGMENT`] long, none of them `.` or `..`, a Git folder in any spelling, or a name that
/// Windows gives to a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(String);

/// Why a text is not a path in the tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a path in the tree: {why}")]
pub struct PathError {
    path: String,
    why: &'static str,
}

/// Ending of a document that waits for facts. No controller reads such a file.
pub const WAITING_ENDING: &str = ".aegis";

impl TreePath {
    /// Bytes of one segment.
    pub const MAX_SEGMENT: usize = 100;
    /// Bytes of a whole path.
    pub const MAX: usize = 1024;

    pub fn new(path: impl Into<String>) -> Result<Self, PathError> {
        let path = path.into();
        let why = if path.len() > Self::MAX {
            Some("it is too long")
        } else {
            path.split('/').find_map(segment_problem)
        };
        match why {
            None => Ok(Self(path)),
            Some(why) => Err(PathError {
                path: aegis_document::untrusted(&path).to_string(),
                why,
            }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The path of the same document while it waits for facts.
    pub fn while_waiting(&self) -> Result<Self, PathError> {
        Self::new(format!("{}{WAITING_ENDING}", self.0))
    }

    pub fn is_waiting(&self) -> bool {
        self.0.ends_with(WAITING_ENDING)
    }

    /// The folder and the file's name.
    pub fn split(&self) -> (Option<&str>, &str) {
        match self.0.rsplit_once('/') {
            Some((folder, name)) => (Some(folder), name),
            None => (None, &self.0),
        }
    }
}

/// A name of any text, as one segment: what does not fit is escaped with `_`, and a name that is too
/// long ends in a part of its digest.
pub(super) fn segment(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '-' => escaped.push(c),
            '_' => escaped.push_str("__"),
            // Role bindings of the system are called `system:…`.
            ':' => escaped.push_str("_."),
            other => escaped.push_str(&format!("_{:x}-", other as u32)),
        }
    }
    // Room for a prefix, an ending and the ending of a waiting document.
    const ROOM: usize = TreePath::MAX_SEGMENT - 60;
    if escaped.len() <= ROOM && !escaped.ends_with('.') {
        return escaped;
    }
    let digest = aegis_document::Digest::of(name).short();
    let kept = escaped.get(..ROOM.min(escaped.len())).unwrap_or_default();
    format!("{kept}-{digest}")
}

fn segment_problem(segment: &str) -> Option<&'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if segment.is_empty() {
        Some("a part of it is empty")
    } else if segment.len() > TreePath::MAX_SEGMENT {
        Some("a part of it is longer than 100 bytes")
    } else if !segment.bytes().all(allowed) {
        Some("a part of it holds other characters than ASCII letters, digits, `.`, `_` and `-`")
    } else if segment.starts_with('-') {
        Some("a part of it starts with `-`")
    } else if segment.ends_with('.') {
        Some("a part of it ends in `.`")
    } else if segment.eq_ignore_ascii_case(".git")
        || segment.to_ascii_lowercase().starts_with("git~")
    {
        Some("a part of it is Git's own")
    } else if is_device(segment) {
        Some("a part of it is the name of a device on Windows")
    } else {
        None
    }
}

/// `con`, `nul.txt`, `com1`: Windows opens the device, whatever the ending.
fn is_device(segment: &str) -> bool {
    let stem = segment
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| (b'1'..=b'9').contains(&b)))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for TreePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TreePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The paths of a whole plan: one document each, and none that another file system would take for
/// the same. An object of a cluster comes from one document, too.
#[derive(Debug, Default)]
pub struct Claims {
    /// By the path in lower case.
    files: BTreeMap<String, (TreePath, Identity)>,
    /// Folders in lower case, as they are spelled, with one identity that lies in them.
    folders: BTreeMap<String, (String, Identity)>,
    /// What the documents become in clusters.
    objects: BTreeMap<(Identifier, ObjectRef), Identity>,
}

/// Two documents that want one place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{left} and {right} cannot both be in the tree: {why}")]
pub struct Clash {
    pub left: Identity,
    pub right: Identity,
    pub why: String,
}

impl Claims {
    /// Claims the paths of a document. A document that waits claims its final paths as well.
    pub fn claim(&mut self, identity: &Identity, places: &Places) -> Result<(), Box<Clash>> {
        if let Some(place) = &places.object {
            if let Some(owner) = self.objects.get(place) {
                let (cluster, object) = place;
                return Err(Box::new(Clash {
                    left: owner.clone(),
                    right: identity.clone(),
                    why: format!(
                        "both are the {} {} of cluster {cluster}",
                        object.kind, object.name
                    ),
                }));
            }
            self.objects.insert(place.clone(), identity.clone());
        }
        for path in &places.paths {
            self.claim_path(identity, path)?;
            if let Some(Ok(last)) = path
                .as_str()
                .strip_suffix(WAITING_ENDING)
                .map(TreePath::new)
            {
                self.claim_path(identity, &last)?;
            }
        }
        Ok(())
    }

    fn claim_path(&mut self, identity: &Identity, path: &TreePath) -> Result<(), Box<Clash>> {
        let clash = |other: &Identity, why: String| {
            Box::new(Clash {
                left: other.clone(),
                right: identity.clone(),
                why,
            })
        };
        let folded = path.as_str().to_ascii_lowercase();
        if let Some((other, owner)) = self.files.get(&folded) {
            return Err(clash(owner, twins(other.as_str(), path.as_str())));
        }
        if let Some((_, owner)) = self.folders.get(&folded) {
            return Err(clash(
                owner,
                format!("`{path}` would be a file and a folder"),
            ));
        }
        let folders = path
            .as_str()
            .match_indices('/')
            .map(|(end, _)| path.as_str().get(..end).unwrap_or_default());
        for folder in folders {
            let folded = folder.to_ascii_lowercase();
            if let Some((_, owner)) = self.files.get(&folded) {
                return Err(clash(
                    owner,
                    format!("`{folder}` would be a file and a folder"),
                ));
            }
            match self.folders.get(&folded) {
                Some((spelled, owner)) if spelled != folder => {
                    return Err(clash(owner, twins(spelled, folder)));
                }
                Some(_) => {}
                None => {
                    self.folders
                        .insert(folded, (folder.to_owned(), identity.clone()));
                }
            }
        }
        self.files.insert(folded, (path.clone(), identity.clone()));
        Ok(())
    }
}

fn twins(left: &str, right: &str) -> String {
    if left == right {
        format!("both are `{left}`")
    } else {
        format!("`{left}` and `{right}` are one path on file systems that ignore case")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_the_tree_are_accepted() {
        for path in [
            "a",
            "clusters/use1/mesh/_cluster/namespace-a.b.yaml",
            ".github/workflows/x.yml",
            "a/.gitignore",
        ] {
            assert!(TreePath::new(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        let long = "a".repeat(101);
        for path in [
            "",
            "/",
            "/etc",
            "a//b",
            "a/",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "a\\b",
            "C:",
            "C:/a",
            "a:b",
            ".git",
            ".GIT/config",
            "a/.Git/hooks/x",
            "GIT~1/x",
            "git~2",
            ".g\u{200b}it/x",
            "a b",
            "a\n",
            "a\0",
            "con",
            "CON.txt",
            "a/nul.yaml",
            "com1",
            "Lpt9.x",
            "a.",
            "a./b",
            "-rf",
            "a/-b",
            "~/a",
            "a*",
            "\u{e9}",
            &long,
        ] {
            assert!(TreePath::new(path).is_err(), "{path:?}");
        }
        assert!(TreePath::new(["a/"; 600].concat() + "a").is_err());
    }

    fn claim(claims: &mut Claims, identity: &str, path: &str) -> Result<(), Box<Clash>> {
        let places = Places {
            paths: vec![TreePath::new(path).unwrap()],
            object: None,
        };
        claims.claim(&identity.parse().unwrap(), &places)
    }

    #[test]
    fn no_two_documents_share_a_place() {
        for (left, right) in [
            ("a/b", "a/b"),
            ("a/b", "a/B"),
            ("A/b", "a/c"),
            ("a/b", "a/b/c"),
            ("a/b/c", "a/b"),
            ("a/b.aegis", "a/b"),
            ("a/b", "a/b.aegis"),
        ] {
            let mut claims = Claims::default();
            claim(&mut claims, "file/x", left).unwrap();
            assert!(
                claim(&mut claims, "file/y", right).is_err(),
                "{left} {right}"
            );
        }
        let mut claims = Claims::default();
        claim(&mut claims, "file/x", "a/b").unwrap();
        claim(&mut claims, "file/y", "a/c").unwrap();
    }

    proptest! {
        #[test]
        fn every_name_becomes_a_segment(name in "\\PC{1,300}") {
            let path = format!("x-{}.yaml.aegis", segment(&name));
            prop_assert!(TreePath::new(path.as_str()).is_ok(), "{}", path);
        }

        #[test]
        fn short_names_never_become_the_same_segment(left in "[a_:.é-]{1,6}", right in "[a_:.é-]{1,6}") {
            prop_assert_eq!(left == right, segment(&left) == segment(&right));
        }
    }
}
