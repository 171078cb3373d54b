//! Canonical JSON (RFC 8785) and digests over it.

mod writer;

use std::fmt;

use serde::Serialize;

use crate::Digest;
use writer::Writer;

/// Why a value has no canonical form: its map keys are not strings or two of them are equal, a number is not
/// finite, or an integer is beyond ±(2^53 − 1) and so would share its digest with its neighbours.
#[derive(Debug, thiserror::Error)]
#[error("the value has no canonical JSON form: {0}")]
pub struct CanonicalError(String);

impl serde::ser::Error for CanonicalError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The RFC 8785 form: keys sorted, no white space, numbers as ECMAScript prints them.
pub fn canonical_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let mut writer = Writer::default();
    value.serialize(&mut writer)?;
    Ok(writer.into_bytes())
}

/// [`canonical_bytes`] as text.
pub fn canonical_text<T: Serialize + ?Sized>(value: &T) -> Result<String, CanonicalError> {
    String::from_utf8(canonical_bytes(value)?)
        .map_err(|_| CanonicalError("a text in it is not Unicode".to_owned()))
}

/// The SHA-256 of the canonical form.
pub fn digest_of<T: Serialize + ?Sized>(value: &T) -> Result<Digest, CanonicalError> {
    Ok(Digest::of(canonical_bytes(value)?))
}

#[cfg(test)]
mod tests;
