//! What certificates may be asked for.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::cluster::is_empty;
use super::grant::Grant;
use super::sorted::{Clusters, Patterns};
use super::{Reach, Request, Risk, words};

/// `certificates`. One line has to allow a certificate as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CertificatesGrant {
    pub clusters: Clusters,
    pub namespaces: Patterns,
    /// Exact names of issuers, `ClusterIssuer/NAME` or `Issuer/NAME`. Issuers that the stage itself
    /// proposes need none.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub issuers: Patterns,
    /// Names of the Secrets that are written.
    pub secrets: Patterns,
    /// DNS names, addresses and URIs that the certificate may say.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub identities: Patterns,
    /// Key usages, as cert-manager names them.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub usages: Patterns,
    /// Exact names of Secrets that issuers may sign with. Secrets that the stage itself proposes need none.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub signing_secrets: Patterns,
    /// Also certificates that can sign others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authorities: bool,
}

/// What is asked of issuers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateRequest {
    /// To have a certificate.
    Certificate(Certificate),
    /// To sign with the key in a Secret. `None` is the namespace of cert-manager's own cluster resources.
    Sign {
        cluster: Identifier,
        namespace: Option<String>,
        secret: String,
    },
}

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Certificate {
    pub cluster: Identifier,
    pub namespace: String,
    pub secret: String,
    /// `ClusterIssuer/NAME` or `Issuer/NAME`; `None` when the stage itself proposes the issuer.
    pub issuer: Option<String>,
    /// DNS names, addresses and URIs, sorted.
    pub identities: Vec<String>,
    /// Sorted.
    pub usages: Vec<String>,
    pub authority: bool,
}

impl CertificateRequest {
    pub const fn risk(&self) -> Risk {
        Risk::Power
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        match self {
            Self::Certificate(Certificate { cluster, .. }) | Self::Sign { cluster, .. } => {
                Some(cluster)
            }
        }
    }
}

impl fmt::Display for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(certificate) => certificate.fmt(f),
            Self::Sign {
                cluster,
                namespace: Some(namespace),
                secret,
            } => write!(
                f,
                "sign certificates with the key in Secret {}/{} of cluster {cluster}",
                untrusted(namespace),
                untrusted(secret)
            ),
            Self::Sign {
                cluster,
                namespace: None,
                secret,
            } => {
                write!(
                    f,
                    "sign certificates of all of cluster {cluster} with the key in Secret {}",
                    untrusted(secret)
                )
            }
        }
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.authority {
            "an AUTHORITY's certificate"
        } else {
            "a certificate"
        };
        write!(f, "have {what}")?;
        if !self.identities.is_empty() {
            write!(
                f,
                " for {}",
                words::list(self.identities.iter().map(|name| untrusted(name)))
            )?;
        }
        if let Some(issuer) = &self.issuer {
            write!(f, " from {}", untrusted(issuer))?;
        }
        if !self.usages.is_empty() {
            write!(
                f,
                " with usages {}",
                words::list(self.usages.iter().map(|usage| untrusted(usage)))
            )?;
        }
        write!(
            f,
            " in Secret {}/{} of cluster {}",
            untrusted(&self.namespace),
            untrusted(&self.secret),
            self.cluster
        )
    }
}

impl CertificatesGrant {
    fn covers_certificate(&self, certificate: &Certificate, reach: Reach<'_>) -> bool {
        let issuer = certificate
            .issuer
            .as_deref()
            .is_none_or(|name| self.issuers.covers(name, Risk::Power));
        issuer
            && self.secrets.matches(&certificate.secret)
            && certificate.identities.iter().all(|name| self.identities.matches(name))
            // Usages have spaces in their names; patterns do not.
            && certificate.usages.iter().all(|usage| self.usages.matches(&usage.replace(' ', "-")))
            && (self.authorities || !certificate.authority)
            && self.namespaces.matches(&certificate.namespace)
            && self.clusters.covers(&certificate.cluster, reach)
    }
}

impl Grant for CertificatesGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Certificates(request) = request else {
            return false;
        };
        match request {
            CertificateRequest::Certificate(certificate) => {
                self.covers_certificate(certificate, reach)
            }
            CertificateRequest::Sign {
                cluster,
                namespace,
                secret,
            } => {
                self.signing_secrets.covers(secret, request.risk())
                    && namespace
                        .as_deref()
                        .is_none_or(|namespace| self.namespaces.matches(namespace))
                    && self.clusters.covers(cluster, reach)
            }
        }
    }

    fn describe(&self) -> String {
        let what = if self.authorities {
            "certificates, also of AUTHORITIES,"
        } else {
            "certificates"
        };
        let issuers = if self.issuers.is_empty() {
            "its own issuers".to_owned()
        } else {
            words::list(self.issuers.iter())
        };
        let signing = if self.signing_secrets.is_empty() {
            String::new()
        } else {
            format!(
                ", SIGNING with {},",
                words::list(self.signing_secrets.iter())
            )
        };
        format!(
            "have {what} for {} from {issuers} in Secrets {}{signing}{}{}",
            if self.identities.is_everything() {
                "anybody".to_owned()
            } else {
                words::list(self.identities.iter())
            },
            if self.secrets.is_everything() {
                "of any name".to_owned()
            } else {
                words::list(self.secrets.iter())
            },
            words::namespaces(&self.namespaces),
            words::clusters(&self.clusters)
        )
    }

    fn risk(&self) -> Risk {
        Risk::Power
    }
}
