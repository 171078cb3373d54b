//! What several targets claim.

use aegis_document::{Digest, canonical_bytes, deceives};
use serde::Serialize;
use serde_json::Value;

/// A text that somebody sees: nothing in it moves the cursor or hides.
///
/// New lines are ours where several problems are told at once.
#[track_caller]
pub(crate) fn shown(text: &impl ToString) {
    let text = text.to_string();
    if let Some(c) = text.chars().find(|c| *c != '\n' && deceives(*c)) {
        panic!("U+{:04X} is shown raw: {text:?}", u32::from(c));
    }
}

/// Shows an error and forgets it.
#[track_caller]
pub(crate) fn refused(error: &impl ToString) {
    shown(error);
}

/// The same input with one bit flipped. Which one follows from the input, so that a finding can be had again.
pub(crate) fn flipped(bytes: &[u8], choice: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let bits = bytes.len() * 8;
    if bits > 0 {
        let digest = Digest::of(choice);
        let number = digest
            .as_bytes()
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let bit = usize::try_from(number % bits as u64).unwrap_or(0);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    bytes
}

/// The input in two: at the first line that holds nothing but `---`.
pub(crate) fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    const LINE: &[u8] = b"\n---\n";
    match bytes.windows(LINE.len()).position(|window| window == LINE) {
        Some(at) => (&bytes[..at], &bytes[at + LINE.len()..]),
        None => (bytes, b""),
    }
}

/// Canonical JSON of something that was read, which always has one.
#[track_caller]
pub(crate) fn canonical(value: &impl Serialize) -> Vec<u8> {
    canonical_bytes(value).expect("what was read has a canonical form")
}

/// A typed value that was read out of JSON is written to JSON that reads to the same value.
#[track_caller]
pub(crate) fn reads_back<T>(value: &T)
where
    T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let written: Value = serde_json::to_value(value).expect("what was read can be written");
    let again: T = serde_json::from_value(written).expect("what was written can be read");
    assert_eq!(&again, value);
}
