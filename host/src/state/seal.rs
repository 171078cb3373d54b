//! The operator's key, and what it seals.

use std::fmt;

use aegis_document::{Digest, canonical_bytes};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// A key that authenticates one stack's state. It lies with the operator, never in the state's folder.
#[derive(Clone, PartialEq, Eq)]
pub struct StateKey([u8; 32]);

/// What is sealed: a text sealed as one thing is never another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Head,
    Record,
}

/// Why a seal does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// There is no seal, or not in its form.
    Unsealed,
    OtherKey {
        id: String,
    },
    Altered,
}

impl StateKey {
    /// Random.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(super) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A name for the key that tells nothing about it.
    pub fn id(&self) -> String {
        let mut text = b"aegis state key\0".to_vec();
        text.extend_from_slice(&self.0);
        Digest::of(text).short()
    }

    fn mac(&self, subject: Subject, bytes: &[u8]) -> Result<Hmac<Sha256>, Broken> {
        // HMAC takes keys of any length; the error cannot occur.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(|_| Broken::Unsealed)?;
        mac.update(match subject {
            Subject::Head => b"aegis.state/1\0",
            Subject::Record => b"aegis.journal/1\0",
        });
        mac.update(bytes);
        Ok(mac)
    }

    /// Adds a seal to an object: its canonical form under the key.
    pub(super) fn seal(&self, subject: Subject, mut object: Value) -> Result<Value, Broken> {
        let bytes = canonical_bytes(&object).map_err(|_| Broken::Unsealed)?;
        let mac = self.mac(subject, &bytes)?.finalize().into_bytes();
        let entries = object.as_object_mut().ok_or(Broken::Unsealed)?;
        entries.insert(
            SEAL.to_owned(),
            json!({"key": self.id(), "hmac-sha256": hex::encode(mac)}),
        );
        Ok(object)
    }

    /// Checks a seal and takes it off.
    pub(super) fn open(&self, subject: Subject, mut object: Value) -> Result<Value, Broken> {
        let seal = object
            .as_object_mut()
            .and_then(|entries| entries.remove(SEAL))
            .ok_or(Broken::Unsealed)?;
        let text = |name: &str| {
            seal.get(name)
                .and_then(Value::as_str)
                .ok_or(Broken::Unsealed)
        };
        if text("key")? != self.id() {
            return Err(Broken::OtherKey {
                id: aegis_document::untrusted(text("key")?).to_string(),
            });
        }
        let expected = hex::decode(text("hmac-sha256")?).map_err(|_| Broken::Unsealed)?;
        let bytes = canonical_bytes(&object).map_err(|_| Broken::Unsealed)?;
        // Compares in constant time.
        self.mac(subject, &bytes)?
            .verify_slice(&expected)
            .map_err(|_| Broken::Altered)?;
        Ok(object)
    }
}

const SEAL: &str = "seal";

/// Never shows the key.
impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateKey({})", self.id())
    }
}

/// A head as its owner would have sealed it with something changed.
#[cfg(test)]
pub(crate) fn resealed(
    key: &StateKey,
    head: &[u8],
    change: impl FnOnce(&mut Value),
) -> Option<Vec<u8>> {
    let mut head = key
        .open(Subject::Head, serde_json::from_slice(head).ok()?)
        .ok()?;
    change(&mut head);
    aegis_document::canonical_bytes(&key.seal(Subject::Head, head).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_one_text_one_key_and_one_subject() {
        let key = StateKey::from_bytes([7; 32]);
        let sealed = key.seal(Subject::Head, json!({"a": 1})).unwrap();
        assert_eq!(key.open(Subject::Head, sealed.clone()), Ok(json!({"a": 1})));
        assert_eq!(
            key.open(Subject::Record, sealed.clone()),
            Err(Broken::Altered)
        );
        let mut altered = sealed.clone();
        altered["a"] = json!(2);
        assert_eq!(key.open(Subject::Head, altered), Err(Broken::Altered));
        let other = StateKey::from_bytes([8; 32]);
        assert!(matches!(
            other.open(Subject::Head, sealed),
            Err(Broken::OtherKey { .. })
        ));
        assert_eq!(
            key.open(Subject::Head, json!({"a": 1})),
            Err(Broken::Unsealed)
        );
        assert_eq!(key.open(Subject::Head, json!([])), Err(Broken::Unsealed));
    }

    #[test]
    fn a_key_is_never_shown() {
        let shown = format!("{:?}", StateKey::from_bytes([7; 32]));
        assert!(!shown.contains("07") && !shown.contains("7, 7"), "{shown}");
    }
}
