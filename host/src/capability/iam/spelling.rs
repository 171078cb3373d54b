//! How a text with tokens is spelled, so that a grant can name it.
//!
//! A grant is written before any value is known, so a token is spelled as a placeholder, and
//! patterns match the spelling:
//!
//! | token | placeholder |
//! |---|---|
//! | the caller's account, its partition, that partition's DNS suffix, the root's region (from the data sources) | `{account}`, `{partition}`, `{dns-suffix}`, `{region}` |
//! | a fact, of whichever cluster or of the stack | `{fact:NAME}`, with `#/POINTER` for a part |
//! | an attribute of a block of the same root | `{TYPE.NAME.ATTRIBUTE}`, `{data.TYPE.NAME.ATTRIBUTE}` |
//!
//! A literal brace would make a forged placeholder, so it is only read in a policy variable,
//! `${aws:username}`. A pattern is exact or a beginning, and a placeholder is never taken apart:
//! what starts with the same literal text starts with the same text once the value is there. The
//! other rule is `self`: a text that starts with a token which *identifies* a block of the same
//! root, followed by nothing or by a part inside of it (a bucket's ARN and `/…`), is the root's
//! own.

use crate::fact::Format;
use crate::template::{Mode, Segment, Templated, Token};

/// What a document's tokens stand for. Each family of changes has its own answer.
pub trait Tokens {
    /// The format of the token's value; `None` when nobody provides one.
    fn format(&self, token: &Token) -> Option<Format>;

    /// Where the value ends and what lies inside of the thing begins, when the token identifies a
    /// block of the same document: `"/"` for the ARN of a bucket. Empty when nothing lies inside.
    /// `None` when the token identifies nothing here.
    fn own(&self, token: &Token) -> Option<&'static str>;
}

/// A text as patterns see it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spelled {
    /// The text with placeholders.
    pub text: String,
    /// Whether it means a block of the same document, or something inside of one.
    pub own: bool,
}

/// Why a text cannot be spelled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpellingError {
    #[error("{token} is not a value of this document or of a fact that the stage requires")]
    UnknownToken { token: String },
    #[error(
        "{token} has the format {format}, whose values could change the text around them; it has to be {}",
        EMBEDDABLE
    )]
    NotEmbeddable { token: String, format: Format },
    #[error("a `{{` is only read in a policy variable, as in `${{aws:username}}`")]
    Brace,
    #[error("a literal `$`, `%` or `{{` before a token would change what the token means")]
    Splice,
}

/// The formats whose values may stand in a text, for messages.
const EMBEDDABLE: &str = "aws-id, arn, cidr, dns-name, https-url or port";

/// Spells a text.
pub fn spell(text: &Templated, tokens: &dyn Tokens) -> Result<Spelled, SpellingError> {
    let segments = text.segments();
    let mut spelled = String::new();
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Literal(literal) => {
                let before_token = index + 1 < segments.len();
                if before_token && literal.ends_with(['$', '%', '{']) {
                    return Err(SpellingError::Splice);
                }
                check_braces(literal)?;
                spelled.push_str(literal);
            }
            Segment::Token(token) => {
                let format = tokens
                    .format(token)
                    .ok_or_else(|| SpellingError::UnknownToken {
                        token: token.to_string(),
                    })?;
                if !format.embeddable() {
                    return Err(SpellingError::NotEmbeddable {
                        token: token.to_string(),
                        format,
                    });
                }
                spelled.push_str(&placeholder(token));
            }
        }
    }
    let own = match segments {
        [Segment::Token(token)] => tokens.own(token).is_some(),
        [Segment::Token(token), Segment::Literal(literal), ..] => tokens
            .own(token)
            .is_some_and(|separators| literal.starts_with(|c| separators.contains(c))),
        _ => false,
    };
    Ok(Spelled { text: spelled, own })
}

/// Every brace opens a policy variable that closes in the same literal.
fn check_braces(literal: &str) -> Result<(), SpellingError> {
    let mut rest = literal;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        let variable = after.get(1..).and_then(|after| after.split_once('}'));
        match variable {
            Some((name, after))
                if before.ends_with('$') && !name.is_empty() && !name.contains('{') =>
            {
                rest = after
            }
            _ => return Err(SpellingError::Brace),
        }
    }
    Ok(())
}

