//! Lists of capabilities, requested or granted. What they mean is the host's matter.

use aegis_document::{Digest, canonical, pointer, untrusted};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A list of JSON objects, one per capability, in an order that counts.
///
/// Equal lists have equal digests and different lists different ones. That is why whole numbers
/// end at ±(2^53 − 1): canonical JSON prints larger ones rounded. There is no `null` and no fraction,
/// as TOML has no `null`, and every text is shown to approvers as it is written, so one that would
/// have to be escaped is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Value>", into = "Vec<Value>")]
pub struct Capabilities(Vec<Value>);

/// Why a list of capabilities was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("capability {pointer}: {problem}")]
pub struct CapabilityError {
    /// Where in the list, as a JSON pointer that is safe to show.
    pub pointer: String,
    /// What is wrong with the value there.
    pub problem: &'static str,
}

/// The largest whole number that canonical JSON prints exactly (RFC 8785, section 3.2.2.3).
const LARGEST: u64 = (1 << 53) - 1;

impl Capabilities {
    /// Levels of objects and arrays within one capability. TOML readers stop at 80 levels.
    pub const DEPTH: usize = 16;

    /// Checks a list.
    pub fn new(list: Vec<Value>) -> Result<Self, CapabilityError> {
        for (index, entry) in list.iter().enumerate() {
            let pointer = pointer::join("", &index.to_string());
            if !entry.is_object() {
                return Err(refused(&pointer, "a capability is an object"));
            }
            check(entry, &pointer, Self::DEPTH)?;
        }
        Ok(Self(list))
    }

    /// The capabilities; each is a JSON object.
    pub fn as_slice(&self) -> &[Value] {
        &self.0
    }

    /// The SHA-256 of the canonical JSON of the list.
    pub fn digest(&self) -> Result<Digest, canonical::CanonicalError> {
        canonical::digest_of(&self.0)
    }
}

impl TryFrom<Vec<Value>> for Capabilities {
    type Error = CapabilityError;

    fn try_from(list: Vec<Value>) -> Result<Self, CapabilityError> {
        Self::new(list)
    }
}

impl From<Capabilities> for Vec<Value> {
    fn from(capabilities: Capabilities) -> Self {
        capabilities.0
    }
}

fn refused(pointer: &str, problem: &'static str) -> CapabilityError {
    CapabilityError {
        pointer: untrusted(pointer).to_string(),
        problem,
    }
}

fn check(value: &Value, pointer: &str, depth: usize) -> Result<(), CapabilityError> {
    match value {
        Value::Bool(_) => Ok(()),
        Value::Null => Err(refused(
            pointer,
            "neither `null` nor a date is a value here; leave the key out",
        )),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if whole.unsigned_abs() <= LARGEST => Ok(()),
            _ => Err(refused(
                pointer,
                "a number is whole and lies within ±9007199254740991",
            )),
        },
        Value::String(text) => check_text(text, pointer),
        Value::Array(list) => {
            let depth = deeper(pointer, depth)?;
            list.iter().enumerate().try_for_each(|(index, element)| {
                check(element, &pointer::join(pointer, &index.to_string()), depth)
            })
        }
        Value::Object(map) => {
            let depth = deeper(pointer, depth)?;
            map.iter().try_for_each(|(key, element)| {
                let pointer = pointer::join(pointer, key);
                check_key(key, &pointer)?;
                check(element, &pointer, depth)
            })
        }
    }
}

fn deeper(pointer: &str, depth: usize) -> Result<usize, CapabilityError> {
    depth
        .checked_sub(1)
        .ok_or_else(|| refused(pointer, "nested too deeply"))
}

fn check_text(text: &str, pointer: &str) -> Result<(), CapabilityError> {
    if untrusted(text).to_string() == text {
        Ok(())
    } else {
        Err(refused(
            pointer,
            "a text holds characters that do not show as what they are",
        ))
    }
}

/// Keys that start with `$` are refused: TOML and JSON libraries give meanings of their own to some.
fn check_key(key: &str, pointer: &str) -> Result<(), CapabilityError> {
    if key.starts_with('$') {
        return Err(refused(pointer, "a key does not start with `$`"));
    }
    check_text(key, pointer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(value: Value) -> Result<Capabilities, CapabilityError> {
        Capabilities::new(vec![value])
    }

    #[test]
    fn plain_capabilities_pass() {
        let value =
            json!({"capability": "probe", "ports": [443, -1], "nested": [{"a": [true, []]}, {}]});
        assert_eq!(list(value.clone()).unwrap().as_slice(), [value]);
    }

    #[test]
    fn what_has_no_exact_form_is_refused() {
        let mut deep = json!("x");
        for _ in 0..Capabilities::DEPTH {
            deep = json!([deep]);
        }
        for (value, pointer) in [
            (json!("probe"), "/0"),
            (json!([]), "/0"),
            (json!({"a": null}), "/0/a"),
            (json!({"a": [1.0]}), "/0/a/0"),
            (json!({"a": 1.5}), "/0/a"),
            (json!({"a": 9_007_199_254_740_992_i64}), "/0/a"),
            (json!({"a": -9_007_199_254_740_992_i64}), "/0/a"),
            (json!({"a": u64::MAX}), "/0/a"),
            (json!({"a": "x\u{202e}y"}), "/0/a"),
            (json!({"a\n": 1}), "/0/a\\u{a}"),
            (
                json!({"$__toml_private_datetime": "1979-05-27"}),
                "/0/$__toml_private_datetime",
            ),
        ] {
            assert_eq!(list(value.clone()).unwrap_err().pointer, pointer, "{value}");
        }
        assert_eq!(
            list(json!({ "a": deep })).unwrap_err().problem,
            "nested too deeply"
        );
    }

    #[test]
    fn neighbouring_large_numbers_have_different_digests() {
        let of = |n: i64| list(json!({ "n": n })).unwrap().digest().unwrap();
        assert_ne!(of(9_007_199_254_740_991), of(9_007_199_254_740_990));
    }
}
