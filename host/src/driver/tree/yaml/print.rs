//! Block style, two spaces a level.

use super::Yaml;
use super::scalar::{is_block, is_plain, number, quoted};

/// YAML limits a key that stands before its colon on one line to 1024 characters.
const LONGEST_KEY: usize = 1000;

pub(super) fn document(yaml: &Yaml) -> String {
    let mut out = String::new();
    match yaml {
        Yaml::Map(entries) if !entries.is_empty() => map(entries, 0, &mut out),
        Yaml::List(items) if !items.is_empty() => list(items, 0, &mut out),
        // A block scalar at the top could hold a line that begins a new document.
        Yaml::Text(text) | Yaml::Noted { text, .. } => {
            quoted(text, &mut out);
            out.push('\n');
        }
        scalar => {
            inline(scalar, 0, &mut out);
            out.push('\n');
        }
    }
    out
}

/// The entries of a map, the first at the current column.
fn map(entries: &[(String, Yaml)], level: usize, out: &mut String) {
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            indent(level, out);
        }
        let mut shown = String::new();
        if is_plain(key) {
            shown.push_str(key)
        } else {
            quoted(key, &mut shown)
        }
        if shown.chars().count() > LONGEST_KEY {
            out.push_str("? ");
            out.push_str(&shown);
            out.push('\n');
            indent(level, out);
        } else {
            out.push_str(&shown);
        }
        out.push(':');
        entry(value, level, out);
    }
}

/// What stands behind a key's colon, with the line's end.
fn entry(value: &Yaml, level: usize, out: &mut String) {
    match value {
        Yaml::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            indent(level + 1, out);
            map(entries, level + 1, out);
        }
        Yaml::List(items) if !items.is_empty() => {
            out.push('\n');
            indent(level + 1, out);
            list(items, level + 1, out);
        }
        scalar => {
            out.push(' ');
            inline(scalar, level + 1, out);
            out.push('\n');
        }
    }
}

/// The items of a list, the first at the current column.
fn list(items: &[Yaml], level: usize, out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent(level, out);
        }
        out.push_str("- ");
        match item {
            Yaml::Map(entries) if !entries.is_empty() => map(entries, level + 1, out),
            Yaml::List(items) if !items.is_empty() => list(items, level + 1, out),
            scalar => {
                inline(scalar, level + 1, out);
                out.push('\n');
            }
        }
    }
}

/// A scalar or an empty collection, without the line's end. `level` is that of a block's lines.
fn inline(value: &Yaml, level: usize, out: &mut String) {
    match value {
        Yaml::Null => out.push_str("null"),
        Yaml::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Yaml::Number(value) => out.push_str(&number(value)),
        Yaml::Text(text) if is_plain(text) => out.push_str(text),
        Yaml::Text(text) if is_block(text) => block(text, level, out),
        Yaml::Text(text) => quoted(text, out),
        Yaml::Noted { text, note } => {
            if is_plain(text) {
                out.push_str(text)
            } else {
                quoted(text, out)
            }
            let shown: String = note.chars().filter(|c| (' '..='~').contains(c)).collect();
            if !shown.trim().is_empty() {
                out.push_str(" # ");
                out.push_str(shown.trim());
            }
        }
        Yaml::List(_) => out.push_str("[]"),
        Yaml::Map(_) => out.push_str("{}"),
    }
}

fn block(text: &str, level: usize, out: &mut String) {
    let (header, body) = match text.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", text),
    };
    out.push_str(header);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(level, out);
            out.push_str(line);
        }
    }
}

fn indent(level: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", level));
}
