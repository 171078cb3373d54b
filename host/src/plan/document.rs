//! The plan document, `aegis.plan/1`.
//!
//! The digest covers `body`, which holds no clock, path, host name or random value: the same
//! inputs give the same digest on any machine. Documents stand beside it, addressed by their own digests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aegis_document::{Digest, Identifier, Limits, ReadError, digest_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::identity::{Identity, InstanceId};
use crate::driver::tree::Drift;
use crate::fact::{FactRef, Format};
use crate::proposal::{Control, FactMode, FactSource, Finding, Kind, OnImmutable, Probe, Severity};

/// A plan as it lies on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Plan {
    /// Always [`Plan::FORMAT`].
    pub format: String,
    /// SHA-256 of the canonical form of `body`.
    pub digest: Digest,
    pub body: Body,
    /// What helps a person and decides nothing.
    pub evidence: Evidence,
    /// The documents that `body` names.
    pub documents: Documents,
}

/// Why a plan was not read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("the plan is not readable: {0}")]
    Read(#[from] ReadError),
    #[error("the plan does not have the form of `aegis.plan/1`: {0}")]
    Form(String),
    #[error("the plan has format `{0}`; this version reads `aegis.plan/1`")]
    Format(String),
    #[error("the plan was changed after it was made: its body has digest {found}, it says {said}")]
    Altered { said: Digest, found: Digest },
    #[error("document {0} of the plan is missing or was changed")]
    Document(Digest),
}

impl Plan {
    pub const FORMAT: &'static str = "aegis.plan/1";

    /// Seals a body: computes its digest.
    pub fn seal(
        body: Body,
        evidence: Evidence,
        documents: Documents,
    ) -> Result<Self, aegis_document::canonical::CanonicalError> {
        Ok(Self {
            format: Self::FORMAT.to_owned(),
            digest: digest_of(&body)?,
            body,
            evidence,
            documents,
        })
    }

    /// Reads a plan from one buffer and checks its digest and those of all documents it names.
    pub fn read(bytes: &[u8]) -> Result<Self, PlanError> {
        let value = aegis_document::read(bytes, Limits::LARGE)?;
        match value.get("format").and_then(Value::as_str) {
            Some(Self::FORMAT) => {}
            other => {
                let shown = aegis_document::untrusted(other.unwrap_or("")).to_string();
                return Err(PlanError::Format(shown));
            }
        }
        let plan: Self = serde_json::from_value(value).map_err(|error| {
            PlanError::Form(aegis_document::untrusted(&error.to_string()).to_string())
        })?;
        let found = digest_of(&plan.body).map_err(|_| PlanError::Document(plan.digest))?;
        if found != plan.digest {
            return Err(PlanError::Altered {
                said: plan.digest,
                found,
            });
        }
        let named: BTreeSet<Digest> = plan
            .body
            .changes()
            .filter_map(|(_, change)| change.desired)
            .collect();
        for digest in &named {
            match plan.documents.0.get(digest) {
                Some(text) if Digest::of(text.as_bytes()) == *digest => {}
                _ => return Err(PlanError::Document(*digest)),
            }
        }
        match plan
            .documents
            .0
            .keys()
            .find(|digest| !named.contains(digest))
        {
            Some(stray) => Err(PlanError::Document(*stray)),
            None => Ok(plan),
        }
    }

    /// The bytes that are written. Maps are sorted and fields stand in a fixed order, so equal plans are equal bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Writes the same bytes without holding them.
    pub fn write(&self, writer: impl std::io::Write) -> Result<(), serde_json::Error> {
        serde_json::to_writer(writer, self)
    }
}

/// Documents by digest, each as canonical JSON text: compact, and never parsed more often than needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Documents(pub BTreeMap<Digest, Arc<str>>);

impl Documents {
    /// Parses a document.
    pub fn get(&self, digest: &Digest) -> Option<Value> {
        aegis_document::read(self.0.get(digest)?.as_bytes(), Limits::LARGE).ok()
    }
}

/// What was decided. Everything in here is covered by the plan's digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Body {
    pub stack: StackUse,
    pub mode: Mode,
    pub base: Base,
    pub policy: PolicyUse,
    /// Digest of the lock file, with all grants.
    pub lock: Digest,
    pub plugins: Vec<PluginUse>,
    pub facts: Vec<PlannedFact>,
    /// In the order of apply.
    pub instances: Vec<Instance>,
    #[serde(with = "super::findings")]
    pub findings: Vec<PlannedFinding>,
    /// The exceptions of the stack file that took effect.
    pub exceptions: Vec<AppliedException>,
}

impl Body {
    /// All changes with the instance they belong to.
    pub fn changes(&self) -> impl Iterator<Item = (&Instance, &PlannedChange)> {
        self.instances.iter().flat_map(|instance| {
            instance
                .changes
                .iter()
                .map(move |change| (instance, change))
        })
    }

