//! Bound tokens of Kubernetes service accounts, as sources of secret facts.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::sorted::{Clusters, Patterns};
use super::{Reach, Request, Risk, words};

/// `token-request`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TokenRequestGrant {
    pub clusters: Clusters,
    pub namespace: String,
    pub service_account: String,
    /// Exact audiences.
    pub audiences: Patterns,
}

/// A token of one service account for one audience.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenRequest {
    pub cluster: Identifier,
    pub namespace: String,
    pub service_account: String,
    pub audience: String,
}

impl TokenRequest {
    /// Deputy: whoever holds the token acts as the service account.
    pub const fn risk(&self) -> Risk {
        Risk::Deputy
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

impl fmt::Display for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "have a token of service account {}/{} for audience {} of cluster {}",
            untrusted(&self.namespace),
            untrusted(&self.service_account),
            untrusted(&self.audience),
            self.cluster
        )
    }
}

impl Grant for TokenRequestGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::TokenRequest(request) = request else {
            return false;
        };
        self.namespace == request.namespace
            && self.service_account == request.service_account
            && self.audiences.covers(&request.audience, request.risk())
            && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        format!(
            "have tokens of service account {}/{} for audiences {}{}",
            untrusted(&self.namespace),
            untrusted(&self.service_account),
            words::list(self.audiences.iter()),
            words::clusters(&self.clusters)
        )
    }

    fn risk(&self) -> Risk {
        Risk::Deputy
    }
}
