//! Entries of the operator's chart catalogue.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::sorted::{Clusters, Patterns};
use super::{Reach, Request, Risk, words};

/// `release`. Every object that the chart renders needs a grant of its own besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReleaseGrant {
    pub clusters: Clusters,
    /// Exact names in the catalogue.
    pub entries: Patterns,
    pub namespaces: Patterns,
    /// Also the chart's custom resource definitions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub crds: bool,
    /// Also the chart's hooks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hooks: bool,
}

/// One release of one entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseRequest {
    pub cluster: Identifier,
    pub namespace: String,
    pub name: String,
    pub entry: Identifier,
    pub crds: bool,
    pub hooks: bool,
}

impl ReleaseRequest {
    /// Code: a chart is a program that writes objects.
    pub const fn risk(&self) -> Risk {
        Risk::Code
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

impl fmt::Display for ReleaseRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = match (self.crds, self.hooks) {
            (true, true) => " with its CRDs and hooks",
            (true, false) => " with its CRDs",
            (false, true) => " with its hooks",
            (false, false) => "",
        };
        write!(
            f,
            "install chart {}{with} as {} in namespace {} of cluster {}",
            self.entry,
            untrusted(&self.name),
            untrusted(&self.namespace),
            self.cluster
        )
    }
}

impl Grant for ReleaseGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Release(request) = request else {
            return false;
        };
        self.entries.covers(request.entry.as_str(), request.risk())
            && self.namespaces.matches(&request.namespace)
            && (self.crds || !request.crds)
            && (self.hooks || !request.hooks)
            && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        let with = match (self.crds, self.hooks) {
            (true, true) => ", with CRDs and hooks,",
            (true, false) => ", with CRDs,",
            (false, true) => ", with hooks,",
            (false, false) => "",
        };
        format!(
            "install the charts {}{with}{}{}",
            words::list(self.entries.iter()),
            words::namespaces(&self.namespaces),
            words::clusters(&self.clusters)
        )
    }

    fn risk(&self) -> Risk {
        Risk::Code
    }
}
