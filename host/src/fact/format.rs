//! The closed vocabulary of fact formats.
//!
//! A format is what makes a value safe to put into another document: the pattern of a format whose
//! values may be embedded in longer text excludes white space, quotes, braces, `$`, `@` and `,`, so
//! a value cannot leave the place it was put into.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use aegis_document::{Identifier, pointer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::cidr::Cidr;

/// The format of a fact's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// An identifier that AWS made, `vpc-0abc`: letters, digits and `-`.
    AwsId,
    /// An Amazon resource name.
    Arn,
    /// An IPv4 block, `10.0.0.0/16`.
    Cidr,
    /// A DNS name without trailing dot, lower case.
    DnsName,
    /// An `https://` URL without user information, query and fragment.
    HttpsUrl,
    /// A TCP or UDP port, 1 to 65535.
    Port,
    /// Any text of at most 64 KiB. Never embedded.
    Text,
    /// A 64-bit integer or finite floating point number.
    Number,
    Boolean,
    /// One or more PEM blocks.
    Pem,
    List(Box<Format>),
    /// Keys are chosen by the provider, for example zones.
    Map(Box<Format>),
    Record(BTreeMap<Identifier, Format>),
}

/// Why a text is not a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a fact format; formats are aws-id, arn, cidr, dns-name, https-url, port, text, number, boolean, pem, and list<F>, map<F>, record<name: F, …> of them"
)]
pub struct FormatError {
    text: String,
}

/// Why a value does not have a format. The value itself is not repeated, it may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value{} is not {expected}", if pointer.is_empty() { String::new() } else { format!(" at {pointer}") })]
pub struct MisfitError {
    pub pointer: String,
    pub expected: String,
}

impl Format {
    /// Levels of `list<…>`, `map<…>` and `record<…>`.
    const MAX_DEPTH: usize = 4;
    /// Bytes of a `text` or `pem` value.
    const MAX_TEXT: usize = 64 << 10;
    /// Bytes of any other scalar.
    const MAX_SCALAR: usize = 2048;

    /// Whether values may be embedded in a longer string.
    pub const fn embeddable(&self) -> bool {
        matches!(
            self,
            Self::AwsId | Self::Arn | Self::Cidr | Self::DnsName | Self::HttpsUrl | Self::Port
        )
    }

    /// Whether every value is a text, so that a token may stand where nothing else than text belongs.
    pub const fn is_text(&self) -> bool {
        matches!(
            self,
            Self::AwsId
                | Self::Arn
                | Self::Cidr
                | Self::DnsName
                | Self::HttpsUrl
                | Self::Text
                | Self::Pem
        )
    }

    /// Whether every value is one text, number or truth value.
    pub const fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_) | Self::Record(_))
    }

    /// Whether every value of this format is also one of `wanted`.
    pub fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (
                Self::AwsId | Self::Arn | Self::Cidr | Self::DnsName | Self::HttpsUrl | Self::Pem,
                Self::Text,
            )
            | (Self::Port, Self::Number) => true,
            (Self::List(have), Self::List(want)) | (Self::Map(have), Self::Map(want)) => {
                have.fits(want)
            }
            (Self::Record(have), Self::Record(want)) => want
                .iter()
                .all(|(name, want)| have.get(name).is_some_and(|have| have.fits(want))),
            (have, want) => have == want,
        }
    }

    /// The format of the part that a JSON pointer names, if values of this format can have it.
    pub fn at(&self, pointer: &str) -> Option<&Self> {
        let tokens = pointer::tokens(pointer)?;
        tokens.iter().try_fold(self, |format, token| match format {
            Self::List(inner) => {
                let index = token == "0" || !token.starts_with('0');
                (index && !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit()))
                    .then_some(&**inner)
            }
            Self::Map(inner) => Some(&**inner),
            Self::Record(fields) => fields.get(token.as_str()),
            _ => None,
        })
    }

    /// Checks a value.
    pub fn check(&self, value: &Value) -> Result<(), MisfitError> {
        self.check_at(value, String::new())
    }

    fn check_at(&self, value: &Value, at: String) -> Result<(), MisfitError> {
        let fits = match (self, value) {
            (Self::AwsId, Value::String(s)) => scalar(s, is_aws_id),
            (Self::Arn, Value::String(s)) => scalar(s, is_arn),
            (Self::Cidr, Value::String(s)) => scalar(s, |s| Cidr::parse(s).is_ok()),
            (Self::DnsName, Value::String(s)) => scalar(s, is_dns_name),
            (Self::HttpsUrl, Value::String(s)) => scalar(s, is_https_url),
            (Self::Port, Value::Number(n)) => n.as_u64().is_some_and(|n| (1..=65535).contains(&n)),
            (Self::Text, Value::String(s)) => s.len() <= Self::MAX_TEXT,
            (Self::Number, Value::Number(_)) | (Self::Boolean, Value::Bool(_)) => true,
            (Self::Pem, Value::String(s)) => s.len() <= Self::MAX_TEXT && is_pem(s),
            (Self::List(inner), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    inner.check_at(item, pointer::join(&at, &index.to_string()))?;
                }
                true
            }
            (Self::Map(inner), Value::Object(entries)) => {
                for (key, item) in entries {
                    inner.check_at(item, pointer::join(&at, key))?;
                }
                true
            }
            (Self::Record(fields), Value::Object(entries)) => {
                for (name, format) in fields {
                    let item = entries.get(name.as_str()).unwrap_or(&Value::Null);
                    format.check_at(item, pointer::join(&at, name.as_str()))?;
                }
                entries.keys().all(|key| fields.contains_key(key.as_str()))
            }
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(MisfitError {
                pointer: at,
                expected: self.to_string(),
            })
        }
    }
}

