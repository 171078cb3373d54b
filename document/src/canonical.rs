//! Canonical JSON (RFC 8785) and digests over it.

use serde::Serialize;

use crate::Digest;

/// Why a value has no canonical form: its map keys are not strings, or a number is not finite.
#[derive(Debug, thiserror::Error)]
#[error("the value has no canonical JSON form: {0}")]
pub struct CanonicalError(#[from] serde_json::Error);

/// The RFC 8785 form: keys sorted, no white space, numbers as ECMAScript prints them.
pub fn canonical_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    Ok(serde_json_canonicalizer::to_vec(value)?)
}

/// The SHA-256 of the canonical form.
pub fn digest_of<T: Serialize>(value: &T) -> Result<Digest, CanonicalError> {
    Ok(Digest::of(canonical_bytes(value)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter() {
        let left: serde_json::Value =
            serde_json::from_str(r#"{"b":1,"a":{"d":2.0,"c":"é"}}"#).unwrap();
        assert_eq!(
            canonical_bytes(&left).unwrap(),
            r#"{"a":{"c":"é","d":2},"b":1}"#.as_bytes()
        );
        assert_eq!(
            digest_of(&left).unwrap(),
            digest_of(&json!({"a": {"c": "é", "d": 2.0}, "b": 1})).unwrap()
        );
    }
}
