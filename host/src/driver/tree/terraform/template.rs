//! Text as Terraform reads it.
//!
//! `${` and `%{` begin an expression, `$${` and `%%{` are their escapes. What a longer run of `$` and
//! `%` before a brace means depends on where the scanner begins to count, and a `$` right before a reference
//! would join it to an escape. Such characters are therefore written as expressions of their own,
//! `${"$"}`, which mean one thing everywhere.

/// Where a template stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The whole of a JSON string: a backslash is a backslash.
    Bare,
    /// Inside of quotes of an expression.
    Quoted,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    /// An expression, without `${` and `}`.
    Reference(String),
}

/// A text that means itself.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    literal(text, Place::Bare, false, &mut out);
    out
}

/// Prints a template.
pub(super) fn print(pieces: &[Piece], place: Place) -> String {
    let mut out = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Reference(expression) => {
                out.push_str("${");
                out.push_str(expression);
                out.push('}');
            }
            Piece::Literal(text) => {
                let joined = matches!(pieces.get(index + 1), Some(Piece::Reference(_)));
                literal(text, place, joined, &mut out);
            }
        }
    }
    out
}

fn literal(text: &str, place: Place, before_reference: bool, out: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find(['$', '%']) {
        let (before, from) = rest.split_at(start);
        plain(before, place, out);
        let end = from.find(|c| c != '$' && c != '%').unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        let opens = after.starts_with('{') || (after.is_empty() && before_reference);
        match run {
            "$" | "%" if opens && !after.is_empty() => {
                out.push_str(run);
                out.push_str(run);
            }
            run if opens => {
                for c in run.chars() {
                    out.push_str(if c == '$' { "${\"$\"}" } else { "${\"%\"}" });
                }
            }
            run => out.push_str(run),
        }
        rest = after;
    }
    plain(rest, place, out);
}

/// Text without `$` and `%`.
fn plain(text: &str, place: Place, out: &mut String) {
    if place == Place::Bare {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn expressions_become_text() {
        for (text, printed) in [
            ("plain $ 5% {x}", "plain $ 5% {x}"),
            ("${file(\"x\")}", "$${file(\"x\")}"),
            ("%{if true}a%{endif}", "%%{if true}a%%{endif}"),
            ("$${x}", "${\"$\"}${\"$\"}{x}"),
            ("%${x}", "${\"%\"}${\"$\"}{x}"),
            ("$%{x}", "${\"$\"}${\"%\"}{x}"),
            ("${a}${b}", "$${a}$${b}"),
            ("a$", "a$"),
        ] {
            assert_eq!(escaped(text), printed);
        }
    }

    #[test]
    fn text_before_a_reference_does_not_join_it() {
        for (text, printed) in [
            ("a", "a${var.x}"),
            ("a$", "a${\"$\"}${var.x}"),
            ("a%$", "a${\"%\"}${\"$\"}${var.x}"),
            ("$${", "${\"$\"}${\"$\"}{${var.x}"),
        ] {
            let pieces = [
                Piece::Literal(text.into()),
                Piece::Reference("var.x".into()),
            ];
            assert_eq!(print(&pieces, Place::Bare), printed);
        }
    }

    /// Reads a bare template the way Terraform's scanner does: the longest escape first.
    fn read(mut template: &str) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        while !template.is_empty() {
            if let Some(rest) = template
                .strip_prefix("$${")
                .or_else(|| template.strip_prefix("%%{"))
            {
                text.push_str(&template[..1]);
                text.push('{');
                template = rest;
            } else if template.starts_with("%{") {
                return None;
            } else if let Some(rest) = template.strip_prefix("${") {
                let (expression, rest) = rest.split_once('}')?;
                match expression {
                    "\"$\"" => text.push('$'),
                    "\"%\"" => text.push('%'),
                    expression => {
                        if !text.is_empty() {
                            pieces.push(Piece::Literal(std::mem::take(&mut text)));
                        }
                        pieces.push(Piece::Reference(expression.into()));
                    }
                }
                template = rest;
            } else {
                let c = template.chars().next()?;
                text.push(c);
                template = &template[c.len_utf8()..];
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Literal(text));
        }
        Some(pieces)
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(texts in proptest::collection::vec("[a${}%\"\\\\\n]{1,8}", 1..4)) {
            let mut pieces = Vec::new();
            for (index, text) in texts.into_iter().enumerate() {
                pieces.push(Piece::Literal(text));
                pieces.push(Piece::Reference(format!("var.x{index}")));
            }
            prop_assert_eq!(read(&print(&pieces, Place::Bare)), Some(pieces));
        }
    }
}
