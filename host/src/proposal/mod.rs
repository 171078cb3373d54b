//! What a plugin proposes, as typed values.
//!
//! These types belong to no version of the contract: each version's binding parses its answers into
//! them, and everything after that (authorisation, planning, printing) knows only them. Fields that decide
//! what is authorised, *control fields*, are plain strings, so no token can stand in them; documents are
//! [`Node`](crate::template::Node)s.

mod change;
mod descriptor;
mod failure;
mod finding;
mod source;

pub use change::{
    Access, Action, Application, Change, Collection, CrdPolicy, File, HooksPolicy, InstanceGroup,
    Job, KopsCluster, KopsRoll, KopsSecret, KubernetesObject, Lifecycle, ObjectRef, OnImmutable,
    Permission, Provider, Release, Step, SyncPolicy, TerraformBlock, TerraformOutput,
    TerraformRoot, ToolCall, Trigger, Workflow,
};
pub use descriptor::{
    Descriptor, FactMode, FactOffer, FactReach, FactRequirement, Kind, Scope, StageType,
};
pub use failure::{ConfigProblem, Failure};
pub use finding::{
    Control, ControlScope, Feedback, Finding, FrameworkReference, Outcome, Severity,
};
pub use source::{
    CertificateAuthority, FactSource, Generator, Health, Moved, Probe, ProbeCheck, ProvidedFact,
    Readiness,
};

/// A proposing plugin's answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    pub changes: Vec<Change>,
    pub provides: Vec<ProvidedFact>,
    pub probes: Vec<Probe>,
    pub moved: Vec<Moved>,
}
