//! What the host itself puts into documents.

use std::collections::BTreeMap;

use aegis_document::{Digest, Identifier};

use super::error::DocumentError;
use crate::template::Templated;

/// The parts of documents that no plugin decides: taken from the stack file and the operator's chart
/// catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetContext {
    pub stack: Identifier,
    /// Twelve digits. When it is known, Terraform refuses to work in another account.
    pub account: Option<String>,
    pub clusters: BTreeMap<Identifier, ClusterTarget>,
    pub state: StateStore,
    /// Pins by name of the catalogue's entry.
    pub charts: BTreeMap<Identifier, ChartPin>,
    pub argocd: ArgoTarget,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterTarget {
    /// The full DNS name, which is also the cluster's name in kOps.
    pub dns_name: String,
    pub region: String,
    pub kubernetes_version: String,
}

/// Where Terraform and kOps keep their state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateStore {
    /// Usually a token, `@{state.bucket}`.
    pub bucket: Templated,
    pub region: String,
    /// Key of the bucket's objects; `None` leaves it to the bucket's own encryption.
    pub kms_key: Option<Templated>,
}

/// What a catalogue entry means: a chart's archive, by content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartPin {
    /// `https://charts.example.com` or `oci://registry.example.com/charts`.
    pub repository: String,
    pub chart: String,
    pub version: String,
    /// SHA-256 of the archive; `None` when the operator has not pinned it, which a plan shows.
    pub digest: Option<Digest>,
}

/// Where Argo CD lives, and the project of the releases that it owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgoTarget {
    pub namespace: String,
    pub project: String,
}

impl TargetContext {
    pub(super) fn cluster(
        &self,
        name: Option<&Identifier>,
    ) -> Result<(Identifier, &ClusterTarget), DocumentError> {
        let name = name.ok_or(DocumentError::NoCluster)?;
        let target = self
            .clusters
            .get(name)
            .ok_or_else(|| DocumentError::UnknownCluster(name.clone()))?;
        Ok((name.clone(), target))
    }
}
