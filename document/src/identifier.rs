//! Names that are shown to approvers and used in paths: ASCII by type, so they cannot deceive.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// A name: a lower-case ASCII letter, then lower-case letters, digits, `-` and `.`, not ending in
/// `-` or `.` and without `..`, at most [`Identifier::MAX`] characters.
///
/// The rule is narrower than a DNS label in what it allows first and wider in the dot, which fact names
/// need. It keeps look-alike letters, path separators and control characters out of everything that
/// is named.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Identifier(String);

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name starts with a lower-case letter, goes on with lower-case letters, digits, `-` and `.`, ends in a letter or digit and has at most {} characters",
    Identifier::MAX
)]
pub struct IdentifierError;

impl Identifier {
    /// The longest name, in characters: what a Kubernetes label value can hold.
    pub const MAX: usize = 63;

    /// Checks a text.
    pub fn new(text: impl Into<String>) -> Result<Self, IdentifierError> {
        let text = text.into();
        let bytes = text.as_bytes();
        let inner =
            |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        let fits = bytes.len() <= Self::MAX
            && bytes.first().is_some_and(u8::is_ascii_lowercase)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.iter().all(inner)
            && !text.contains("..");
        if fits {
            Ok(Self(text))
        } else {
            Err(IdentifierError)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for Identifier {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        Self::new(text)
    }
}

impl AsRef<str> for Identifier {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Identifier {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Identifier {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Identifier {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_field_fit() {
        for name in ["use1", "cert-manager", "network.vpc-id", "a"] {
            assert!(Identifier::new(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn deceiving_names_do_not() {
        let long = "a".repeat(64);
        for name in [
            "",
            "1a",
            "-a",
            "a-",
            "a.",
            "a..b",
            "A",
            "a_b",
            "a/b",
            "a b",
            "\u{430}dmin",
            "a\u{200b}b",
            "a\n",
            &long,
        ] {
            assert_eq!(Identifier::new(name), Err(IdentifierError), "{name:?}");
        }
    }
}