fn placeholder(token: &Token) -> String {
    match token {
        Token::Fact(fact) => {
            let hash = if fact.pointer.is_empty() { "" } else { "#" };
            format!("{{fact:{}{hash}{}}}", fact.fact.name, fact.pointer)
        }
        Token::Resource(resource) => {
            let simple = resource.path.len() == 1;
            match (resource.mode, resource.kind.as_str(), resource.attribute()) {
                (Mode::Data, "aws_caller_identity", "account_id") if simple => {
                    "{account}".to_owned()
                }
                (Mode::Data, "aws_partition", "partition") if simple => "{partition}".to_owned(),
                (Mode::Data, "aws_partition", "dns_suffix") if simple => "{dns-suffix}".to_owned(),
                (Mode::Data, "aws_region", "name" | "id") if simple => "{region}".to_owned(),
                _ => {
                    let text = resource.to_string();
                    let inner = text.trim_start_matches("@{").trim_end_matches('}');
                    let inner = inner.strip_prefix("resource:").unwrap_or(inner);
                    format!("{{{}}}", inner.replacen("data:", "data.", 1))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake;

    impl Tokens for Fake {
        fn format(&self, token: &Token) -> Option<Format> {
            match token {
                Token::Fact(fact) if fact.fact.name == "text" => Some(Format::Text),
                Token::Fact(fact) if fact.fact.name == "unknown" => None,
                Token::Resource(resource) if resource.attribute() == "tags" => Some(Format::Text),
                _ => Some(Format::Arn),
            }
        }

        fn own(&self, token: &Token) -> Option<&'static str> {
            match token {
                Token::Resource(resource) if resource.attribute() == "arn" => {
                    Some(if resource.kind == "aws_s3_bucket" {
                        "/"
                    } else {
                        ""
                    })
                }
                _ => None,
            }
        }
    }

    fn spelled(text: &str) -> Result<(String, bool), SpellingError> {
        spell(&Templated::parse(text).unwrap(), &Fake).map(|spelled| (spelled.text, spelled.own))
    }

    #[test]
    fn tokens_are_spelled_as_placeholders() {
        for (text, spelling, own) in [
            ("arn:aws:s3:::x", "arn:aws:s3:::x", false),
            (
                "arn:aws:s3:::x/${aws:username}/*",
                "arn:aws:s3:::x/${aws:username}/*",
                false,
            ),
            (
                "@{use1/state.bucket-arn}/*",
                "{fact:state.bucket-arn}/*",
                false,
            ),
            ("@{state.arns#/a}", "{fact:state.arns#/a}", false),
            (
                "arn:@{data:aws_partition.p.partition}:iam::@{data:aws_caller_identity.c.account_id}:root",
                "arn:{partition}:iam::{account}:root",
                false,
            ),
            (
                "ec2.@{data:aws_partition.p.dns_suffix}",
                "ec2.{dns-suffix}",
                false,
            ),
            ("@{data:aws_region.r.name}", "{region}", false),
            ("@{data:aws_x.y.z.0}", "{data.aws_x.y.z.0}", false),
            ("@{resource:aws_kms_key.k.arn}", "{aws_kms_key.k.arn}", true),
            (
                "@{resource:aws_s3_bucket.b.arn}/logs/*",
                "{aws_s3_bucket.b.arn}/logs/*",
                true,
            ),
            (
                "x@{resource:aws_kms_key.k.arn}",
                "x{aws_kms_key.k.arn}",
                false,
            ),
        ] {
            assert_eq!(spelled(text), Ok((spelling.to_owned(), own)), "{text}");
        }
    }

    #[test]
    fn a_name_that_only_begins_like_an_own_one_is_not_own() {
        for text in [
            "@{resource:aws_s3_bucket.b.arn}-other/*",
            "@{resource:aws_s3_bucket.b.arn}*",
            "@{resource:aws_kms_key.k.arn}/x",
            "@{resource:aws_s3_bucket.b.arn}@{resource:aws_kms_key.k.arn}",
            "@{resource:aws_kms_key.k.id}",
        ] {
            assert!(!spelled(text).unwrap().1, "{text}");
        }
    }

    #[test]
    fn a_literal_cannot_look_like_a_placeholder() {
        for text in [
            "{account}",
            "arn:aws:iam::{account}:root",
            "${a{b}}",
            "${",
            "${}",
            "x{",
            "{aws_kms_key.k.arn}",
        ] {
            assert_eq!(spelled(text), Err(SpellingError::Brace), "{text}");
        }
    }

    #[test]
    fn nothing_is_spliced_before_a_token() {
        for text in ["x$@{arn}", "x%@{arn}", "${@{arn}}"] {
            assert_eq!(spelled(text), Err(SpellingError::Splice), "{text}");
        }
    }

    #[test]
    fn only_embeddable_values_are_spelled() {
        assert!(matches!(
            spelled("@{text}"),
            Err(SpellingError::NotEmbeddable { .. })
        ));
        assert!(matches!(
            spelled("@{resource:aws_x.y.tags.z}"),
            Err(SpellingError::NotEmbeddable { .. })
        ));
        assert!(matches!(
            spelled("@{unknown}"),
            Err(SpellingError::UnknownToken { .. })
        ));
    }
}
