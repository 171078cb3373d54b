//! Whether a plugin says about itself what its publisher signed.

use aegis_document::pointer;
use serde_json::Value;

/// The JSON pointer of the first place where two values differ. Numbers are compared by value: the
/// canonical form of signed metadata prints 1.0 as 1.
pub(super) fn difference(left: &Value, right: &Value) -> Option<String> {
    difference_at(left, right, String::new())
}

fn difference_at(left: &Value, right: &Value, at: String) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let missing = right.keys().find(|key| !left.contains_key(*key));
            let differing = left.iter().find_map(|(key, value)| {
                let here = pointer::join(&at, key);
                match right.get(key) {
                    Some(other) => difference_at(value, other, here),
                    None => Some(here),
                }
            });
            differing.or_else(|| missing.map(|key| pointer::join(&at, key)))
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(index, (value, other))| {
                difference_at(value, other, pointer::join(&at, &index.to_string()))
            }),
        (Value::Number(left), Value::Number(right)) => {
            (left != right && left.as_f64() != right.as_f64()).then_some(at)
        }
        _ => (left != right).then_some(at),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        for (left, right, at) in [
            (
                json!({"a": [1, {"b/c": 2}]}),
                json!({"a": [1, {"b/c": 3}]}),
                Some("/a/1/b~1c"),
            ),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), Some("/b")),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), Some("/b")),
            (json!([1]), json!([1, 2]), Some("")),
            (json!({"max": 1.0}), json!({"max": 1}), None),
            (json!("1"), json!(1), Some("")),
        ] {
            assert_eq!(difference(&left, &right).as_deref(), at, "{left} {right}");
        }
    }
}
