//! One path at a time: what is there, what was written, what is wanted.

use std::collections::BTreeMap;

use aegis_document::Digest;

use super::path::TreePath;
use super::target::{Conflict, Drift, DriftKind};
use crate::state::FileChange;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    File(Digest),
    Other(String),
}

impl Seen {
    pub(super) fn of(digest: Option<Digest>) -> Self {
        digest.map_or(Self::Nothing, Self::File)
    }
}

/// What is known about one path.
pub(super) struct File {
    pub(super) wanted: Option<Digest>,
    /// Stays as it is, wanted or not.
    pub(super) kept: bool,
    pub(super) recorded: Option<Digest>,
}

#[derive(Default)]
pub(super) struct Compared {
    pub(super) drift: Vec<Drift>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) steps: BTreeMap<TreePath, FileChange>,
    pub(super) look: BTreeMap<String, Option<String>>,
}

impl Compared {
    pub(super) fn add(&mut self, path: &TreePath, seen: Seen, file: File) {
        let shown = match &seen {
            Seen::Nothing => None,
            Seen::File(digest) => Some(digest.to_string()),
            Seen::Other(what) => Some(what.clone()),
        };
        self.look.insert(path.to_string(), shown);
        let before = match seen {
            Seen::Nothing => None,
            Seen::File(digest) => Some(digest),
            Seen::Other(what) => {
                self.conflicts.push(Conflict {
                    path: path.clone(),
                    what,
                });
                return;
            }
        };
        match (file.recorded, before) {
            (Some(_), None) => self.drift(path, DriftKind::Missing),
            (Some(recorded), Some(found)) if recorded != found => {
                self.drift(path, DriftKind::Edited)
            }
            (None, Some(found)) if file.wanted != Some(found) => {
                let what = "a file that Aegis did not write is in this place".to_owned();
                self.conflicts.push(Conflict {
                    path: path.clone(),
                    what,
                });
                return;
            }
            _ => {}
        }
        if !file.kept && before != file.wanted {
            self.steps.insert(
                path.clone(),
                FileChange {
                    before,
                    after: file.wanted,
                },
            );
        }
    }

    fn drift(&mut self, path: &TreePath, kind: DriftKind) {
        self.drift.push(Drift {
            path: path.clone(),
            kind,
        });
    }
}
