//! What `terraform output -json` prints.

use std::collections::BTreeMap;

use aegis_document::{Limits, ReadError, untrusted};
use serde_json::{Map, Value};

/// One output.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub value: Value,
    /// Whether Terraform keeps it to itself.
    pub sensitive: bool,
}

/// Why a text is not a list of outputs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputsError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("this is not an object of outputs")]
    NotAnObject,
    #[error("`{}` is not an output: {problem}", untrusted(name))]
    NotAnOutput { name: String, problem: &'static str },
}

/// Reads outputs by name. What Terraform says about their types is not looked at: a fact has a format of
/// its own.
pub fn read_outputs(bytes: &[u8]) -> Result<BTreeMap<String, Output>, OutputsError> {
    let Value::Object(entries) = aegis_document::read(bytes, Limits::EMBEDDED)? else {
        return Err(OutputsError::NotAnObject);
    };
    entries
        .into_iter()
        .map(|(name, entry)| match output(entry) {
            Ok(output) => Ok((name, output)),
            Err(problem) => Err(OutputsError::NotAnOutput { name, problem }),
        })
        .collect()
}

fn output(entry: Value) -> Result<Output, &'static str> {
    const NO_VALUE: &str = "it has no `value`";
    let Value::Object(mut fields) = entry else {
        return Err(NO_VALUE);
    };
    let sensitive = match fields.get("sensitive") {
        None => false,
        Some(Value::Bool(sensitive)) => *sensitive,
        // Whatever it means, it does not say that everybody may know the value.
        Some(_) => return Err("its `sensitive` is neither true nor false"),
    };
    let value = Map::remove(&mut fields, "value").ok_or(NO_VALUE)?;
    Ok(Output { value, sensitive })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_are_read_as_terraform_prints_them() {
        let text = r#"{"id": {"sensitive": false, "type": "string", "value": "vpc-1"},
            "key": {"sensitive": true, "type": "string", "value": "s3cret"}}"#;
        let outputs = read_outputs(text.as_bytes()).unwrap();
        assert_eq!(outputs["id"].value, json!("vpc-1"));
        assert!(!outputs["id"].sensitive && outputs["key"].sensitive);
    }

    #[test]
    fn what_is_no_output_is_refused() {
        for (text, message) in [
            ("[]", "not an object"),
            (r#"{"a": 1}"#, "`a` is not an output: it has no `value`"),
            (r#"{"a": {"sensitive": true}}"#, "it has no `value`"),
            (
                r#"{"a": {"value": 1, "sensitive": "true"}}"#,
                "neither true nor false",
            ),
            (
                r#"{"a": {"value": 1, "sensitive": null}}"#,
                "neither true nor false",
            ),
            ("{\"a\\u001b\": 1}", "`a\\u{1b}`"),
            (r#"{"a": {"value": 1}, "a": {"value": 2}}"#, "stands twice"),
        ] {
            let error = read_outputs(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
