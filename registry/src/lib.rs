//! Which plugins may run: packages, signatures, trust, the lock file, sources and the code cache.
//!
//! The way of a plugin is always the same. A [`source`] gives two byte strings, a component and its
//! signed statement. [`verify()`] turns them into a [`VerifiedComponent`], or says in one error what is wrong
//! and what to do. The [`lock`] file pins what was verified and holds what an operator granted to it,
//! under the operator's signature. Only code that was compiled from a verified component enters
//! the [`cache`], and it leaves it only under a key that lies elsewhere.
//!
//! Nothing here knows who runs the plugins or what a capability means.

#![warn(missing_docs)]

pub mod cache;
mod capabilities;
mod file;
pub mod key;
mod kind;
pub mod lock;
mod name;
pub mod package;
pub mod source;
pub mod statement;
#[cfg(test)]
mod testing;
mod toml_text;
pub mod trust;
pub mod verify;

pub use cache::Cache;
pub use capabilities::{Capabilities, CapabilityError};
pub use file::FileError;
pub use key::{KeyError, KeyStore, PublicKey, SecretKey};
pub use kind::{Kind, KindError};
pub use lock::{Lock, LockError, VerifiedLock};
pub use name::{PluginName, PluginNameError};
pub use package::{Manifest, Metadata, Package, PackageError};
pub use source::{FolderSource, Location, Source, SourceError};
pub use statement::{Envelope, Payload, Statement, Verified};
pub use toml_text::TomlError;
pub use trust::{Role, Trust, TrustError};
pub use verify::{Expectation, VerifiedComponent, VerifyError, verify};
