//! How plans, findings and state are shown to people.

pub mod diff;
pub mod findings;
pub mod plan;
