//! Facts as tokens: texts that the host replaces by the value, once, when it is known.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{FactToken, pointer};

/// A fact that the plugin holds as a token.
///
/// As a whole JSON string it becomes the fact's value with its type: put the token itself into
/// `json!`. Within a longer string, format it with `{}`.
///
/// ```
/// use aegis_plugin::Token;
/// use serde_json::json;
///
/// let subnets = Token::new("@{use1/network.private-subnet-ids}");
/// assert_eq!(
///     json!({ "subnet_id": subnets.key("us-east-1a") }),
///     json!({ "subnet_id": "@{use1/network.private-subnet-ids#/us-east-1a}" }),
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token {
    /// The fact, without braces: `use1/network.vpc-id`.
    fact: String,
    pointer: String,
}

impl Token {
    /// A token from its text, `@{…}`; a text without the braces is taken as what stands in them.
    ///
    /// A request's tokens come out of [`Request::token`](crate::Request::token).
    pub fn new(text: &str) -> Self {
        let inner = text
            .strip_prefix("@{")
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(text);
        let (fact, pointer) = inner.split_once('#').unwrap_or((inner, ""));
        Self {
            fact: fact.to_owned(),
            pointer: pointer.to_owned(),
        }
    }

    /// The token of what lies at a JSON pointer (RFC 6901) within this one's value.
    pub fn pointer(&self, pointer: &str) -> Self {
        Self {
            fact: self.fact.clone(),
            pointer: format!("{}{pointer}", self.pointer),
        }
    }

    /// The token of a map's entry or a record's field, escaped as a JSON pointer. A key that holds a
    /// `}` cannot be reached.
    pub fn key(&self, key: &str) -> Self {
        let mut pointer = self.pointer.clone();
        pointer::push(&mut pointer, key);
        Self {
            fact: self.fact.clone(),
            pointer,
        }
    }

    /// The token of a list's element, counted from zero.
    pub fn index(&self, index: usize) -> Self {
        self.key(&index.to_string())
    }

    /// The token's text, to be used as a whole string.
    pub fn whole(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("@{")?;
        formatter.write_str(&self.fact)?;
        if !self.pointer.is_empty() {
            formatter.write_str("#")?;
            formatter.write_str(&self.pointer)?;
        }
        formatter.write_str("}")
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&FactToken> for Token {
    fn from(token: &FactToken) -> Self {
        Self::new(&token.token)
    }
}

/// Text in which nothing is a token: `@{` is written as `@@{`.
///
/// ```
/// assert_eq!(aegis_plugin::literal("@{not a token}"), "@@{not a token}");
/// ```
pub fn literal(text: &str) -> String {
    text.replace("@{", "@@{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_added_before_the_brace_and_escaped() {
        let token = Token::new("@{use1/network.subnet-ids}");
        for (got, want) in [
            (token.clone(), "@{use1/network.subnet-ids}"),
            (
                token.key("us-east-1a"),
                "@{use1/network.subnet-ids#/us-east-1a}",
            ),
            (token.pointer("/a/0"), "@{use1/network.subnet-ids#/a/0}"),
            (
                token.key("a/b~c").index(2),
                "@{use1/network.subnet-ids#/a~1b~0c/2}",
            ),
        ] {
            assert_eq!(got.to_string(), want);
            assert_eq!(Token::new(want), got, "its text gives the token again");
        }
    }

    #[test]
    fn a_token_in_a_document_is_its_text() {
        let token = Token::new("@{use1/network.vpc-id}");
        assert_eq!(
            serde_json::json!({ "vpc_id": token }),
            serde_json::json!({ "vpc_id": "@{use1/network.vpc-id}" })
        );
    }

    #[test]
    fn literal_text_holds_no_token() {
        for (text, want) in [
            ("plain", "plain"),
            ("@{a}", "@@{a}"),
            ("@@{a}", "@@@{a}"),
            ("a@b {c}", "a@b {c}"),
        ] {
            assert_eq!(literal(text), want);
        }
    }
}
