//! The operator's `catalogue.toml`.

use std::path::Path;

use aegis_host::catalogue::Catalogue;

use crate::check;

pub(super) fn made() -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/src/catalogue/built-in.toml");
    vec![std::fs::read(file).expect("the built-in catalogue")]
}

pub(super) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let built_in = Catalogue::built_in().expect("the built-in catalogue");
    match Catalogue::read("catalogue.toml", text) {
        // Entries are added and replaced, never taken away.
        Ok(catalogue) => assert!(
            built_in
                .entries()
                .keys()
                .all(|name| catalogue.entries().contains_key(name))
        ),
        Err(error) => check::refused(&error),
    }
}
