//! DSSE v1 envelopes: a document and the signatures over it.
//!
//! A signature covers the document's type and bytes (the pre-authentication encoding), so a
//! signature over one kind of document is never one over another.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;

use aegis_document::canonical::CanonicalError;
use aegis_document::{Digest, Limits, ReadError, canonical_bytes, untrusted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::key::{PublicKey, SecretKey, Signature};

/// A kind of document that is signed. Every kind has a type of its own.
pub trait Payload: Serialize + DeserializeOwned {
    /// The media type that the signature covers, for example `application/vnd.in-toto+json`.
    const TYPE: &'static str;
}

/// A document of one kind with signatures that are not verified yet.
pub struct Envelope<T> {
    payload: Vec<u8>,
    signatures: Vec<Signed>,
    kind: PhantomData<fn() -> T>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signed {
    /// Whose signature it claims to be. Only a hint: nothing is decided by it.
    hint: Option<String>,
    signature: Signature,
}

/// A document whose signatures were verified, and whose they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T> {
    document: T,
    signers: BTreeSet<Digest>,
}

/// Why bytes are not an envelope with a document of the wanted kind.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The envelope is not strict JSON of bounded size.
    #[error("the envelope cannot be read: {0}")]
    Envelope(ReadError),
    /// The envelope has not the DSSE layout.
    #[error("the envelope has not the DSSE layout: {0}")]
    Layout(String),
    /// It holds another kind of document.
    #[error("the envelope holds `{found}`, `{wanted}` is wanted")]
    Type {
        /// The wanted type.
        wanted: &'static str,
        /// The envelope's type, safe to show.
        found: String,
    },
    /// Payload or signature is not standard, padded base64, or a signature has not 64 bytes.
    #[error("{0} is not in base64 as it should be")]
    Encoding(&'static str),
    /// More signatures than are looked at.
    #[error("the envelope has {0} signatures; at most {max} are looked at", max = MAX_SIGNATURES)]
    TooManySignatures(usize),
    /// The document is not strict JSON of bounded size.
    #[error("the signed document cannot be read: {0}")]
    Document(ReadError),
    /// The document's fields are wrong.
    #[error("the signed document is not valid: {0}")]
    Content(String),
    /// The document to be signed has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// Why an envelope is not signed as it must be.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// Fewer different keys have signed than must.
    #[error(
        "{found} of the {needed} signatures that are needed are those of different trusted keys"
    )]
    Threshold {
        /// How many different trusted keys must have signed.
        needed: usize,
        /// How many have.
        found: usize,
    },
    /// The signatures are fine and the document is not.
    #[error(transparent)]
    Document(#[from] EnvelopeError),
}

/// The most signatures in one envelope: each is tried with every trusted key.
const MAX_SIGNATURES: usize = 16;

/// A document of 256 KiB in base64, and the signatures.
pub(crate) const ENVELOPE_MAX: usize = 384 << 10;

const ENVELOPE_LIMITS: Limits = Limits {
    bytes: ENVELOPE_MAX,
    depth: 3,
    nodes: 100,
};

