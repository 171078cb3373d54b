//! How Aegis reads and writes documents.
//!
//! Everything foreign (a plugin's answer, a signed statement, a plan, state) comes in through the one
//! strict reader of [`read()`], is worked on as a value, and goes out through [`canonical`] or a
//! printer that starts from that value. Nothing foreign is ever forwarded as bytes, so no second
//! parser can see something else than what was authorised.

pub mod canonical;
mod digest;
pub mod escape;
mod identifier;
pub mod pointer;
pub mod read;
mod untrusted;

pub use canonical::{CanonicalError, canonical_bytes, canonical_text, digest_of};
pub use digest::{Digest, DigestError};
pub use identifier::{Identifier, IdentifierError};
pub use read::{Limits, ReadError, read};
pub use untrusted::{Untrusted, commands, deceives, shown_path, untrusted};
