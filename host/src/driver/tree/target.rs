//! The tree on disk, compared with what is wanted and with what state recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aegis_document::{Digest, digest_of};
use serde::{Deserialize, Serialize};

use super::compare::{Compared, File, Seen};
use super::error::TreeError;
use super::path::TreePath;
use super::render::Rendered;
use crate::plan::{ChangeAction, Identity};
use crate::state::{FaultPoint, Faults, FileChange, Folder, FolderError, InventoryEntry};

/// The folder of the tree. It need not exist; nothing is made before the first write.
#[derive(Clone, Debug)]
pub struct TreeTarget {
    folder: Folder,
}

/// What an identity is to become.
#[derive(Clone, Copy, Debug)]
pub struct Desired<'a> {
    /// Digest of the document, tokens and all.
    pub document: Digest,
    pub rendered: &'a Rendered,
}

/// What stands in the way of, or has to be done for, one identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// `Create`, `Update`, `Noop` or `Delete`.
    pub action: ChangeAction,
    /// Files that are not what was written. Doing the change mends them.
    pub drift: Vec<Drift>,
    /// Files that somebody else put into our places. The change cannot be done.
    pub conflicts: Vec<Conflict>,
    /// Of everything that was looked at.
    pub fingerprint: Digest,
    /// What has to be written and removed.
    pub steps: BTreeMap<TreePath, FileChange>,
    /// The files that state records once it is done.
    pub files: BTreeMap<TreePath, Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Drift {
    pub path: TreePath,
    pub kind: DriftKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    Edited,
    Missing,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Conflict {
    pub path: TreePath,
    pub what: String,
}

impl TreeTarget {
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self {
            folder: Folder::shared(root),
        }
    }

    /// The tree of a stack, at a path in the stack's folder: a link on that path is not followed.
    pub fn inside(stack_folder: impl Into<PathBuf>, path: impl AsRef<Path>) -> Self {
        Self {
            folder: Folder::shared(stack_folder).inside(path),
        }
    }

    /// Compares. `desired` is `None` for what is to go, `entry` for what state does not know.
    pub fn diff(
        &self,
        identity: &Identity,
        desired: Option<Desired<'_>>,
        entry: Option<&InventoryEntry>,
    ) -> Result<Difference, TreeError> {
        let wanted = desired
            .map(|desired| desired.rendered.digests())
            .unwrap_or_default();
        let recorded = entry.map(|entry| &entry.files);
        let mut files = wanted.clone();
        // While a document waits, its last final files stay as they are.
        if desired.is_some_and(|desired| desired.rendered.waiting()) {
            for (path, digest) in recorded
                .into_iter()
                .flatten()
                .filter(|(path, _)| !path.is_waiting())
            {
                files.entry(path.clone()).or_insert(*digest);
            }
        }
        let mut paths: BTreeSet<&TreePath> = files.keys().collect();
        paths.extend(recorded.into_iter().flat_map(BTreeMap::keys));
        let mut compared = Compared::default();
        for path in paths {
            let seen = self.look(path)?;
            let file = File {
                wanted: wanted.get(path).copied(),
                kept: files.contains_key(path) && !wanted.contains_key(path),
                recorded: recorded.and_then(|files| files.get(path)).copied(),
            };
            compared.add(path, seen, file);
        }
        let ours = |path: &TreePath| {
            files.contains_key(path) || recorded.is_some_and(|files| files.contains_key(path))
        };
        for stranger in self.strangers(identity, ours)? {
            compared
                .look
                .insert(stranger.path.to_string(), Some("foreign".to_owned()));
            compared.conflicts.push(stranger);
        }
        compared.conflicts.extend(self.twins(identity, &files)?);
        let action = match (desired, entry) {
            (None, None) => ChangeAction::Noop,
            (None, Some(_)) => ChangeAction::Delete,
            (Some(_), None) => ChangeAction::Create,
            (Some(desired), Some(entry)) => {
                let same = compared.steps.is_empty()
                    && desired.document == entry.document
                    && files == entry.files;
                if same {
                    ChangeAction::Noop
                } else {
                    ChangeAction::Update
                }
            }
        };
        let fingerprint = digest_of(&compared.look).unwrap_or_else(|_| Digest::of(b""));
        let Compared {
            drift,
            conflicts,
            steps,
            ..
        } = compared;
        Ok(Difference {
            action,
            drift,
            conflicts,
            fingerprint,
            steps,
            files,
        })
    }

    fn look(&self, path: &TreePath) -> Result<Seen, TreeError> {
        match self.folder.read(path.as_str()) {
            Ok(None) => Ok(Seen::Nothing),
            Ok(Some(bytes)) => Ok(Seen::File(Digest::of(bytes))),
            Err(FolderError::NotAFile { what, .. }) => Ok(Seen::Other(format!("it is {what}"))),
            Err(FolderError::TooLarge { .. }) => Ok(Seen::Other("it is too large".to_owned())),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// What is in the way of a text file where case does not count: somebody clones the tree there.
    fn twins(
        &self,
        identity: &Identity,
        files: &BTreeMap<TreePath, Digest>,
    ) -> Result<Vec<Conflict>, TreeError> {
        let mut twins = Vec::new();
        // All other documents lie in folders of their own.
        if !matches!(identity, Identity::File { .. }) {
            return Ok(twins);
        }
        for path in files.keys() {
            let mut folder = String::new();
            for segment in path.segments() {
                let names = match self.folder.list(&folder) {
                    Ok(names) => names,
                    Err(FolderError::NotAFile { .. }) => break,
                    Err(source) => return Err(self.failed(source)),
                };
                let twin = names
                    .iter()
                    .find(|(name, _)| name != segment && name.eq_ignore_ascii_case(segment));
                if let Some((name, _)) = twin {
                    let name = aegis_document::untrusted(name);
                    twins.push(Conflict {
                        path: path.clone(),
                        what: format!(
                            "`{name}` is there, and is the same name where case does not count"
                        ),
                    });
                    break;
                }
                if !folder.is_empty() {
                    folder.push('/');
                }
                folder.push_str(segment);
            }
        }
        Ok(twins)
    }

    /// Does what a difference says. Every file is looked at again right before it is touched.
    pub fn execute(
        &self,
        rendered: Option<&Rendered>,
        steps: &BTreeMap<TreePath, FileChange>,
        faults: &dyn Faults,
    ) -> Result<(), TreeError> {
        let pass = |point: FaultPoint| match faults.dies_at(&point) {
            true => Err(TreeError::Killed(format!("{point:?}"))),
            false => Ok(()),
        };
        // What is new comes before what it replaces goes.
        let (writes, removals): (Vec<_>, Vec<_>) =
            steps.iter().partition(|(_, step)| step.after.is_some());
        for (path, step) in writes {
            let bytes = rendered
                .and_then(|rendered| rendered.files.get(path))
                .map(|file| &file.bytes);
            let bytes = bytes.filter(|bytes| step.after == Some(Digest::of(bytes)));
            let bytes = bytes.ok_or_else(|| TreeError::Changed { path: path.clone() })?;
            if self.is_as(path, step.after)? {
                continue;
            }
            self.expect(path, step.before)?;
            let staged = self
                .folder
                .stage(path.as_str(), bytes)
                .map_err(|source| self.failed(source))?;
            pass(FaultPoint::FileStaged(path.clone()))?;
            staged.commit().map_err(|source| self.failed(source))?;
            pass(FaultPoint::FileChanged(path.clone()))?;
        }
        for (path, step) in removals {
            if self.is_as(path, None)? {
                continue;
            }
            self.expect(path, step.before)?;
            self.folder
                .remove(path.as_str())
                .map_err(|source| self.failed(source))?;
            pass(FaultPoint::FileChanged(path.clone()))?;
        }
        let mut synced = BTreeSet::new();
        for (path, step) in steps {
            if step.after.is_none() {
                self.folder
                    .remove_empty_above(path.as_str())
                    .map_err(|source| self.failed(source))?;
            }
            if synced.insert(path.split().0) {
                self.folder
                    .sync_above(path.as_str())
                    .map_err(|source| self.failed(source))?;
            }
        }
        Ok(())
    }

    /// Where each file of an intent stands: as it was before, as it is to be, or neither.
    pub fn observe(
        &self,
        steps: &BTreeMap<TreePath, FileChange>,
    ) -> Result<Observation, TreeError> {
        let (mut done, mut open) = (0_usize, 0_usize);
        for (path, step) in steps {
            match self.look(path)? {
                seen if seen == Seen::of(step.after) => done += 1,
                seen if seen == Seen::of(step.before) => open += 1,
                _ => return Ok(Observation::Conflict(path.clone())),
            }
        }
        Ok(match (done, open) {
            (_, 0) => Observation::Done,
            (0, _) => Observation::NotStarted,
            _ => Observation::Partial,
        })
    }

    /// The same steps from what is there now: a person decided that it may be overwritten.
    pub fn steps_from_here(
        &self,
        steps: &BTreeMap<TreePath, FileChange>,
    ) -> Result<BTreeMap<TreePath, FileChange>, TreeError> {
        let mut from_here = BTreeMap::new();
        for (path, step) in steps {
            let before = match self.look(path)? {
                Seen::Nothing => None,
                Seen::File(digest) => Some(digest),
                Seen::Other(what) => {
                    return Err(TreeError::Conflict {
                        path: path.clone(),
                        what,
                    });
                }
            };
            from_here.insert(
                path.clone(),
                FileChange {
                    before,
                    after: step.after,
                },
            );
        }
        Ok(from_here)
    }

    fn is_as(&self, path: &TreePath, digest: Option<Digest>) -> Result<bool, TreeError> {
        Ok(self.look(path)? == Seen::of(digest))
    }

    fn expect(&self, path: &TreePath, before: Option<Digest>) -> Result<(), TreeError> {
        if self.is_as(path, before)? {
            Ok(())
        } else {
            Err(TreeError::Changed { path: path.clone() })
        }
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(super) fn failed(&self, source: FolderError) -> TreeError {
        TreeError::Folder {
            place: aegis_document::shown_path(self.folder.root()),
            source,
        }
    }
}

/// What came of an intent whose outcome nobody recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    Done,
    NotStarted,
    /// Some files are done; doing it again does the rest.
    Partial,
    /// A file is neither what it was nor what it was to be: somebody else wrote it.
    Conflict(TreePath),
}
