//! Kubernetes objects: reading, applying, adopting, deleting.

mod grant;
mod request;

pub use grant::{ApplyGrant, DeleteGrant, ReadGrant};
pub(super) use grant::is_empty;
pub use request::{ClusterRequest, ObjectScope, Verb};
