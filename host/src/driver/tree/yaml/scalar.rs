//! How a text is written so that it stays text.

use std::fmt::Write as _;

/// Words that YAML 1.1 or 1.2 reads as a boolean, null or number, in lower case.
const WORDS: [&str; 11] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
];

/// Whether a text can be written as it is, in a key or a value.
///
/// A narrow rule instead of YAML's wide one: it starts with a letter, `/` or `_`, so it is no number, date,
/// anchor, tag or indicator; it goes on with characters that never mean anything; single spaces stand
/// between such characters; `:` is always followed by another one; and it is none of [`WORDS`].
pub(super) fn is_plain(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"_./@-".contains(&b);
    let bytes = text.as_bytes();
    let starts = bytes
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || b"/_".contains(b));
    let goes_on = bytes.iter().enumerate().all(|(at, b)| match b {
        b' ' | b':' => bytes.get(at + 1).is_some_and(|next| inner(*next)),
        b => inner(*b),
    });
    starts && goes_on && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A character that is written as itself inside of quotes and blocks. Others are invisible, end a line for
/// some readers, or change how their neighbours are shown.
fn is_visible(c: char) -> bool {
    (' '..='~').contains(&c) || (!c.is_ascii() && c.is_alphanumeric())
}

/// The text in double quotes.
pub(super) fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_visible(c) => out.push(c),
            c => {
                // Writing to a string cannot fail.
                let _ = match c as u32 {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code @ 0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
}

/// Whether a text can be a literal block: several lines, all of them visible, none ending in a space; the
/// first neither empty nor indented; at most one line end at the end.
pub(super) fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let first = body.chars().next();
    body.contains('\n')
        && !body.ends_with('\n')
        && first.is_some_and(|c| c != ' ' && c != '\n')
        && body
            .split('\n')
            .all(|line| !line.ends_with(' ') && line.chars().all(is_visible))
}

/// A number as YAML 1.1 and 1.2 both read it: a floating point number has a point, and its exponent a sign.
pub(super) fn number(number: &serde_json::Number) -> String {
    let text = number.to_string();
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return text;
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) {
        ""
    } else {
        "+"
    };
    format!("{mantissa}{point}e{sign}{exponent}")
}
