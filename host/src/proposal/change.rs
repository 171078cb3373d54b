//! The changes that plugins may propose.

use aegis_document::Identifier;
use serde::{Deserialize, Serialize};

use crate::template::{Node, Templated};

/// One proposed change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Unique within the proposal.
    pub id: Identifier,
    /// The cluster that is changed; `None` for the cloud or the stack.
    pub cluster: Option<Identifier>,
    /// Changes of the same proposal that come first.
    pub after: Vec<Identifier>,
    pub on_immutable: OnImmutable,
    pub action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnImmutable {
    Fail,
    Replace,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Terraform(TerraformRoot),
    Kops(KopsCluster),
    Tool(ToolCall),
    Apply(KubernetesObject),
    EnsureAbsent(ObjectRef),
    Release(Release),
    Application(Application),
    Workflow(Workflow),
    File(File),
}

// ---- Terraform --------------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq)]
pub struct TerraformRoot {
    pub root: Identifier,
    /// AWS region, `us-east-1`.
    pub region: String,
    pub providers: Vec<Provider>,
    pub resources: Vec<TerraformBlock>,
    pub data: Vec<TerraformBlock>,
    pub outputs: Vec<TerraformOutput>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// `hashicorp/aws`.
    pub source: String,
    /// A version constraint in Terraform's syntax.
    pub version: String,
}

/// A resource or a data source.
#[derive(Clone, Debug, PartialEq)]
pub struct TerraformBlock {
    /// `aws_vpc`.
    pub kind: String,
    pub name: String,
    /// Arguments; a map.
    pub body: Node,
    /// Addresses within the root; empty for data sources.
    pub depends_on: Vec<String>,
    /// Default for data sources.
    pub lifecycle: Lifecycle,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    pub create_before_destroy: bool,
    pub prevent_destroy: bool,
    pub ignore_changes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TerraformOutput {
    pub name: String,
    pub value: Node,
    pub sensitive: bool,
}

// ---- kOps -----------------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq)]
pub struct KopsCluster {
    /// The Cluster's `spec`; a map.
    pub spec: Node,
    pub instance_groups: Vec<InstanceGroup>,
    pub secrets: Vec<KopsSecret>,
    pub roll: KopsRoll,
}

#[derive(Clone, Debug, PartialEq)]
pub struct InstanceGroup {
    pub name: Identifier,
    /// The InstanceGroup's `spec`; a map.
    pub spec: Node,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KopsSecret {
    pub name: Identifier,
    pub fact: Identifier,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KopsRoll {
    Never,
    AsNeeded,
    Groups(Vec<Identifier>),
}

// ---- operator's tools -------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    pub adapter: Identifier,
    pub holes: Vec<(String, Node)>,
    pub inputs: Vec<(String, Templated)>,
    pub stdin_secrets: Vec<Identifier>,
    pub idempotent: bool,
    pub probe: Option<Identifier>,
    pub undo: Option<Identifier>,
}

// ---- Kubernetes -----------------------------------------------------------------------------

/// A group and a kind: what an object is, without the version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Collection {
    /// Empty for the core group.
    pub group: String,
    pub kind: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ObjectRef {
    pub group: String,
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct KubernetesObject {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub namespace: Option<String>,
    pub name: String,
    /// Literal: labels select what policies apply to.
    pub labels: Vec<(String, String)>,
    pub annotations: Vec<(String, Templated)>,
    /// Everything but `apiVersion`, `kind`, `metadata` and `status`; a map.
    pub body: Node,
}

impl KubernetesObject {
    pub fn reference(&self) -> ObjectRef {
        ObjectRef {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrdPolicy {
    Manage,
    Skip,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HooksPolicy {
    Run,
    Skip,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    pub name: String,
    pub namespace: String,
    /// Name in the chart catalogue.
    pub entry: Identifier,
    /// Chart values; a map.
    pub values: Node,
    pub crds: CrdPolicy,
    pub hooks: HooksPolicy,
}

// ---- Argo CD --------------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    pub name: String,
    pub project: String,
    pub repository: String,
    pub revision: String,
    pub path: String,
    pub destination_cluster: String,
    pub destination_namespace: String,
    pub sync: SyncPolicy,
    pub wave: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncPolicy {
    pub automated: bool,
    pub prune: bool,
    pub self_heal: bool,
}

// ---- GitHub Actions -------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// File name without the ending.
    pub file: Identifier,
    pub name: String,
    pub triggers: Vec<Trigger>,
    pub concurrency: Option<String>,
    pub jobs: Vec<Job>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    Push(Vec<String>),
    PullRequest(Vec<String>),
    Tag(Vec<String>),
    Schedule(String),
    Manual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    Read,
    Write,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    pub name: String,
    pub access: Access,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: Identifier,
    pub runs_on: String,
    pub needs: Vec<Identifier>,
    pub environment: Option<String>,
    pub permissions: Vec<Permission>,
    pub timeout_minutes: u32,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Uses {
        name: String,
        action: String,
        /// 40 hexadecimal digits.
        commit: String,
        /// The release this commit is, for people.
        version: String,
        with: Vec<(String, String)>,
    },
    Run {
        name: String,
        script: String,
        env: Vec<(String, String)>,
    },
}

// ---- text -------------------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub path: String,
    pub content: Templated,
}
