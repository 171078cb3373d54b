//! What validation plugins answer.

use aegis_document::Identifier;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// From harmless to critical; the order is the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlScope {
    StackFile,
    Plan,
    Manifest,
    Cluster,
    Cloud,
    Probe,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FrameworkReference {
    pub framework: String,
    pub reference: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Control {
    pub id: Identifier,
    pub title: String,
    pub frameworks: Vec<FrameworkReference>,
    pub severity: Severity,
    pub scope: ControlScope,
    pub remediation: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Pass,
    Fail,
    Warn,
    Manual,
    /// Never counted as passed; with the reason.
    NotEvaluated(String),
}

/// A JSON Patch of one stage's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Feedback {
    pub stage: Identifier,
    pub patch: Value,
}

/// All text is the plugin's: shown escaped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Finding {
    pub control: Identifier,
    pub outcome: Outcome,
    /// Identity of the document that was judged.
    pub document: Option<String>,
    pub cluster: Option<Identifier>,
    /// JSON pointer into the document.
    pub pointer: Option<String>,
    pub message: String,
    pub evidence: Option<String>,
    pub feedback: Option<Feedback>,
}
