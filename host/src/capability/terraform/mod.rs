//! Terraform roots: what they imply, and what a grant says of them.
//!
//! A plugin writes no Terraform language. A root is a closed record whose bodies are JSON, and
//! [`derive`](derive()) holds each body to the host's table of its type ([`types`]): every
//! attribute is known, literal ids of other infrastructure are targets that a grant lists, IAM
//! policies are typed statements, and tokens read only values that the table knows.
//! [`derive_dry_run`] asks the same of what Terraform itself says it would do, and [`check_state`]
//! of the state that it would read.

pub(in crate::capability) mod blocks;
pub mod codes;
mod derive;
mod dry_run;
mod grant;
mod request;
mod state;
#[cfg(test)]
mod tests;
pub mod types;

pub use derive::derive;
pub use dry_run::derive_dry_run;
pub use grant::TerraformGrant;
pub use request::{AttributeClass, TerraformAction, TerraformRequest};
pub use state::check_state;

/// The only provider that the host has tables for.
pub const PROVIDER: &str = "hashicorp/aws";

/// Terraform's rule for names, ASCII only: a letter or `_`, then letters, digits and `_`, and `-`
/// in a name of the author's.
fn is_terraform_name(text: &str, dashes: bool) -> bool {
    text.len() <= 128
        && text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || (dashes && b == b'-'))
}
