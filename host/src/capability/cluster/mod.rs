//! Kubernetes objects: reading, applying, adopting, deleting.

mod grant;
mod request;

pub(super) use grant::is_empty;
pub use grant::{ApplyGrant, DeleteGrant, ReadGrant};
pub use request::{ClusterRequest, ObjectScope, Verb};
