//! Kubernetes roles: what they allow, and who has them.

mod grant;
mod request;

pub use grant::{RbacGrant, RoleGrant, RuleGrant, SubjectGrant};
pub use request::{RbacNeed, RbacRequest, RoleKind, Subject};
