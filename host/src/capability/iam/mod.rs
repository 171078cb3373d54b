//! IAM policies as typed statements.
//!
//! A policy is a programming language, so a document never holds one as text: it is a JSON object,
//! read into [`Policy`], expanded into permissions ([`Policy::allows`]) that are authorised one by
//! one, and printed back from the typed statements ([`Policy::to_node`]). What cannot be held to a
//! grant is not read at all: `NotAction`, `NotResource`, `NotPrincipal`, wildcards inside of a
//! principal, tokens in anything but resources, principals and values of conditions.

mod action;
mod allow;
mod conditions;
mod error;
mod parse;
mod policy;
mod spelling;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use allow::{Allow, IamGrant};
pub use error::{PolicyError, PolicyProblem};
pub use policy::{Condition, Effect, Policy, PolicyKind, Principal, PrincipalKind, Statement};
pub use spelling::{Spelled, SpellingError, Tokens, spell};
