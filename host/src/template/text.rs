//! A string with tokens in it.

use std::fmt;

use super::token::Token;

/// A string as a list of literals and tokens. No two literals stand side by side and none is empty,
/// so equal texts are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Templated(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Text that means itself; an escaped `@@{` is already `@{` here.
    Literal(String),
    Token(Token),
}

/// Why a string was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("`@{{` at byte {0} has no closing brace; write `@@{{` for a literal `@{{`")]
    Unclosed(usize),
    #[error(
        "`{0}` is not a token; a token is `@{{fact}}`, `@{{cluster/fact}}` or, inside a Terraform root, `@{{resource:TYPE.NAME.ATTRIBUTE}}`; write `@@{{` for a literal `@{{`"
    )]
    NotAToken(String),
}

impl Templated {
    /// A text without tokens.
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self(Vec::new())
        } else {
            Self(vec![Segment::Literal(text)])
        }
    }

    /// A text that is one token.
    pub fn token(token: Token) -> Self {
        Self(vec![Segment::Token(token)])
    }

    /// [`Templated::parse`] without a copy of a text that holds no token.
    pub fn read(text: String) -> Result<Self, TemplateError> {
        if text.contains("@{") {
            Self::parse(&text)
        } else {
            Ok(Self::literal(text))
        }
    }

    /// Reads a plugin's string. This is the only place where text becomes a token.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut segments = Segments::default();
        let mut rest = text;
        while let Some(at) = rest.find("@{") {
            let (before, token) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('@') {
                segments.literal(before);
                segments.literal("@{");
                rest = &token[2..];
                continue;
            }
            segments.literal(before);
            let body = &token[2..];
            let end = body
                .find('}')
                .ok_or_else(|| TemplateError::Unclosed(text.len() - token.len()))?;
            let inner = &body[..end];
            let parsed = Token::parse(inner).ok_or_else(|| {
                let shown: String = inner.chars().take(80).collect();
                TemplateError::NotAToken(format!("@{{{}}}", aegis_document::untrusted(&shown)))
            })?;
            segments.0.push(Segment::Token(parsed));
            rest = &body[end + 1..];
        }
        segments.literal(rest);
        Ok(Self(segments.0))
    }

    /// The text, when there is no token in it.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The text without a copy of it, or back as it was when there is a token in it.
    pub fn into_literal(mut self) -> Result<String, Self> {
        match self.0.as_mut_slice() {
            [] => Ok(String::new()),
            [Segment::Literal(text)] => Ok(std::mem::take(text)),
            _ => Err(self),
        }
    }

    /// The token, when the text is one token and nothing else.
    pub fn as_token(&self) -> Option<&Token> {
        match self.0.as_slice() {
            [Segment::Token(token)] => Some(token),
            _ => None,
        }
    }

    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The tokens, in order.
    pub fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Token(token) => Some(token),
            Segment::Literal(_) => None,
        })
    }

    /// Replaces segments; neighbouring literals are joined.
    pub(super) fn try_map<E>(
        &self,
        mut map: impl FnMut(&Segment) -> Result<Segment, E>,
    ) -> Result<Self, E> {
        let mut segments = Segments::default();
        for segment in &self.0 {
            match map(segment)? {
                Segment::Literal(text) => segments.literal(&text),
                token => segments.0.push(token),
            }
        }
        Ok(Self(segments.0))
    }
}

#[derive(Default)]
struct Segments(Vec<Segment>);

impl Segments {
    fn literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(Segment::Literal(last)) => last.push_str(text),
            _ => self.0.push(Segment::Literal(text.to_owned())),
        }
    }
}

/// The source form: tokens as the plugin wrote them, a literal `@{` as `@@{`. Reads back to the same value,
/// except that a literal `@` before a token has no source form and a plugin cannot write it.
impl fmt::Display for Templated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.0 {
            match segment {
                Segment::Literal(text) => f.write_str(&text.replace("@{", "@@{"))?,
                Segment::Token(token) => token.fmt(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::template::{Mode, PathStep};

    fn shape(text: &str) -> Vec<String> {
        let template = Templated::parse(text).unwrap();
        template
            .segments()
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => format!("'{text}'"),
                Segment::Token(token) => token.to_string(),
            })
            .collect()
    }

    #[test]
    fn tokens_and_literals_are_told_apart() {
        for (text, segments) in [
            ("", vec![]),
            ("plain ${x} %{y} @x {", vec!["'plain ${x} %{y} @x {'"]),
            ("@{use1/network.vpc-id}", vec!["@{use1/network.vpc-id}"]),
            ("a@{x}b@{y#/z}", vec!["'a'", "@{x}", "'b'", "@{y#/z}"]),
            ("@@{x}", vec!["'@{x}'"]),
            ("@@@{x}", vec!["'@@{x}'"]),
            (
                "@{resource:aws_vpc.main.id}",
                vec!["@{resource:aws_vpc.main.id}"],
            ),
            ("@{data:aws_x.y.z.0.w}", vec!["@{data:aws_x.y.z.0.w}"]),
        ] {
            assert_eq!(shape(text), segments, "{text}");
        }
    }

    #[test]
    fn malformed_tokens_are_errors_not_text() {
        for text in [
            "@{",
            "@{}",
            "@{a b}",
            "@{a",
            "@{A}",
            "@{a/b/c}",
            "@{@{a}}",
            "@{a#}",
            "@{a#b}",
            "@{a#/~2}",
            "@{resource:aws_vpc.main}",
            "@{resource:aws_vpc}",
            "@{resource:a.b.0}",
            "@{resource:a.b.c[0]}",
            "@{resource:a.b.c()}",
            "@{var.x}}@{",
            "@{a\u{200b}}",
            "@{path:x}",
        ] {
            assert!(Templated::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_resource_token_has_an_address_and_a_path() {
        let template = Templated::parse("@{data:aws_x.y-1.z.3}").unwrap();
        let Some(Token::Resource(token)) = template.as_token() else {
            panic!("{template:?}");
        };
        assert_eq!(token.mode, Mode::Data);
        assert_eq!(token.address(), "data.aws_x.y-1");
        assert_eq!(
            token.path,
            vec![PathStep::Attribute("z".into()), PathStep::Index(3)]
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[@{}a/#~.:$]{0,20}|\\PC*") {
            let _ = Templated::parse(&text);
        }

        #[test]
        fn what_is_read_is_printed_back(text in "([ab@{}]|@@\\{|@\\{x/y#/z\\}){0,12}") {
            if let Ok(template) = Templated::parse(&text) {
                prop_assert_eq!(Templated::parse(&template.to_string()), Ok(template));
            }
        }
    }
}
