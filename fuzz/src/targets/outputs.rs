//! `aegis facts import`: what `terraform output -json` prints.

use std::path::Path;

use aegis_document::{Limits, read};
use aegis_host::fact::Format;
use aegis_host::state::read_outputs;

use crate::check;

pub(super) fn made() -> Vec<Vec<u8>> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/two-clusters/terraform-outputs");
    [
        "stack-foundation.json",
        "use1-keys.json",
        "use1-network.json",
    ]
    .iter()
    .map(|file| std::fs::read(folder.join(file)).expect("an example"))
    .collect()
}

const FORMATS: &[&str] = &[
    "aws-id",
    "arn",
    "cidr",
    "dns-name",
    "https-url",
    "port",
    "text",
    "number",
    "boolean",
    "pem",
    "list<aws-id>",
    "map<list<cidr>>",
    "map<record<id: aws-id, zone: text>>",
];

pub(super) fn run(input: &[u8]) {
    let outputs = match read_outputs(input) {
        Ok(outputs) => outputs,
        Err(error) => return check::refused(&error),
    };
    let value = read(input, Limits::EMBEDDED).expect("outputs are strict JSON");
    for (name, output) in &outputs {
        assert_eq!(value[name]["value"], output.value);
        // What does not say that everybody may know it is not taken for that.
        let said = value[name].get("sensitive");
        assert_eq!(output.sensitive, said.is_some_and(|said| *said != false));
        for format in FORMATS {
            let format: Format = format.parse().expect("a format");
            match format.check(&output.value) {
                Ok(()) => embeddable(&format, &output.value),
                Err(error) => check::refused(&aegis_document::untrusted(&error.to_string())),
            }
        }
    }
}

/// A value that may stand within a text cannot end what stands around it.
fn embeddable(format: &Format, value: &serde_json::Value) {
    if let (true, Some(text)) = (format.embeddable(), value.as_str()) {
        let safe = |b: u8| b.is_ascii_alphanumeric() || b"._:/+=-".contains(&b);
        assert!(
            !text.is_empty() && text.bytes().all(safe),
            "{format}: {text:?}"
        );
    }
}
