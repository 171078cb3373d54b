//! JSON texts of an answer.

use aegis_document::{Limits, ReadError, untrusted};
use serde_json::Value;

use super::{AnswerError, Budget, malformed};
use crate::template::Node;

/// A JSON text as a literal value.
pub fn value(text: &str, budget: &mut Budget) -> Result<Value, AnswerError> {
    let limits = Limits {
        nodes: Limits::EMBEDDED.nodes.min(budget.left()),
        ..Limits::EMBEDDED
    };
    let value = aegis_document::read(text.as_bytes(), limits).map_err(|error| match error {
        // The text fits its own limit and not what is left of the answer's.
        ReadError::Malformed { ref message, .. }
            if limits.nodes < Limits::EMBEDDED.nodes && message == "too many values" =>
        {
            AnswerError::TooManyParts
        }
        error => malformed(error),
    })?;
    budget.take(count(&value, 0)?)?;
    Ok(value)
}

/// A JSON text as a document: the one place where its strings are parsed for tokens.
pub fn node(text: &str, budget: &mut Budget) -> Result<Node, AnswerError> {
    // The error names its place by keys, which are foreign text.
    Node::read(value(text, budget)?).map_err(|error| malformed(untrusted(&error.to_string())))
}

/// A document that has to be an object.
pub fn object(text: &str, budget: &mut Budget) -> Result<Node, AnswerError> {
    match node(text, budget)? {
        map @ Node::Map(_) => Ok(map),
        _ => Err(malformed("not a JSON object")),
    }
}

/// A JSON Patch, RFC 6902: a list of operations, each an object with `op` and `path`.
pub fn patch(text: &str, budget: &mut Budget) -> Result<Value, AnswerError> {
    let patch = value(text, budget)?;
    let operation = |item: &Value| {
        let word = |key: &str| item.get(key).and_then(Value::as_str);
        let pointer = |key: &str| {
            word(key).is_some_and(|text| aegis_document::pointer::tokens(text).is_some())
        };
        match word("op") {
            Some("add" | "replace" | "test") => pointer("path") && item.get("value").is_some(),
            Some("remove") => pointer("path"),
            Some("move" | "copy") => pointer("path") && pointer("from"),
            _ => false,
        }
    };
    match patch.as_array() {
        Some(operations) if operations.iter().all(operation) => Ok(patch),
        _ => Err(malformed("not a JSON Patch (RFC 6902)")),
    }
}

/// The longest JSON pointer to a place in a document, in bytes. Places are named in errors and diffs; with the long
/// keys of sixty levels, naming each of a hundred thousand places would cost gigabytes.
const POINTER_MAX: usize = 4096;

/// Counts values, and refuses places that are too far to name.
fn count(value: &Value, pointer: usize) -> Result<usize, AnswerError> {
    if pointer > POINTER_MAX {
        return Err(malformed(
            "the keys on the way to a value are longer than 4096 bytes",
        ));
    }
    let mut values = 1;
    match value {
        Value::Array(items) => {
            for item in items {
                values += count(item, pointer + 1)?;
            }
        }
        Value::Object(entries) => {
            for (key, item) in entries {
                values += count(item, pointer + 1 + key.len())?;
            }
        }
        _ => {}
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(result: Result<impl std::fmt::Debug, AnswerError>) -> String {
        result.unwrap_err().into_problem()
    }

    #[test]
    fn what_parsers_disagree_about_is_refused() {
        let mut budget = Budget::new(1000);
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        for (text, message) in [
            ("{", "EOF"),
            (r#"{"a":1,"a":2}"#, "stands twice"),
            (&deep, "nested too deeply"),
            ("1e400", "out of range"),
        ] {
            let found = problem(value(text, &mut budget));
            assert!(found.contains(message), "{text}: {found}");
        }
    }

    #[test]
    fn a_body_is_an_object_and_its_errors_have_a_pointer() {
        let mut budget = Budget::new(1000);
        assert_eq!(problem(object("[]", &mut budget)), "not a JSON object");
        let found = problem(object(r#"{"tags":{"a":"@{"}}"#, &mut budget));
        assert!(found.starts_with("/tags/a: "), "{found}");
        let found = problem(object("{\"a\\u001b\":\"@{\"}", &mut budget));
        assert!(found.starts_with("/a\\u{1b}: "), "{found}");
    }

    #[test]
    fn a_place_can_be_named() {
        let mut budget = Budget::new(1000);
        let nested =
            |key: usize| format!("{{\"{}\":{{\"{}\":1}}}}", "a".repeat(key), "b".repeat(key));
        assert!(value(&nested(2000), &mut budget).is_ok());
        let found = problem(value(&nested(3000), &mut budget));
        assert!(found.contains("4096"), "{found}");
    }

    #[test]
    fn texts_share_one_budget() {
        let mut budget = Budget::new(5);
        assert!(value("[1,2]", &mut budget).is_ok());
        assert_eq!(value("[1,2]", &mut budget), Err(AnswerError::TooManyParts));
        assert!(value("[1]", &mut budget).is_ok());
    }

    #[test]
    fn a_patch_has_the_form_of_the_standard() {
        let mut budget = Budget::new(1000);
        for (text, fits) in [
            (
                r#"[{"op":"add","path":"/a","value":1},{"op":"remove","path":"/b"}]"#,
                true,
            ),
            (r#"[{"op":"move","path":"/a","from":"/b"}]"#, true),
            ("[]", true),
            ("{}", false),
            (r#"[{"op":"add","path":"/a"}]"#, false),
            (r#"[{"op":"add","path":"a","value":1}]"#, false),
            (r#"[{"op":"exec","path":"/a"}]"#, false),
        ] {
            assert_eq!(patch(text, &mut budget).is_ok(), fits, "{text}");
        }
    }
}
