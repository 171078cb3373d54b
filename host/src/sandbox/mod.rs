//! The sandbox: the only place that knows Wasmtime.
//!
//! ```text
//! VerifiedComponent ─► compile (child process, cache) ─► link (its kind's world) ─► Plugin
//! PlanRequest ─► Plugin::plan ─► fresh store, limits, clock ─► answer ─► parse ─► Proposal
//!                                     │
//!                                     └─ reads: budget ─► authorize ─► backend
//! ```
//!
//! A plugin is a signed component and still a stranger: it computes within limits of time, memory and
//! output, has no clock, randomness, file or socket, and its answer is text until `parse` has made typed values of
//! it. One folder per version of the contract translates; everything that decides stands above
//! them and exists once.

mod call;
pub mod codes;
mod compile;
mod describe;
mod engine;
mod error;
mod inspect;
mod limits;
mod link;
mod meter;
pub mod parse;
mod plugin;
pub mod reads;
mod request;
#[cfg(test)]
mod tests;
mod v0_1_0;

pub use call::CallContext;
pub use compile::{CHILD_ARGUMENT, COMPONENT_MAX, CompileLimits, Compiler, compile_child_main};
pub use error::{CallError, Fault, LoadError};
pub use inspect::Surface;
pub use limits::Limits;
pub use link::{CONTRACT, Difference, LinkError};
pub use parse::proposal_digest;
pub use plugin::{Plugin, Sandbox};
pub use request::{ClusterInfo, FactTokenOffer, KnownFact, PlanRequest};
