//! Characters that a person cannot see.
//!
//! Control characters can steer the terminal that shows a message, and marks of text direction can
//! make a reviewer see another file than the one that is read ("Trojan Source", CVE-2021-42574).

use aegis_document::{commands, deceives};

use super::position::Positions;
use crate::stack::codes;
use crate::stack::error::Diagnostic;

/// True for control characters other than tab and line breaks, and for marks of text direction.
fn is_invisible(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{200e}' | '\u{200f}' | '\u{061c}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

/// The first character of the text that must not be in it.
pub(super) fn find_invisible(text: &str, positions: &Positions<'_>) -> Option<Diagnostic> {
    let (offset, character) = text
        .char_indices()
        .find(|(_, character)| is_invisible(*character))?;
    let span = positions.span(offset, offset + character.len_utf8());
    let problem = Diagnostic::new(
        codes::INVISIBLE,
        format!(
            "the stack file holds the invisible character U+{:04X}",
            u32::from(character)
        ),
    )
    .at(span, "here")
    .help("remove it; in a text that needs it, write it in double quotes as an escape");
    Some(problem)
}

/// The text with everything that could deceive replaced by visible characters of the same length in bytes, so that
/// it can be shown in a terminal or a pipeline's log and places stay right. A carriage return on its own ends a line
/// in YAML; on a terminal it would have the rest written over what stands there.
pub(crate) fn showable(text: &str) -> String {
    let commands = commands(text);
    let mut shown = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let ends_line = character == '\r' && text.as_bytes().get(at + 1) == Some(&b'\n');
        if character == '\r' && !ends_line {
            shown.push('\n');
            continue;
        }
        // The joiner stands in honest emoji.
        let ours = matches!(character, '\t' | '\n' | '\u{200d}') || ends_line;
        let hidden = (deceives(character) && !ours) || commands.contains(&at);
        match (hidden, character.len_utf8()) {
            (false, _) => shown.push(character),
            (true, 3) => shown.push(char::REPLACEMENT_CHARACTER),
            (true, length) => shown.extend(std::iter::repeat_n('?', length)),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_found_and_replaced() {
        for (text, shown) in [
            ("a\u{1b}[31m", "a?[31m"),
            ("a\u{9b}31m", "a??31m"),
            ("a\u{202e}b", "a\u{fffd}b"),
            ("a\u{61c}b", "a??b"),
            ("a\0", "a?"),
        ] {
            assert!(
                find_invisible(text, &Positions::new(text)).is_some(),
                "{shown}"
            );
            assert_eq!(showable(text), shown);
            assert_eq!(showable(text).len(), text.len());
        }
        // Not refused, because honest texts hold them or because they are what a comment may say.
        for (text, shown) in [
            ("a\u{200b}b", "a\u{fffd}b"),
            ("a\u{e0041}", "a????"),
            ("a\rb\r\n", "a\nb\r\n"),
            ("# x ##[group]y", "# x #?[group]y"),
            ("##vso[task.x]", "#?vso[task.x]"),
        ] {
            assert_eq!(showable(text), shown);
            assert_eq!(showable(text).len(), text.len());
        }
    }

    #[test]
    fn nothing_is_written_over_a_line() {
        assert_eq!(showable("a: 1\rb: 2\r\nc\r"), "a: 1\nb: 2\r\nc\n");
    }

    #[test]
    fn ordinary_text_stays() {
        let text = "name: shop\r\n\tüß 漢字 👩‍💻\n";
        assert!(find_invisible(text, &Positions::new(text)).is_none());
        assert_eq!(showable(text), text);
    }
}