    /// Whether applying would do nothing.
    pub fn is_empty(&self) -> bool {
        self.changes()
            .all(|(_, change)| change.action == ChangeAction::Noop)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StackUse {
    pub name: Identifier,
    /// Digest of the resolved stack: comments, order and paths do not matter.
    pub resolved: Digest,
    pub settings: Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    Apply,
    Destroy,
    Refresh,
    Handover,
}

/// The state that the plan was made against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Base {
    /// Random, made by the first apply; `None` before it, so that a first plan is reproducible.
    pub lineage: Option<String>,
    /// Serial of every instance that state knows.
    pub serials: BTreeMap<InstanceId, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StructuralRule {
    Allow,
    Refuse,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PolicyUse {
    /// An open finding of this severity or above stops apply.
    pub block_at: Severity,
    /// Controls that must have been evaluated.
    pub required: Vec<String>,
    pub structural: StructuralRule,
    /// How many approvals an apply needs.
    pub approvals: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PluginUse {
    pub stage: Identifier,
    /// `publisher/plugin`
    pub plugin: String,
    pub stage_type: Identifier,
    pub version: semver::Version,
    pub kind: Kind,
    /// Version of the contract.
    pub contract: String,
    pub component: Digest,
    pub grant: Digest,
    pub descriptor: Digest,
}

/// Whether a fact has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactStatus {
    Known,
    /// Will have this value once the plan is applied.
    Planned,
    /// The last known value, whose provider has changes pending.
    Assumed,
    Unknown,
}

/// Who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// The host itself, from the stack file's clusters.
    Host,
    /// `facts:` of the stack file.
    Supplied,
    /// Imported by the operator from a provider's outputs.
    Imported(InstanceId),
    /// A stage's proposal.
    Stage(InstanceId),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlannedFact {
    #[serde(rename = "ref")]
    pub reference: FactRef,
    pub format: Format,
    pub schema: u32,
    pub secret: bool,
    /// How the stages receive it: by value if any of them does.
    pub mode: FactMode,
    pub status: FactStatus,
    pub provenance: Provenance,
    /// Absent while unknown, and always for a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    tag = "status",
    content = "reason",
    deny_unknown_fields
)]
pub enum InstanceStatus {
    Planned,
    /// The plugin was not called or needs facts: the plan holds no change of it and apply never runs it.
    Deferred(String),
    /// State says the target exists and it does not answer.
    Blocked(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Instance {
    pub id: InstanceId,
    pub state: InstanceStatus,
    /// Instances that must be ready before this one starts.
    pub edges: Vec<InstanceId>,
    /// Digest of what the plugin was asked; `None` when it was not called.
    pub request: Option<Digest>,
    /// Digest of what it answered.
    pub response: Option<Digest>,
    pub changes: Vec<PlannedChange>,
    /// Where the facts it provides are read.
    pub sources: BTreeMap<Identifier, FactSource>,
    /// What makes it ready.
    pub probes: Vec<Probe>,
}

/// The driver that carries a change out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriverKind {
    Tree,
    Terraform,
    Kops,
    Kubernetes,
    Release,
    Tool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeAction {
    Create,
    Update,
    Replace,
    Delete,
    Noop,
    /// Another stage becomes the owner; nothing is deleted.
    Transfer,
    Handover,
    Run,
}

/// Why a change is in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    Config,
    Settings,
    Fact,
    Plugin,
    Drift,
    Rotation,
    Removed,
    Feedback,
    Handover,
}

/// How much is known about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    tag = "kind",
    content = "reason",
    deny_unknown_fields
)]
pub enum Precision {
    /// All tokens are bound, the target was read, the difference is computed.
    Exact,
    /// The document is complete but for a token, or the target cannot be asked yet.
    Structural(StructuralReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StructuralReason {
    UnboundFact,
    ClusterAbsent,
    NamespaceAbsent,
    TypeAbsent,
    SchemaChangesHere,
    ChartNotRendered,
    NoDryRunRight,
    NoSecretRight,
}

/// What a change can break. Set by the driver, never by the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    None,
    Disruptive,
    Destructive,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlannedChange {
    /// The proposed change it comes from; `None` for a prune.
    pub id: Option<Identifier>,
    pub identity: Identity,
    pub driver: DriverKind,
    pub action: ChangeAction,
    pub cause: Cause,
    pub precision: Precision,
    /// The document, tokens and all; `None` for a delete.
    pub desired: Option<Digest>,
    /// Digest of the document that state recorded as applied; `None` for a create.
    pub before: Option<Digest>,
    /// Digest of the document with the facts bound that are known now.
    pub bound: Option<Digest>,
    /// Fingerprint of what the target held when the plan was made. Apply compares it, so that an edit
    /// in between makes the change stale. Absent when the target was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Digest>,
    /// Files in the tree that are not what was written: somebody edited or deleted them, and applying puts back what
    /// is wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// Facts that are not bound yet.
    pub waits_for: Vec<FactRef>,
    /// Facts that the applied document waited for and that are bound now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completes: Vec<FactRef>,
    pub risk: Risk,
    pub moved_from: Option<Identity>,
    /// Identities of the same instance that come first.
    pub after: Vec<Identity>,
    pub on_immutable: OnImmutable,
    /// How many other things go with it when it goes, as far as state and the recorded document tell: resources of a
    /// Terraform root, what lies in a namespace or a cluster.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub takes: u32,
    /// What was authorised for it beyond the plain.
    pub capabilities: Vec<Power>,
}

const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Something beyond the plain that a change does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Power {
    /// The class that decides how early an approver sees it.
    pub class: crate::capability::Risk,
    /// In plain words.
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlannedFinding {
    /// The validation stage that says so.
    pub instance: InstanceId,
    /// Shared by all findings of the control.
    pub control: Arc<Control>,
    pub finding: Finding,
    /// The exception that covers it, if any.
    pub exception: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AppliedException {
    pub control: String,
    pub document: Option<String>,
    pub reason: String,
    pub owner: String,
    /// `YYYY-MM-DD`; checked by the clock at apply.
    pub expires: String,
}

/// Outside the digest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Evidence {
    /// Version of the host that planned.
    pub host: String,
}