const DOCUMENT_LIMITS: Limits = Limits {
    bytes: 256 << 10,
    depth: 64,
    nodes: 50_000,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSignature {
    #[serde(skip_serializing_if = "Option::is_none")]
    keyid: Option<String>,
    sig: String,
}

/// The bytes that a signature covers, by the DSSE v1 protocol:
/// `DSSEv1 LEN(type) type LEN(payload) payload`.
fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// Signs a document that is kept elsewhere, as an envelope's signature would.
pub fn sign_detached<T: Payload>(
    document: &T,
    key: &SecretKey,
) -> Result<Signature, CanonicalError> {
    let payload = canonical_bytes(document)?;
    Ok(key.sign(&pre_authentication(T::TYPE, &payload)))
}

/// Whether the signature is this key's over this document, in its canonical form.
pub fn verifies_detached<T: Payload>(
    document: &T,
    key: &PublicKey,
    signature: &Signature,
) -> Result<bool, CanonicalError> {
    let payload = canonical_bytes(document)?;
    Ok(key.verifies(&pre_authentication(T::TYPE, &payload), signature))
}

impl<T: Payload> Envelope<T> {
    /// Wraps a document and signs it.
    pub fn sign(document: &T, key: &SecretKey) -> Result<Self, EnvelopeError> {
        let mut envelope = Self {
            payload: canonical_bytes(document)?,
            signatures: Vec::new(),
            kind: PhantomData,
        };
        // What the reader would refuse is not signed.
        envelope.unverified()?;
        envelope.add_signature(key);
        Ok(envelope)
    }

    /// Adds the signature of one more key. A key that has signed already adds nothing.
    pub fn add_signature(&mut self, key: &SecretKey) {
        let signature = key.sign(&self.signed_bytes());
        if self.signatures.iter().all(|s| s.signature != signature) {
            self.signatures.push(Signed {
                hint: Some(key.public().fingerprint().to_string()),
                signature,
            });
        }
    }

    /// Reads an envelope. Nothing is verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let value =
            aegis_document::read(bytes, ENVELOPE_LIMITS).map_err(EnvelopeError::Envelope)?;
        let wire: Wire = serde_json::from_value(value)
            .map_err(|e| EnvelopeError::Layout(untrusted(&e.to_string()).to_string()))?;
        if wire.payload_type != T::TYPE {
            return Err(EnvelopeError::Type {
                wanted: T::TYPE,
                found: untrusted(&wire.payload_type).to_string(),
            });
        }
        if wire.signatures.len() > MAX_SIGNATURES {
            return Err(EnvelopeError::TooManySignatures(wire.signatures.len()));
        }
        let payload = STANDARD
            .decode(&wire.payload)
            .map_err(|_| EnvelopeError::Encoding("the payload"))?;
        let signatures = wire.signatures.into_iter().map(Signed::read);
        Ok(Self {
            payload,
            signatures: signatures.collect::<Result<_, _>>()?,
            kind: PhantomData,
        })
    }

    /// The envelope in canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        Ok(canonical_bytes(&Wire {
            payload_type: T::TYPE.to_owned(),
            payload: STANDARD.encode(&self.payload),
            signatures: self.signatures.iter().map(Signed::write).collect(),
        })?)
    }

    /// How many signatures there are, whosever they are.
    pub fn signature_count(&self) -> usize {
        self.signatures.len()
    }

    /// Whose signatures they claim to be, safe to show.
    pub fn claimed_signers(&self) -> Vec<String> {
        let hints = self.signatures.iter().map(|s| match &s.hint {
            Some(hint) => untrusted(hint).to_string(),
            None => "an unnamed key".to_owned(),
        });
        hints.collect()
    }

    /// The document, whoever signed it: to show it, never to act on it.
    pub fn unverified(&self) -> Result<T, EnvelopeError> {
        let value = aegis_document::read(&self.payload, DOCUMENT_LIMITS)
            .map_err(EnvelopeError::Document)?;
        serde_json::from_value(value)
            .map_err(|e| EnvelopeError::Content(untrusted(&e.to_string()).to_string()))
    }

    /// The fingerprints of those of the given keys that have signed.
    pub fn signers_among<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k PublicKey>,
    ) -> BTreeSet<Digest> {
        let message = self.signed_bytes();
        let has_signed = |key: &&PublicKey| {
            let mut signatures = self.signatures.iter();
            signatures.any(|s| key.verifies(&message, &s.signature))
        };
        let signers = keys.into_iter().filter(has_signed);
        signers.map(PublicKey::fingerprint).collect()
    }

    /// The document, if at least `threshold` different keys of the given ones have signed it.
    /// Signatures of other keys count for nothing.
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k PublicKey>,
        threshold: NonZeroUsize,
    ) -> Result<Verified<T>, SignatureError> {
        let signers = self.signers_among(keys);
        if signers.len() < threshold.get() {
            return Err(SignatureError::Threshold {
                needed: threshold.get(),
                found: signers.len(),
            });
        }
        let document = self.unverified()?;
        Ok(Verified { document, signers })
    }

    fn signed_bytes(&self) -> Vec<u8> {
        pre_authentication(T::TYPE, &self.payload)
    }
}

impl<T> fmt::Debug for Envelope<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("payload", &Digest::of(&self.payload))
            .field("signatures", &self.signatures.len())
            .finish()
    }
}

impl<T> Verified<T> {
    /// The document.
    pub const fn document(&self) -> &T {
        &self.document
    }

    /// The document on its own.
    pub fn into_document(self) -> T {
        self.document
    }

    /// The fingerprints of the trusted keys that have signed it.
    pub const fn signers(&self) -> &BTreeSet<Digest> {
        &self.signers
    }
}

impl Signed {
    fn read(wire: WireSignature) -> Result<Self, EnvelopeError> {
        let encoding = EnvelopeError::Encoding("a signature");
        let Ok(bytes) = STANDARD.decode(&wire.sig) else {
            return Err(encoding);
        };
        Ok(Self {
            hint: wire.keyid,
            signature: bytes.try_into().map_err(|_| encoding)?,
        })
    }

    fn write(&self) -> WireSignature {
        WireSignature {
            keyid: self.hint.clone(),
            sig: STANDARD.encode(self.signature),
        }
    }
}

#[cfg(test)]
mod tests;
