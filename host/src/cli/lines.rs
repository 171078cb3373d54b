//! The last wall before a terminal or a log. Foreign text is escaped where it is put into a message; what was forgotten
//! there is escaped here.

use std::io;

use aegis_document::untrusted;

/// Text of several lines in which nothing moves the cursor, hides or is a pipeline's command. Only the ends of lines and
/// colours stay.
pub fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        between_colours(line, &mut out);
        out.push_str(end);
    }
    out
}

fn between_colours(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some((at, length)) = next_colour(rest) {
        let (before, after) = rest.split_at(at);
        let (colour, after) = after.split_at(length);
        out.push_str(&untrusted(before).to_string());
        out.push_str(colour);
        rest = after;
    }
    out.push_str(&untrusted(rest).to_string());
}

/// Where the next sequence is that does nothing but colour (SGR, ECMA-48 8.3.117), and its length.
fn next_colour(text: &str) -> Option<(usize, usize)> {
    text.match_indices("\x1b[").find_map(|(at, begin)| {
        let rest = text.get(at + begin.len()..)?;
        let digits = rest
            .bytes()
            .take_while(|b| b.is_ascii_digit() || *b == b';');
        let digits = digits.count();
        (rest.as_bytes().get(digits) == Some(&b'm')).then_some((at, begin.len() + digits + 1))
    })
}

/// Writes each message as one safe line. A message comes in one piece.
pub struct OneLine<W>(pub W);

impl<W: io::Write> io::Write for OneLine<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let mut line = String::new();
        between_colours(text.strip_suffix('\n').unwrap_or(&text), &mut line);
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn colours_and_ends_of_lines_stay_and_nothing_else() {
        for (text, shown) in [
            ("a\n  b\n", "a\n  b\n"),
            ("\x1b[1ma\x1b[0m", "\x1b[1ma\x1b[0m"),
            ("\x1b[1;31ma\x1b[m", "\x1b[1;31ma\x1b[m"),
            ("\x1b[2Ja", "\\u{1b}[2Ja"),
            ("\x1b]8;;http://x\x07a", "\\u{1b}]8;;http://x\\u{7}a"),
            ("\x1b[2J\x1b[31ma", "\\u{1b}[2J\x1b[31ma"),
            ("a\rb", "a\\u{d}b"),
            ("  ::add-mask::b", "  \\u{3a}:add-mask::b"),
            ("a\n::error::b\n", "a\n\\u{3a}:error::b\n"),
            (
                "\x1b[31m::error::b\x1b[0m",
                "\x1b[31m\\u{3a}:error::b\x1b[0m",
            ),
            ("a##vso[b]", "a#\\u{23}vso[b]"),
            ("├─ Müller × 日本", "├─ Müller × 日本"),
        ] {
            assert_eq!(safe(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_message_of_a_log_is_one_line() {
        let mut log = Vec::new();
        OneLine(&mut log)
            .write_all(b"WARN a\n::stop-commands::b\n")
            .unwrap();
        assert_eq!(log, b"WARN a\\u{a}\\u{3a}:stop-commands::b\n");
    }
}
