//! The JSON in the metadata section.

use aegis_document::canonical::CanonicalError;
use aegis_document::{Limits, ReadError, canonical_bytes, untrusted};
use serde_json::{Map, Value};

use super::Manifest;

/// Everything that a package says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    /// What the statement repeats and what decides.
    pub manifest: Manifest,
    /// One or two sentences for people, at most [`Metadata::DESCRIPTION_MAX`] bytes. Foreign text.
    pub description: String,
    /// An SPDX licence expression, at most [`Metadata::LICENCE_MAX`] bytes. Foreign text.
    pub licence: String,
    /// What the plugin answers to `describe`, as a JSON object. Its meaning is the host's matter.
    pub descriptor: Map<String, Value>,
}

/// Why metadata was refused.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// Not strict JSON of bounded size.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Not an object with the fields it must have.
    #[error("{0}")]
    Content(String),
    /// A later layout.
    #[error("its format is `{0}`, this version reads `{FORMAT}`; use a newer host")]
    Format(String),
    /// Two texts of one value would be two packages.
    #[error("it is not in canonical JSON (RFC 8785); package the component again")]
    NotCanonical,
    /// There is no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

const FORMAT: &str = "aegis.package/1";

const LIMITS: Limits = Limits {
    bytes: Metadata::MAX,
    depth: 64,
    nodes: 50_000,
};

impl Metadata {
    /// The largest metadata, in bytes: 256 KiB.
    pub const MAX: usize = 256 << 10;
    /// The longest description, in bytes.
    pub const DESCRIPTION_MAX: usize = 1000;
    /// The longest licence expression, in bytes.
    pub const LICENCE_MAX: usize = 200;

    /// The content of the section: canonical JSON.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, MetadataError> {
        let manifest = serde_json::to_value(&self.manifest).map_err(content)?;
        let Value::Object(mut fields) = manifest else {
            return Err(MetadataError::Content("it is not an object".to_owned()));
        };
        fields.insert("format".to_owned(), FORMAT.into());
        fields.insert("description".to_owned(), self.description.clone().into());
        fields.insert("licence".to_owned(), self.licence.clone().into());
        fields.insert("descriptor".to_owned(), self.descriptor.clone().into());
        Ok(canonical_bytes(&fields)?)
    }

    /// Reads the content of the section.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, MetadataError> {
        let value = aegis_document::read(bytes, LIMITS)?;
        if canonical_bytes(&value)? != bytes {
            return Err(MetadataError::NotCanonical);
        }
        let Value::Object(mut fields) = value else {
            return Err(MetadataError::Content("it is not an object".to_owned()));
        };
        let format = text(&mut fields, "format", FORMAT.len() * 2)?;
        if format != FORMAT {
            return Err(MetadataError::Format(untrusted(&format).to_string()));
        }
        let description = text(&mut fields, "description", Self::DESCRIPTION_MAX)?;
        let licence = text(&mut fields, "licence", Self::LICENCE_MAX)?;
        let Some(Value::Object(descriptor)) = fields.remove("descriptor") else {
            let message = "`descriptor` is missing or not an object";
            return Err(MetadataError::Content(message.to_owned()));
        };
        // What is left is the manifest, which refuses every other field.
        let manifest = serde_json::from_value(Value::Object(fields)).map_err(content)?;
        Ok(Self {
            manifest,
            description,
            licence,
            descriptor,
        })
    }
}

fn text(
    fields: &mut Map<String, Value>,
    name: &str,
    longest: usize,
) -> Result<String, MetadataError> {
    match fields.remove(name) {
        Some(Value::String(text)) if text.len() <= longest => Ok(text),
        _ => Err(MetadataError::Content(format!(
            "`{name}` is missing or not a text of at most {longest} bytes"
        ))),
    }
}

fn content(error: serde_json::Error) -> MetadataError {
    MetadataError::Content(untrusted(&error.to_string()).to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::testing::metadata;

    fn value() -> Value {
        serde_json::from_slice(&metadata().to_bytes().unwrap()).unwrap()
    }

    #[test]
    fn metadata_reads_back() {
        let bytes = metadata().to_bytes().unwrap();
        assert_eq!(Metadata::from_bytes(&bytes).unwrap(), metadata());
    }

    #[test]
    fn other_content_is_refused() {
        let cases: [(&str, Value, &str); 9] = [
            ("format", json!("aegis.package/2"), "use a newer host"),
            ("format", json!(1), "`format` is missing"),
            ("description", json!("x".repeat(1001)), "at most 1000 bytes"),
            ("licence", json!(null), "`licence` is missing"),
            ("descriptor", json!("{}"), "`descriptor` is missing"),
            ("capabilities", json!({}), "invalid type: map"),
            ("capabilities", json!([{"a": null}]), "capability /0/a"),
            ("kind", json!("gitops2"), "unknown variant"),
            ("extra", json!(1), "unknown field `extra`"),
        ];
        for (field, replacement, message) in cases {
            let mut value = value();
            value[field] = replacement;
            let bytes = canonical_bytes(&value).unwrap();
            let error = Metadata::from_bytes(&bytes).unwrap_err().to_string();
            assert!(error.contains(message), "{field}: {error}");
        }
    }

    #[test]
    fn every_field_must_be_there() {
        let all = value();
        for field in all.as_object().unwrap().keys() {
            let mut value = all.clone();
            value.as_object_mut().unwrap().remove(field);
            let bytes = canonical_bytes(&value).unwrap();
            assert!(Metadata::from_bytes(&bytes).is_err(), "{field}");
        }
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        let text = String::from_utf8(metadata().to_bytes().unwrap()).unwrap();
        for other in [
            format!("{text}\n"),
            text.replace(":\"", ": \""),
            text.replacen("acme", "\\u0061cme", 1),
            serde_json::to_string_pretty(&value()).unwrap(),
        ] {
            assert!(matches!(
                Metadata::from_bytes(other.as_bytes()),
                Err(MetadataError::NotCanonical)
            ));
        }
    }

    #[test]
    fn metadata_over_the_cap_is_refused() {
        let mut large = metadata();
        let filler = "x".repeat(Metadata::MAX);
        large.descriptor.insert("x".to_owned(), filler.into());
        let bytes = large.to_bytes().unwrap();
        assert!(matches!(
            Metadata::from_bytes(&bytes),
            Err(MetadataError::Read(ReadError::TooLarge { .. }))
        ));
    }

    proptest! {
        #[test]
        fn no_content_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Metadata::from_bytes(&bytes).is_err());
        }
    }
}
