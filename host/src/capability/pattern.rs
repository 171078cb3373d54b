//! Patterns of a grant: exact, or ending in one `*`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Risk;

/// A name, or the beginning of names.
///
/// Nothing richer on purpose: whoever accepts a plugin has to see at a glance what a line reaches, and
/// two people have to see the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    text: String,
    prefix: bool,
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a pattern is printable ASCII text of at most {} characters without white space, and may end in one `*`",
    Pattern::MAX
)]
pub struct PatternError;

impl Pattern {
    /// The longest pattern, in bytes: IAM's limit for an ARN.
    pub const MAX: usize = 2048;

    /// Whether this is a beginning, and not one name.
    pub const fn is_wildcard(&self) -> bool {
        self.prefix
    }

    /// Whether this is `*` alone.
    pub fn is_everything(&self) -> bool {
        self.prefix && self.text.is_empty()
    }

    /// Whether a place lies in the pattern: a namespace, a region, a name whose kind was named.
    pub fn matches(&self, text: &str) -> bool {
        if self.prefix {
            text.starts_with(&self.text)
        } else {
            text == self.text
        }
    }

    /// Whether a thing of some risk is meant: a wildcard reaches only plain things.
    pub fn covers(&self, text: &str, risk: Risk) -> bool {
        (risk == Risk::Plain || !self.prefix) && self.matches(text)
    }

    /// Whether the text is this pattern itself, star and all.
    pub fn is_spelled(&self, text: &str) -> bool {
        let body = if self.prefix {
            text.strip_suffix('*')
        } else {
            Some(text)
        };
        body == Some(self.text.as_str())
    }

    /// Whether one of the patterns has the place.
    pub fn matches_any(patterns: &[Self], text: &str) -> bool {
        patterns.iter().any(|pattern| pattern.matches(text))
    }

    /// Whether one of the patterns means the thing.
    pub fn covers_any(patterns: &[Self], text: &str, risk: Risk) -> bool {
        patterns.iter().any(|pattern| pattern.covers(text, risk))
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let (body, prefix) = match text.strip_suffix('*') {
            Some(body) => (body, true),
            None => (text, false),
        };
        let printable = body
            .bytes()
            .all(|b| (b'!'..=b'~').contains(&b) && b != b'*');
        if printable && !text.is_empty() && text.len() <= Self::MAX {
            Ok(Self {
                text: body.to_owned(),
                prefix,
            })
        } else {
            Err(PatternError)
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if self.prefix {
            f.write_str("*")
        } else {
            Ok(())
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_is_exact_or_ends_in_one_star() {
        for (text, name, matches) in [
            ("orders", "orders", true),
            ("orders", "orders-api", false),
            ("orders-*", "orders-api", true),
            ("orders-*", "orders", false),
            ("*", "", true),
            ("*", "anything", true),
        ] {
            assert_eq!(pattern(text).matches(name), matches, "{text} {name}");
        }
    }

    #[test]
    fn anything_richer_is_refused() {
        let long = "a".repeat(Pattern::MAX + 1);
        for text in [
            "",
            "**",
            "a*b",
            "*a",
            "a b",
            "a\n",
            "\u{430}",
            "a\u{200b}*",
            &long,
        ] {
            assert_eq!(text.parse::<Pattern>(), Err(PatternError), "{text:?}");
        }
    }

    #[test]
    fn a_wildcard_reaches_plain_things_only() {
        for risk in [Risk::Power, Risk::Code, Risk::Deputy, Risk::Opaque] {
            assert!(!pattern("*").covers("x", risk));
            assert!(pattern("x").covers("x", risk));
        }
        assert!(pattern("*").covers("x", Risk::Plain));
    }
}
