//! The secret half and its file.
//!
//! The file is one line of JSON, readable and writable by its owner alone:
//!
//! ```json
//! {"format":"aegis.key/1","protection":"none","public":"ed25519:…","secret":"…"}
//! ```
//!
//! `secret` is the base64 of the 32-byte seed (RFC 8032, section 5.1.5). `protection` says how it is
//! encrypted; `none` is the only form of version 1. `public` is repeated so that a damaged file is noticed.

use std::fmt;
use std::path::Path;

use aegis_document::Limits;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{KeyError, PublicKey, Signature};
use crate::file;

/// A secret key. It is wiped from memory when dropped and never shown.
pub struct SecretKey(SigningKey);

const FORMAT: &str = "aegis.key/1";
const UNPROTECTED: &str = "none";
const FILE_MAX: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    format: String,
    protection: String,
    public: PublicKey,
    secret: String,
}

impl SecretKey {
    /// A new key from the operating system's random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut())?;
        Ok(Self::from_seed(&seed))
    }

    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::of(self.0.verifying_key())
    }

    /// Signs exactly these bytes.
    pub fn sign(&self, message: &[u8]) -> Signature {
        self.0.sign(message).to_bytes()
    }

    /// Writes the key to a new file with mode 0600. A file that exists is never overwritten.
    pub fn save_new(&self, path: &Path) -> Result<(), KeyError> {
        Ok(file::create_private(path, self.to_text().as_bytes())?)
    }

    /// Reads a key file. A file that group or others can reach is refused.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_text(&file::read_private(path, FILE_MAX)?)
    }

    fn to_text(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(STANDARD.encode(self.0.as_bytes()));
        // Room for all of it: growing would leave copies of the secret behind.
        let mut text = Zeroizing::new(String::with_capacity(256));
        for part in [
            r#"{"format":""#,
            FORMAT,
            r#"","protection":""#,
            UNPROTECTED,
            r#"","public":""#,
            &self.public().to_string(),
            r#"","secret":""#,
            &secret,
            "\"}\n",
        ] {
            text.push_str(part);
        }
        text
    }

    fn from_text(text: &[u8]) -> Result<Self, KeyError> {
        let value = aegis_document::read(text, Limits::SMALL).map_err(|_| KeyError::Malformed)?;
        let file: KeyFile = serde_json::from_value(value).map_err(|_| KeyError::Malformed)?;
        let encoded = Zeroizing::new(file.secret);
        if file.format != FORMAT || file.protection != UNPROTECTED {
            return Err(KeyError::UnknownForm);
        }
        let mut seed = Zeroizing::new([0; 32]);
        // The decoder's estimate of the length is rounded up, so it gets a little more room.
        let mut decoded = Zeroizing::new([0; 36]);
        let length = STANDARD
            .decode_slice(encoded.as_bytes(), decoded.as_mut())
            .map_err(|_| KeyError::Malformed)?;
        let bytes = decoded.get(..length).ok_or(KeyError::Malformed)?;
        if bytes.len() != seed.len() {
            return Err(KeyError::Malformed);
        }
        seed.copy_from_slice(bytes);
        let key = Self::from_seed(&seed);
        if key.public() != file.public {
            return Err(KeyError::Halves);
        }
        Ok(key)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public().fingerprint().short())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::key;

    #[test]
    fn a_saved_key_signs_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let key = SecretKey::generate().unwrap();
        key.save_new(&path).unwrap();
        assert_eq!(SecretKey::load(&path).unwrap().sign(b"x"), key.sign(b"x"));
        assert!(key.save_new(&path).is_err());
    }

    #[test]
    fn two_generated_keys_differ() {
        assert_ne!(
            SecretKey::generate().unwrap().public(),
            SecretKey::generate().unwrap().public()
        );
    }

    #[test]
    fn a_secret_is_never_shown() {
        let key = key(7);
        let secret = STANDARD.encode(key.0.as_bytes());
        assert!(!format!("{key:?}").contains(&secret));
        let text = key.to_text().replace("\"none\"", "1");
        let error = SecretKey::from_text(text.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&secret));
    }

    #[test]
    fn altered_files_are_refused() {
        let text = key(1).to_text();
        let other = key(2).public().to_string();
        for (altered, expected) in [
            (text.replace("key/1", "key/2"), "form that this version"),
            (text.replace("none", "scrypt"), "form that this version"),
            (
                text.replace(&key(1).public().to_string(), &other),
                "public half",
            ),
            (
                text.replace("secret\":\"", "secret\":\"AAAA"),
                "not a secret key",
            ),
            (text.replace("{\"f", "{\"extra\":1,\"f"), "not a secret key"),
            (text[..text.len() - 10].to_owned(), "not a secret key"),
            (String::new(), "not a secret key"),
        ] {
            let error = SecretKey::from_text(altered.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_file_is_refused_while_others_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        key(1).save_new(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = SecretKey::load(&path).unwrap_err().to_string();
        assert!(error.contains("chmod"), "{error}");
    }

    proptest! {
        #[test]
        fn no_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(SecretKey::from_text(&bytes).is_err());
        }
    }
}
