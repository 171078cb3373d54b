//! Answers of this version, read into the host's values.

mod change;
mod delivery;
mod descriptor;
mod failure;
mod finding;
mod kubernetes;
mod source;
mod terraform;

pub(in crate::sandbox) use change::RawProposal;
pub(in crate::sandbox) use descriptor::descriptor;
pub(in crate::sandbox) use failure::failure;
pub(in crate::sandbox) use finding::{controls, findings};
pub(in crate::sandbox) use source::health;
