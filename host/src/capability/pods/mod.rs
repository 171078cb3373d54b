//! What Pods may use: their security level, images, service accounts, secrets and nodes.

mod grant;
mod image;
mod level;
mod request;
mod spec;

pub use grant::PodsGrant;
pub use image::{Image, ImageError};
pub use level::{Level, Violation, level_of};
pub use request::{PodNeed, PodsRequest, RoleSource};
pub(super) use spec::implied_by;
