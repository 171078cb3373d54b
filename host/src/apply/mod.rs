//! Carrying a plan out.
//!
//! Apply takes a plan and nothing else: no plugin runs here. It checks that the plan still fits what it was made
//! from, takes the lease, and then does what the plan says, instance by instance, writing down what it is about to
//! do before it does it. Killed at any point, a resumed run comes to the same end: an intent without an outcome is
//! looked up at the target.

mod batch;
mod cancel;
mod checkpoint;
mod context;
mod error;
mod facts;
mod gate;
mod outcome;
mod pass;
mod prepare;
mod prior;
mod report;
mod run;
mod schedule;
mod unit;
mod view;
mod workers;

pub use cancel::Cancel;
pub use context::{ApplyContext, Assumption, Expected, Reauthorize, Refusal};
pub use error::ApplyError;
pub use outcome::{InstanceOutcome, Outcome};
pub use report::{Progress, Reporter, Silent};
pub use run::{apply, resume};

#[cfg(test)]
mod tests;
