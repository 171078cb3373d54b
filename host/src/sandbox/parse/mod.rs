//! Where foreign text becomes typed.
//!
//! A plugin's answer arrives as records of strings. Each version of the contract maps its records with the
//! functions of this module, so the rules for a name, a document or a pointer are the same for all of
//! them, are applied exactly once, and every refusal names its place in the answer.

mod budget;
mod check;
mod digest;
mod error;
mod json;
pub mod text;

pub use budget::Budget;
pub use check::{check_descriptor, check_proposal, unique_keys};
pub use digest::proposal_digest;
pub use error::{AnswerError, At, Malformed, each, malformed};
pub use json::{node, object, patch, value};