fn scalar(text: &str, check: fn(&str) -> bool) -> bool {
    text.len() <= Format::MAX_SCALAR && check(text)
}

fn is_aws_id(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `arn:partition:service:region:account:resource`, as the AWS general reference defines it.
fn is_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let plain = |part: Option<&str>, may_be_empty: bool| {
        part.is_some_and(|p| {
            (may_be_empty || !p.is_empty())
                && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
    };
    parts.next() == Some("arn")
        && plain(parts.next(), false)
        && plain(parts.next(), false)
        && plain(parts.next(), true)
        && plain(parts.next(), true)
        && parts.next().is_some_and(|resource| {
            !resource.is_empty()
                && resource
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_./:+=".contains(&b))
        })
}

fn is_dns_name(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

fn is_https_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    is_dns_name(host)
        && port.is_none_or(|p| {
            p.parse::<u16>().is_ok_and(|p| p > 0) && p.bytes().all(|b| b.is_ascii_digit())
        })
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_./+=~".contains(&b))
}

fn is_pem(text: &str) -> bool {
    text.starts_with("-----BEGIN ")
        && text.trim_end().ends_with("-----")
        && text
            .bytes()
            .all(|b| b == b'\n' || (b' '..=b'~').contains(&b))
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AwsId => f.write_str("aws-id"),
            Self::Arn => f.write_str("arn"),
            Self::Cidr => f.write_str("cidr"),
            Self::DnsName => f.write_str("dns-name"),
            Self::HttpsUrl => f.write_str("https-url"),
            Self::Port => f.write_str("port"),
            Self::Text => f.write_str("text"),
            Self::Number => f.write_str("number"),
            Self::Boolean => f.write_str("boolean"),
            Self::Pem => f.write_str("pem"),
            Self::List(inner) => write!(f, "list<{inner}>"),
            Self::Map(inner) => write!(f, "map<{inner}>"),
            Self::Record(fields) => {
                f.write_str("record<")?;
                for (index, (name, format)) in fields.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{name}: {format}")?;
                }
                f.write_str(">")
            }
        }
    }
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let error = || FormatError {
            text: aegis_document::untrusted(text).to_string(),
        };
        if text.len() > 1024 {
            return Err(FormatError {
                text: "a format of more than 1024 bytes".into(),
            });
        }
        let mut rest = text;
        let format = parse(&mut rest, Self::MAX_DEPTH).ok_or_else(error)?;
        if rest.is_empty() {
            Ok(format)
        } else {
            Err(error())
        }
    }
}

fn parse(rest: &mut &str, depth: usize) -> Option<Format> {
    let word_end = rest
        .find(|c: char| !(c.is_ascii_lowercase() || c == '-'))
        .unwrap_or(rest.len());
    let (word, tail) = rest.split_at(word_end);
    *rest = tail;
    Some(match word {
        "aws-id" => Format::AwsId,
        "arn" => Format::Arn,
        "cidr" => Format::Cidr,
        "dns-name" => Format::DnsName,
        "https-url" => Format::HttpsUrl,
        "port" => Format::Port,
        "text" => Format::Text,
        "number" => Format::Number,
        "boolean" => Format::Boolean,
        "pem" => Format::Pem,
        "list" | "map" => {
            let depth = depth.checked_sub(1)?;
            take(rest, "<")?;
            let inner = Box::new(parse(rest, depth)?);
            take(rest, ">")?;
            if word == "list" {
                Format::List(inner)
            } else {
                Format::Map(inner)
            }
        }
        "record" => {
            let depth = depth.checked_sub(1)?;
            take(rest, "<")?;
            let mut fields = BTreeMap::new();
            loop {
                let colon = rest.find(':')?;
                let name = Identifier::new(&rest[..colon]).ok()?;
                *rest = rest[colon + 1..].trim_start_matches(' ');
                if fields.insert(name, parse(rest, depth)?).is_some() {
                    return None;
                }
                if take(rest, ">").is_some() {
                    break;
                }
                take(rest, ",")?;
                *rest = rest.trim_start_matches(' ');
            }
            Format::Record(fields)
        }
        _ => return None,
    })
}

