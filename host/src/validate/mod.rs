//! What validation stages found, what is excused, and whether an apply may go on.

mod verdict;

pub use crate::date::{Date, DateError};
pub use verdict::{Summary, Verdict, expired, findings_on, open_findings};
