//! The stack file: what an operator writes, and what it means.
//!
//! [`load`] takes a file through three steps, each in a folder of its own:
//!
//! 1. `syntax`: a strict reader for a part of YAML, giving a tree in which every value knows where
//!    it stands;
//! 2. `file`: the typed file as written; unknown keys, wrong types and malformed values are found
//!    here;
//! 3. `resolve`: presets, defaults and references, giving a [`Stack`].
//!
//! ```
//! let stack = aegis_host::stack::parse(
//!     "aegis.yaml",
//!     "aegis: 1
//! name: shop
//! domain: shop.example.com
//! preset: standard
//! clusters:
//!   use1: {region: us-east-1, zones: 2, cidr: 10.0.0.0/16}
//! ",
//! )?;
//! let cluster = &stack.clusters["use1"];
//! assert_eq!(cluster.dns_name, "use1.shop.example.com");
//! assert_eq!(cluster.zones, ["us-east-1a", "us-east-1b"]);
//! # Ok::<(), aegis_host::stack::Problems>(())
//! ```
//!
//! All problems of a file are reported together, as [`Problems`]. A stack is plain data: names,
//! digests and keys of plugins are looked up elsewhere.

mod canonical;
pub mod codes;
mod error;
pub mod file;
mod load;
mod merge;
mod model;
pub mod preset;
pub mod regions;
mod resolve;
mod schema;
pub mod syntax;
#[cfg(test)]
mod tests;

pub use error::{Diagnostic, Problems, Source};
pub use file::{
    Access, ChangeKind, Date, Exception, Landing, PluginRef, Preset, ReleaseOwner, STACK_SCOPE,
    Severity, StructuralChanges,
};
pub use load::{load, parse};
pub use merge::merge;
pub use model::{Cluster, Deliver, Git, Policy, Stack, Stage, SuppliedFact};
pub use regions::Partition;
pub use schema::schema;
pub use syntax::{Span, SpanMap, Spanned};
