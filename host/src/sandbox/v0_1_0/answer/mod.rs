//! Answers of this version, read into the host's values.

mod change;
mod delivery;
mod descriptor;
mod failure;
mod finding;
mod kubernetes;
mod source;
mod terraform;

pub(super) use change::RawProposal;
pub(super) use descriptor::descriptor;
pub(super) use failure::failure;
pub(super) use finding::{controls, findings};
pub(super) use source::health;
