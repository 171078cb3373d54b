//! The tree's own mark: which stack and which state it belongs to.
//!
//! It decides nothing and is not trusted. It only says that there was a state, when there is none.

use std::collections::BTreeMap;

use aegis_document::{Digest, Identifier, Limits};
use serde::{Deserialize, Serialize};

use super::error::TreeError;
use super::path::TreePath;
use super::target::TreeTarget;
use crate::state::{State, StateError};

/// `.aegis/inventory.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Marker {
    /// [`Marker::FORMAT`].
    pub format: String,
    pub stack: Identifier,
    pub lineage: String,
    /// Every file that Aegis wrote.
    pub files: BTreeMap<TreePath, Digest>,
}

const PATH: &str = ".aegis/inventory.json";

impl Marker {
    pub const FORMAT: &'static str = "aegis.inventory/1";

    /// What the tree of a state should say.
    pub fn of(state: &State) -> Option<Self> {
        let head = state.head()?;
        let entries = state
            .instances()
            .flat_map(|instance| instance.inventory.values());
        let files = entries
            .flat_map(|entry| &entry.files)
            .map(|(path, digest)| (path.clone(), *digest))
            .collect();
        Some(Self {
            format: Self::FORMAT.to_owned(),
            stack: head.stack.clone(),
            lineage: head.lineage.clone(),
            files,
        })
    }

    /// Refuses a tree that belongs to another state, and one whose state is gone: planning without it would
    /// create everything a second time.
    pub fn check(&self, state: &State) -> Result<(), StateError> {
        let lineage = aegis_document::untrusted(&self.lineage).to_string();
        match state.lineage() {
            None => Err(StateError::Lost {
                lineage,
                stack: self.stack.to_string(),
            }),
            Some(expected) if expected != self.lineage => Err(StateError::OtherLineage {
                what: "tree",
                found: lineage,
                expected: expected.to_owned(),
            }),
            Some(_) => Ok(()),
        }
    }
}

impl TreeTarget {
    /// The tree's mark; `None` when it has none.
    pub fn marker(&self) -> Result<Option<Marker>, TreeError> {
        let Some(bytes) = self
            .folder()
            .read(PATH)
            .map_err(|source| self.failed(source))?
        else {
            return Ok(None);
        };
        let marker = aegis_document::read(&bytes, Limits::LARGE)
            .map_err(|error| error.to_string())
            .and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()))
            .map_err(|why| aegis_document::untrusted(&why).to_string());
        match (marker, TreePath::new(PATH)) {
            (Ok(marker), _) => Ok(Some(marker)),
            (Err(why), Ok(path)) => Err(TreeError::Marker { path, why }),
            (Err(_), Err(_)) => Ok(None),
        }
    }

    /// Marks the tree. Nothing is written when it says so already.
    pub fn put_marker(&self, marker: &Marker) -> Result<(), TreeError> {
        let mut bytes = serde_json::to_vec_pretty(marker).unwrap_or_default();
        bytes.push(b'\n');
        let found = self
            .folder()
            .read(PATH)
            .map_err(|source| self.failed(source))?;
        if found.as_deref() == Some(&bytes) {
            return Ok(());
        }
        self.folder()
            .write(PATH, &bytes)
            .map_err(|source| self.failed(source))
    }
}
