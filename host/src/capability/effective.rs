//! What one instance of a stage may do.

use std::collections::BTreeSet;
use std::sync::Arc;

use aegis_document::Identifier;

use super::audit::Audit;
use super::{CapabilitySet, Reach};
use crate::proposal::Kind;

/// The three walls around a stage, and where it runs. They are kept apart on purpose: a request has to pass
/// each of them, and no intersection of patterns is ever computed.
#[derive(Clone, Debug)]
pub struct Effective {
    parts: EffectiveParts,
    audit: Arc<Audit>,
}

/// What an [`Effective`] is made of.
#[derive(Clone, Debug)]
pub struct EffectiveParts {
    /// The kind of plugin: the ceiling.
    pub kind: Kind,
    pub stage: Identifier,
    /// The cluster that the stage runs for; `None` for a stage of the stack.
    pub cluster: Option<Identifier>,
    /// All clusters of the stack.
    pub clusters: Arc<BTreeSet<Identifier>>,
    /// What the plugin's signed statement asks for.
    pub signed: Arc<CapabilitySet>,
    /// What the operator granted.
    pub granted: Arc<CapabilitySet>,
}

impl Effective {
    /// Starts with an audit of its own. Clones share it.
    pub fn new(parts: EffectiveParts) -> Self {
        Self {
            parts,
            audit: Arc::default(),
        }
    }

    pub fn kind(&self) -> Kind {
        self.parts.kind
    }

    pub fn stage(&self) -> &Identifier {
        &self.parts.stage
    }

    pub fn cluster(&self) -> Option<&Identifier> {
        self.parts.cluster.as_ref()
    }

    pub fn clusters(&self) -> &BTreeSet<Identifier> {
        &self.parts.clusters
    }

    pub fn signed(&self) -> &CapabilitySet {
        &self.parts.signed
    }

    pub fn granted(&self) -> &CapabilitySet {
        &self.parts.granted
    }

    /// What has been decided so far.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    pub(super) fn reach(&self) -> Reach<'_> {
        Reach {
            own: self.cluster(),
            clusters: self.clusters(),
        }
    }
}
