//! Reading TOML with a cap and an error that is safe to show.

use aegis_document::untrusted;
use serde::de::DeserializeOwned;

/// Why a TOML text was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TomlError {
    /// Larger than what is read.
    #[error("it has {actual} bytes; at most {limit} are read")]
    TooLarge {
        /// The size in bytes.
        actual: usize,
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("it is not UTF-8 (byte {offset})")]
    NotUtf8 {
        /// Where, in bytes.
        offset: usize,
    },
    /// Not TOML, or not the fields it must have.
    #[error("line {line}: {message}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong, safe to show.
        message: String,
    },
}

/// Reads a document. TOML itself refuses a key that stands twice.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, TomlError> {
    if bytes.len() > limit {
        return Err(TomlError::TooLarge {
            actual: bytes.len(),
            limit,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| TomlError::NotUtf8 {
        offset: e.valid_up_to(),
    })?;
    toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| bytes.get(..span.start))
            .unwrap_or_default();
        TomlError::Malformed {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            message: untrusted(error.message()).to_string(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_line_and_escapes_what_it_quotes() {
        let text = "a = 1\nb = 2\na = 3\n";
        let error = read::<toml::Table>(text.as_bytes(), 100).unwrap_err();
        assert!(
            matches!(error, TomlError::Malformed { line: 3, .. }),
            "{error}"
        );
        let error = read::<toml::Table>(b"a = 1", 4).unwrap_err();
        assert_eq!(
            error,
            TomlError::TooLarge {
                actual: 5,
                limit: 4
            }
        );
        let error = read::<toml::Table>(b"a\xff", 4).unwrap_err();
        assert_eq!(error, TomlError::NotUtf8 { offset: 1 });
    }
}
