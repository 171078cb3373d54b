//! The strict JSON reader and the canonical form.

use aegis_document::{Digest, Limits, digest_of, pointer, read};

use crate::check;

pub(super) fn run(input: &[u8]) {
    let value = match read(input, Limits::EMBEDDED) {
        Ok(value) => value,
        Err(error) => return check::refused(&error),
    };
    // Printed as it stands: the very same value.
    let printed = value.to_string();
    assert_eq!(
        read(printed.as_bytes(), Limits::EMBEDDED),
        Ok(value.clone())
    );

    // The canonical form is one: of itself, and of what it reads as.
    let canonical = check::canonical(&value);
    let again = read(&canonical, Limits::EMBEDDED).expect("the canonical form is read");
    assert_eq!(
        String::from_utf8_lossy(&check::canonical(&again)),
        String::from_utf8_lossy(&canonical)
    );
    assert_eq!(digest_of(&value).ok(), Some(Digest::of(&canonical)));

    // Another parser sees the same.
    let lenient: serde_json::Value =
        serde_json::from_slice(input).expect("what the strict reader takes is JSON");
    assert_eq!(lenient, value);

    for key in value.as_object().into_iter().flatten().map(|(key, _)| key) {
        let pointer = pointer::join("", key);
        assert_eq!(pointer::tokens(&pointer), Some(vec![key.clone()]));
        assert_eq!(value.pointer(&pointer), value.get(key));
    }
}