fn take(rest: &mut &str, token: &str) -> Option<()> {
    *rest = rest.strip_prefix(token)?;
    Some(())
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn format(text: &str) -> Format {
        text.parse().unwrap()
    }

    #[test]
    fn formats_read_back_as_they_are_printed() {
        for text in [
            "aws-id",
            "list<arn>",
            "map<list<cidr>>",
            "record<id: aws-id, zone: text>",
        ] {
            assert_eq!(format(text).to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_not_formats() {
        for text in [
            "",
            "string",
            "list",
            "list<>",
            "list<arn",
            "list<arn>>",
            "record<>",
            "record<a: arn, a: arn>",
            "map<map<map<map<map<text>>>>>",
            "aws-id ",
            "record<A: text>",
        ] {
            assert!(text.parse::<Format>().is_err(), "{text}");
        }
    }

    #[test]
    fn values_are_checked() {
        for (name, good, bad) in [
            (
                "aws-id",
                vec![json!("vpc-0abc")],
                vec![
                    json!("vpc 1"),
                    json!(""),
                    json!("a\"b"),
                    json!(1),
                    json!("${x}"),
                ],
            ),
            (
                "arn",
                vec![
                    json!("arn:aws:iam::111122223333:role/a-b_c"),
                    json!("arn:aws-cn:s3:::bucket/key"),
                ],
                vec![
                    json!("arn:aws:iam"),
                    json!("arn:aws:iam::1:*"),
                    json!("arn:aws:iam::1:role/a\",\"b"),
                ],
            ),
            (
                "cidr",
                vec![json!("10.0.0.0/16"), json!("0.0.0.0/0")],
                vec![json!("10.0.0.1/16"), json!("10.0.0.0/016"), json!("::/0")],
            ),
            (
                "dns-name",
                vec![json!("a.b-c.d")],
                vec![json!("a..b"), json!("A.b"), json!("-a"), json!("a b")],
            ),
            (
                "https-url",
                vec![json!("https://a.b:8443/c/d.json")],
                vec![
                    json!("http://a"),
                    json!("https://u@a"),
                    json!("https://a?b"),
                    json!("https://a:0"),
                    json!("https://"),
                ],
            ),
            (
                "port",
                vec![json!(443)],
                vec![json!(0), json!(65536), json!("443"), json!(1.5)],
            ),
            (
                "list<port>",
                vec![json!([]), json!([1, 2])],
                vec![json!([0]), json!({})],
            ),
            (
                "map<aws-id>",
                vec![json!({"a": "b"})],
                vec![json!({"a": 1})],
            ),
            (
                "record<a: port>",
                vec![json!({"a": 1})],
                vec![json!({}), json!({"a": 1, "b": 2})],
            ),
            (
                "pem",
                vec![json!("-----BEGIN X-----\nAA==\n-----END X-----\n")],
                vec![json!("x"), json!("-----BEGIN X\u{1b}-----")],
            ),
        ] {
            for value in good {
                assert_eq!(format(name).check(&value), Ok(()), "{name}: {value}");
            }
            for value in bad {
                assert!(format(name).check(&value).is_err(), "{name}: {value}");
            }
        }
    }

    #[test]
    fn an_error_names_the_place_and_not_the_value() {
        let error = format("map<list<port>>")
            .check(&json!({"a/b": [1, "s3cret"]}))
            .unwrap_err();
        assert_eq!(error.to_string(), "the value at /a~1b/1 is not port");
    }

    #[test]
    fn a_producer_fits_when_all_its_values_do() {
        for (have, want, fits) in [
            ("arn", "text", true),
            ("text", "arn", false),
            ("port", "number", true),
            ("list<arn>", "list<text>", true),
            ("record<a: arn, b: port>", "record<a: arn>", true),
            ("record<a: arn>", "record<a: arn, b: port>", false),
            ("map<arn>", "list<arn>", false),
        ] {
            assert_eq!(format(have).fits(&format(want)), fits, "{have} for {want}");
        }
    }

    #[test]
    fn a_pointer_leads_into_a_format() {
        let zones = format("map<record<id: aws-id>>");
        assert_eq!(zones.at("/us-east-1a/id"), Some(&Format::AwsId));
        assert_eq!(zones.at("/us-east-1a/name"), None);
        assert_eq!(format("list<arn>").at("/01"), None);
        assert_eq!(format("list<arn>").at("/1"), Some(&Format::Arn));
        assert_eq!(Format::Arn.at("/0"), None);
    }
}
