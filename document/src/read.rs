//! The strict JSON reader.
//!
//! Two parsers that disagree about one text are a way around authorisation: Terraform merges duplicate
//! keys, others keep the first or the last. So a text that parsers are known to disagree about is
//! not read at all.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// How large a document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Levels of arrays and objects.
    pub depth: usize,
    /// Values, object keys not counted.
    pub nodes: usize,
}

impl Limits {
    /// One JSON text inside a plugin's answer: 1 MiB, 64 levels, 100,000 nodes.
    pub const EMBEDDED: Self = Self {
        bytes: 1 << 20,
        depth: 64,
        nodes: 100_000,
    };
    /// A statement, a manifest, a lease: 256 KiB, 32 levels, 10,000 nodes.
    pub const SMALL: Self = Self {
        bytes: 256 << 10,
        depth: 32,
        nodes: 10_000,
    };
    /// A plan, state or an index: 512 MiB, 96 levels, 20 million nodes.
    pub const LARGE: Self = Self {
        bytes: 512 << 20,
        depth: 96,
        nodes: 20_000_000,
    };
}

/// Why a text was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("the document has {actual} bytes; at most {limit} are read")]
    TooLarge { actual: usize, limit: usize },
    #[error("the document is not UTF-8 (byte {offset})")]
    NotUtf8 { offset: usize },
    /// The text is not JSON, or is JSON that parsers disagree about. The message holds no part of
    /// the text except an escaped key, as the text may be secret.
    #[error("{message} (line {line}, column {column})")]
    Malformed {
        message: String,
        line: usize,
        column: usize,
    },
}

/// Reads a JSON text.
///
/// Refused besides malformed text: duplicate keys, more levels, nodes or bytes than `limits`,
/// lone surrogates, and numbers outside ±(2^53 - 1): beyond that, parsers that keep numbers as
/// doubles round (RFC 8259, section 6), and two different numbers have one canonical form.
pub fn read(text: &[u8], limits: Limits) -> Result<Value, ReadError> {
    if text.len() > limits.bytes {
        return Err(ReadError::TooLarge {
            actual: text.len(),
            limit: limits.bytes,
        });
    }
    let text = std::str::from_utf8(text).map_err(|e| ReadError::NotUtf8 {
        offset: e.valid_up_to(),
    })?;
    let nodes = Cell::new(limits.nodes);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Strict {
        nodes: &nodes,
        depth: limits.depth,
    };
    seed.deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| ReadError::Malformed {
            message: describe(&error),
            line: error.line(),
            column: error.column(),
        })
}

/// The message without the position that `serde_json` appends.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The largest integer that a double holds exactly together with its neighbours, 2^53 - 1.
const MAX_INTEGER: u64 = (1 << 53) - 1;
const TOO_LARGE: &str = "a number is outside ±(2^53 - 1)";

#[derive(Clone, Copy)]
struct Strict<'a> {
    nodes: &'a Cell<usize>,
    depth: usize,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(E::custom("nested too deeply")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self
            .nodes
            .get()
            .checked_sub(1)
            .ok_or_else(|| D::Error::custom("too many values"))?;
        self.nodes.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() <= MAX_INTEGER {
            Ok(Value::Number(value.into()))
        } else {
            Err(E::custom(TOO_LARGE))
        }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::custom(TOO_LARGE)),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        match Number::from_f64(value) {
            Some(number) if value.abs() <= MAX_INTEGER as f64 => Ok(Value::Number(number)),
            _ => Err(E::custom(TOO_LARGE)),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            match map.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(entries.next_value_seed(inner)?);
                }
                Entry::Occupied(place) => {
                    let key = crate::untrusted(place.key());
                    return Err(A::Error::custom(format_args!(
                        "the key `{key}` stands twice"
                    )));
                }
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn small(text: &str) -> Result<Value, ReadError> {
        read(
            text.as_bytes(),
            Limits {
                bytes: 1000,
                depth: 4,
                nodes: 20,
            },
        )
    }

    #[test]
    fn plain_json_is_read() {
        let text = r#"{"a": [1, -2, 1.5, "x\u0041", null, true], "b": {}}"#;
        assert_eq!(
            small(text).unwrap(),
            json!({"a": [1, -2, 1.5, "xA", null, true], "b": {}})
        );
    }

    #[test]
    fn what_parsers_disagree_about_is_refused() {
        let long = format!("[{}]", ["1"; 20].join(","));
        for (text, message) in [
            (r#"{"a":1,"a":2}"#, "the key `a` stands twice"),
            (r#"{"a":{"b":1,"\u0062":2}}"#, "the key `b` stands twice"),
            ("[[[[[1]]]]]", "nested too deeply"),
            (long.as_str(), "too many values"),
            (r#""\ud800""#, "hex escape"),
            ("9007199254740992", "outside ±"),
            ("-9007199254740992", "outside ±"),
            ("99999999999999999999", "outside ±"),
            ("1e19", "outside ±"),
            ("1e999", "out of range"),
            ("NaN", "expected value"),
            ("01", "invalid number"),
            ("1 2", "trailing characters"),
            ("[1,]", "trailing comma"),
            ("{} // comment", "trailing characters"),
            ("\u{feff}{}", "expected value"),
            ("", "EOF"),
        ] {
            match small(text) {
                Err(ReadError::Malformed { message: found, .. }) => {
                    assert!(found.contains(message), "{text}: {found}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn bytes_are_capped_and_must_be_utf8() {
        assert_eq!(
            small(&" ".repeat(1001)),
            Err(ReadError::TooLarge {
                actual: 1001,
                limit: 1000
            })
        );
        assert_eq!(
            read(b"\"\xff\"", Limits::SMALL),
            Err(ReadError::NotUtf8 { offset: 1 })
        );
    }

    #[test]
    fn depth_is_refused_before_the_stack_is_in_danger() {
        let text = "[".repeat(200_000);
        assert!(matches!(
            read(text.as_bytes(), Limits::EMBEDDED),
            Err(ReadError::Malformed { .. })
        ));
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, Limits::SMALL);
        }

        #[test]
        fn what_is_printed_is_read_back(text in "\\PC*", number in -9_007_199_254_740_991..=9_007_199_254_740_991_i64, key in "\\PC{0,8}") {
            let value = json!({ key: [text, number] });
            prop_assert_eq!(read(value.to_string().as_bytes(), Limits::EMBEDDED).unwrap(), value);
        }
    }
}
