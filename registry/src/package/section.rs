//! Finding and appending the metadata section.

use wasmparser::{Encoding, Parser, Payload};

use super::{COMPONENT_MAX, PackageError};

/// The name of the custom section that holds the metadata.
pub const SECTION: &str = "aegis:package";

/// The deepest nesting of modules and components that is walked.
pub(super) const DEPTH: usize = 64;

const CUSTOM_SECTION: u8 = 0;

/// The content of the one metadata section of a component's top level.
///
/// The whole structure is walked, so that a section of this name anywhere else is noticed.
pub(super) fn find(component: &[u8]) -> Result<&[u8], PackageError> {
    if component.len() > COMPONENT_MAX {
        return Err(PackageError::TooLarge {
            actual: component.len(),
        });
    }
    if !Parser::is_component(component) {
        return Err(PackageError::NotAComponent);
    }
    let mut depth = 0_usize;
    let mut found = None;
    let mut complete = false;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|e| damaged(&e))? {
            Payload::Version { encoding, .. } if depth == 0 && encoding != Encoding::Component => {
                return Err(PackageError::NotAComponent);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth = depth.saturating_add(1);
                if depth > DEPTH {
                    return Err(PackageError::TooDeep);
                }
            }
            Payload::End(_) => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => complete = true,
            },
            Payload::CustomSection(section) if section.name() == SECTION => {
                if depth > 0 {
                    return Err(PackageError::NestedSection);
                }
                if found.replace(section.data()).is_some() {
                    return Err(PackageError::TwoSections);
                }
            }
            _ => {}
        }
    }
    match found {
        Some(section) if complete => Ok(section),
        _ => Err(PackageError::NoMetadata),
    }
}

fn damaged(error: &wasmparser::BinaryReaderError) -> PackageError {
    PackageError::Damaged {
        offset: error.offset(),
        message: aegis_document::untrusted(error.message()).to_string(),
    }
}

/// The component with one more custom section at its end (WebAssembly core specification, 5.5.3:
/// id, size, name, bytes; the component model keeps that layout).
pub(super) fn append(component: &[u8], content: &[u8]) -> Vec<u8> {
    let name_length = leb128(SECTION.len());
    let size = leb128(name_length.len() + SECTION.len() + content.len());
    [
        component,
        &[CUSTOM_SECTION],
        &size,
        &name_length,
        SECTION.as_bytes(),
        content,
    ]
    .concat()
}

/// Unsigned LEB128: seven bits a byte, lowest first, the top bit says that more follow.
fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::component;

    #[test]
    fn lengths_are_leb128() {
        for (value, bytes) in [
            (0, vec![0]),
            (127, vec![0x7f]),
            (128, vec![0x80, 1]),
            (624_485, vec![0xe5, 0x8e, 0x26]),
        ] {
            assert_eq!(leb128(value), bytes);
        }
    }

    #[test]
    fn one_section_of_the_top_level_is_found_wherever_it_stands() {
        for text in [
            r#"(component (@custom "aegis:package" "x"))"#,
            r#"(component (@custom "other" "y") (@custom "aegis:package" "x") (core module) (component))"#,
            r#"(component (core module (@custom "aegis:packag" "y")) (@custom "aegis:package" "x"))"#,
        ] {
            assert_eq!(find(&component(text)).unwrap(), b"x", "{text}");
        }
        let appended = append(&component("(component (component))"), b"x");
        assert_eq!(find(&appended).unwrap(), b"x");
    }

    #[test]
    fn a_second_section_is_refused() {
        let two = append(&append(&component("(component)"), b"x"), b"x");
        assert!(matches!(find(&two), Err(PackageError::TwoSections)));
    }

    #[test]
    fn a_nested_section_is_refused_even_beside_a_right_one() {
        for text in [
            r#"(component (component (@custom "aegis:package" "x")))"#,
            r#"(component (core module (@custom "aegis:package" "x")))"#,
            r#"(component (component (component (core module (@custom "aegis:package" "x")))))"#,
            r#"(component (@custom "aegis:package" "x") (component (@custom "aegis:package" "x")))"#,
            r#"(component (core module (@custom "aegis:package" "x")) (@custom "aegis:package" "x"))"#,
        ] {
            let error = find(&component(text)).unwrap_err();
            assert!(
                matches!(error, PackageError::NestedSection),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn a_component_without_a_section_is_refused() {
        assert!(matches!(
            find(&component("(component)")),
            Err(PackageError::NoMetadata)
        ));
    }

    #[test]
    fn bytes_after_the_last_section_are_refused() {
        let mut bytes = append(&component("(component)"), b"x");
        bytes.push(0);
        assert!(matches!(find(&bytes), Err(PackageError::Damaged { .. })));
        bytes.pop();
        bytes.extend_from_slice(&component("(component)"));
        assert!(find(&bytes).is_err());
    }

    #[test]
    fn endless_nesting_is_refused() {
        let deep = |levels: usize| {
            let text = "(component ".repeat(levels) + &")".repeat(levels);
            append(&component(&text), b"x")
        };
        assert!(find(&deep(DEPTH + 1)).is_ok());
        assert!(matches!(find(&deep(DEPTH + 2)), Err(PackageError::TooDeep)));
    }
}
