//! Ed25519 keys (RFC 8032): their text forms, the file of a secret key and a folder of them.

mod public;
mod secret;
mod store;

pub use public::{PublicKey, PublicKeyError};
pub use secret::SecretKey;
pub use store::KeyStore;

use crate::FileError;

/// Bytes of a signature.
pub const SIGNATURE_LENGTH: usize = 64;

/// A signature, 64 bytes.
pub type Signature = [u8; SIGNATURE_LENGTH];

/// Why a secret key was not made, read or kept.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file was not read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The content is not a key. It says no more: the content may be secret.
    #[error("the content is not a secret key of Aegis; make one with `aegis key generate`")]
    Malformed,
    /// A later version of Aegis wrote the key.
    #[error(
        "the key is kept in a form that this version does not know; use the version that wrote it"
    )]
    UnknownForm,
    /// The two halves do not belong together.
    #[error("the public half of the key is not that of its secret half; the file was altered")]
    Halves,
}
