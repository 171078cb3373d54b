//! Where facts come from, what makes a stage ready, and what was renamed.

use aegis_document::Identifier;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::change::ObjectRef;
use crate::template::Node;

#[derive(Clone, Debug, PartialEq)]
pub struct ProvidedFact {
    pub name: Identifier,
    pub source: FactSource,
}

/// Declarative: read by the host, no plugin code runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum FactSource {
    /// Known at plan time. Literal: a value that looks like a token is text.
    Value(Value),
    TerraformOutput {
        root: Identifier,
        output: String,
    },
    /// JSON pointer into the stored cluster document.
    KopsField(String),
    KubernetesField {
        cluster: Option<Identifier>,
        object: ObjectRef,
        pointer: String,
        until_seconds: u32,
    },
    TokenRequest {
        namespace: String,
        service_account: String,
        audience: String,
        ttl_seconds: u32,
    },
    Generated(Generator),
    ToolOutput {
        change: Identifier,
        pointer: String,
    },
    External(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Generator {
    Bytes(u32),
    CertificateAuthority(CertificateAuthority),
    /// The public certificate of the authority of this fact name.
    Certificate(Identifier),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CertificateAuthority {
    pub common_name: String,
    pub parent: Option<Identifier>,
    pub validity_days: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Probe {
    pub id: Identifier,
    pub cluster: Option<Identifier>,
    pub check: ProbeCheck,
    pub timeout_seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum ProbeCheck {
    Condition {
        object: ObjectRef,
        condition: String,
        status: String,
    },
    Rollout(ObjectRef),
    Admission {
        object: Node,
        admitted: bool,
    },
    FactPresent(Identifier),
    ApplicationSynced(String),
    ApiReachable,
}

/// Two identities, in the form that state uses: `terraform/ROOT/TYPE.NAME`, `kops/…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub cluster: Option<Identifier>,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    Ready,
    Progressing,
    Degraded,
    NotJudged,
}

/// A plugin's opinion on a stage's health, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub subject: String,
    pub readiness: Readiness,
    pub reason: String,
}
