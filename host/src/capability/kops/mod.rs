//! kOps clusters: what their documents imply, and what a grant says of them.
//!
//! Fields of kOps are anything from a number to a script that runs as root on every machine. So the
//! documents are closed: a field that the host has no rule for is refused, those that say where
//! trust comes from are the host's, and everything that is run or hands out rights is granted by
//! its exact path. IAM statements, which kOps takes as text, are proposed as JSON and read as typed
//! statements; [`statement_fields`] tells the driver where they are.

pub mod codes;
mod content;
mod derive;
mod fields;
mod grant;
mod groups;
mod request;
#[cfg(test)]
mod tests;
mod values;

pub use derive::derive;
pub use fields::{risk_at, statement_fields};
pub use grant::KopsGrant;
pub use request::{KopsRequest, KopsUse};
