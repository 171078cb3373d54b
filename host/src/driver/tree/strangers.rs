//! Files in a folder that a document owns alone which would take effect with its own.

use super::committed::Committed;
use super::error::TreeError;
use super::path::TreePath;
use super::render::exclusive_folder;
use super::target::{Conflict, TreeTarget};
use crate::capability::terraform::check_state;
use crate::plan::Identity;
use crate::state::{EntryKind, FolderError};

/// Endings of files that Terraform or OpenTofu load without being asked.
const LOADED: [&str; 6] = [
    ".tf",
    ".tf.json",
    ".tfvars",
    ".tfvars.json",
    ".tofu",
    ".tofu.json",
];

/// What a name beside a root means to Terraform.
enum Meaning {
    Nothing,
    /// Part of the root.
    Loaded,
    /// A folder that Terraform installs providers from. Nobody but a person makes it.
    Providers,
    /// The folder that Terraform keeps its providers and its backend in.
    Data,
    /// The state of a root that keeps it in its folder.
    State,
    /// A copy of a state, or the states of other workspaces.
    OtherState,
}

impl Meaning {
    fn of(name: &str, kind: EntryKind) -> Self {
        let name = name.to_ascii_lowercase();
        if kind != EntryKind::Folder && LOADED.iter().any(|ending| name.ends_with(ending)) {
            return Self::Loaded;
        }
        match name.as_str() {
            "terraform.d" => Self::Providers,
            ".terraform" => Self::Data,
            "terraform.tfstate" => Self::State,
            name if name.starts_with("terraform.tfstate.") || name.ends_with(".tfstate") => {
                Self::OtherState
            }
            _ => Self::Nothing,
        }
    }
}

impl TreeTarget {
    /// What stands in the identity's own folder and is neither ours nor anything that Terraform may have made there.
    /// `.terraform.lock.hcl` is the operator's to commit.
    pub(super) fn strangers(
        &self,
        identity: &Identity,
        ours: impl Fn(&TreePath) -> bool,
    ) -> Result<Vec<Conflict>, TreeError> {
        let Some(folder) = exclusive_folder(identity) else {
            return Ok(Vec::new());
        };
        let names = match self.folder().list(&folder) {
            Ok(names) => names,
            // A link or a file in the folder's place is a conflict of every path below it.
            Err(FolderError::NotAFile { .. }) => return Ok(Vec::new()),
            Err(source) => return Err(self.failed(source)),
        };
        let mut strangers = Vec::new();
        let mut committed = None;
        for (name, kind) in names {
            let Ok(path) = TreePath::new(format!("{folder}/{name}"))
                // A name that could never be ours is shown by the folder it lies in.
                .or_else(|_| TreePath::new(folder.as_str()))
            else {
                continue;
            };
            if ours(&path) {
                continue;
            }
            let what = match Meaning::of(&name, kind) {
                Meaning::Nothing => None,
                Meaning::Loaded => {
                    Some("Terraform would load a file that Aegis did not write".to_owned())
                }
                Meaning::Providers => Some("Terraform would run the providers in it".to_owned()),
                Meaning::Data | Meaning::State | Meaning::OtherState
                    if committed
                        .get_or_insert_with(|| Committed::below(self.folder().root()))
                        .may_hold(&format!("{folder}/{name}")) =>
                {
                    Some(
                        "it is in Git, and Terraform would take it for its own: `git rm -r --cached` it, and move it away"
                            .to_owned(),
                    )
                }
                Meaning::Data | Meaning::State if kind == EntryKind::Other => {
                    Some("it is a link, which Terraform does not make".to_owned())
                }
                Meaning::State => self.state_problem(&path)?,
                Meaning::Data | Meaning::OtherState => None,
            };
            strangers.extend(what.map(|what| Conflict { path, what }));
        }
        Ok(strangers)
    }

    /// Why the state in a root's folder is not one that the root could have. `terraform init` fetches and runs every
    /// provider that a state names.
    fn state_problem(&self, path: &TreePath) -> Result<Option<String>, TreeError> {
        let bytes = match self.folder().read(path.as_str()) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(FolderError::NotAFile { what, .. }) => return Ok(Some(format!("it is {what}"))),
            Err(FolderError::TooLarge { .. }) => return Ok(Some("it is too large".to_owned())),
            Err(source) => return Err(self.failed(source)),
        };
        // What Terraform takes for no state.
        if bytes.is_empty() {
            return Ok(None);
        }
        Ok(
            match aegis_document::read(&bytes, aegis_document::Limits::LARGE) {
                Err(error) => Some(format!("it is no state that can be read: {error}")),
                Ok(state) => check_state(&state)
                    .err()
                    .map(|denial| format!("{}: {}", denial.asked, denial.reason)),
            },
        )
    }
}
