//! The plan: an immutable, content-addressed document that says exactly what an apply will do.

pub mod approval;
mod document;
mod findings;
mod identity;
pub mod planner;

pub use document::{
    AppliedException, Base, Body, Cause, ChangeAction, Documents, DriverKind, Evidence, FactStatus,
    Instance, InstanceStatus, Mode, Plan, PlanError, PlannedChange, PlannedFact, PlannedFinding,
    PluginUse, PolicyUse, Power, Precision, Provenance, Risk, StackUse, StructuralReason,
    StructuralRule,
};
pub use identity::{Identity, IdentityError, InstanceId, InstanceIdError};
