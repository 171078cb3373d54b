//! The public half.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use aegis_document::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature as DalekSignature, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Signature;

/// A public key. Its text form is `ed25519:` and the base64 of 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// Why a text is not a public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a public key is written `ed25519:` followed by the base64 of 32 bytes")]
pub struct PublicKeyError;

impl PublicKey {
    const PREFIX: &'static str = "ed25519:";

    /// Checks 32 bytes. Refused are points of small order, under which one signature fits many
    /// messages, and second spellings of a point, with which one key could count as two.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PublicKeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| PublicKeyError)?;
        let canonical = key.to_edwards().compress().to_bytes() == *bytes;
        if key.is_weak() || !canonical {
            return Err(PublicKeyError);
        }
        Ok(Self(key))
    }

    pub(super) const fn of(key: VerifyingKey) -> Self {
        Self(key)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The SHA-256 of the 32 bytes: the name of a key for people and in the lock file.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(self.as_bytes())
    }

    /// Whether the signature is this key's over exactly these bytes, by the strict rule that all
    /// verifiers agree on.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = DalekSignature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, STANDARD.encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        let encoded = text.strip_prefix(Self::PREFIX).ok_or(PublicKeyError)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| PublicKeyError)?;
        Self::from_bytes(&bytes.try_into().map_err(|_| PublicKeyError)?)
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::key;

    #[test]
    fn a_key_reads_back_and_has_a_stable_fingerprint() {
        let public = key(1).public();
        assert_eq!(public.to_string().parse(), Ok(public.clone()));
        assert_eq!(public.fingerprint(), Digest::of(public.as_bytes()));
    }

    #[test]
    fn weak_second_and_damaged_spellings_are_refused() {
        let text = key(1).public().to_string();
        let mut identity = [0; 32];
        identity[0] = 1;
        // y = p + 3: another spelling of the point with y = 3.
        let mut second = [0xff; 32];
        second[0] = 0xf0;
        second[31] = 0x7f;
        assert_eq!(PublicKey::from_bytes(&identity), Err(PublicKeyError));
        assert_eq!(PublicKey::from_bytes(&second), Err(PublicKeyError));
        for text in [
            "",
            "ed25519:",
            "ed25519:AAAA",
            text.trim_start_matches("ed25519:"),
            text.trim_end_matches('='),
            &format!("{text}\n"),
            &text.replace("ed25519", "Ed25519"),
        ] {
            assert_eq!(text.parse::<PublicKey>(), Err(PublicKeyError), "{text:?}");
        }
    }

    #[test]
    fn a_signature_fits_one_key_and_one_message() {
        let signature = key(1).sign(b"message");
        assert!(key(1).public().verifies(b"message", &signature));
        assert!(!key(1).public().verifies(b"messagf", &signature));
        assert!(!key(2).public().verifies(b"message", &signature));
        for bit in 0..512 {
            let mut flipped = signature;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!key(1).public().verifies(b"message", &flipped), "bit {bit}");
        }
    }
}
