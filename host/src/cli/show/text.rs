//! A plan as text, for a terminal or a log. No line begins with foreign text.

use std::fmt::Write as _;

use aegis_document::untrusted;

use super::diff::{DiffLine, Mark};
use super::line::Line;
use super::report::{Item, Report};
use crate::cli::ui::{Tone, Ui};

/// Lines of one document that are shown unless everything is asked for.
const MOST_LINES: usize = 40;

/// A line, foreign text escaped.
pub fn line(ui: &Ui, line: &Line) -> String {
    let mut out = String::new();
    for piece in line.pieces() {
        let text = if piece.foreign {
            untrusted(&piece.text).to_string()
        } else {
            piece.text.clone()
        };
        match piece.tone {
            Some(tone) => out.push_str(&ui.paint(tone, text)),
            None => out.push_str(&text),
        }
    }
    out
}

/// The whole report; `full` leaves out nothing.
pub fn report(ui: &Ui, report: &Report, full: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", ui.paint(Tone::Strong, "Plan"));
    for (name, value) in &report.head {
        let _ = writeln!(out, "  {name:8} {}", line(ui, value));
    }
    out.push('\n');
    first(ui, &report.first, &mut out);
    changes(ui, report, full, &mut out);
    if !report.waiting.is_empty() {
        let _ = writeln!(
            out,
            "{}",
            ui.paint(Tone::Strong, "Known after Terraform has run")
        );
        for (names, command) in &report.waiting {
            let _ = writeln!(out, "  > {}", line(ui, names));
            let _ = writeln!(out, "    {}", ui.paint(Tone::Faint, line(ui, command)));
        }
        out.push('\n');
    }
    if let Some((summary, findings)) = &report.findings {
        let _ = writeln!(
            out,
            "{}  {}",
            ui.paint(Tone::Strong, "Findings"),
            line(ui, summary)
        );
        for finding in findings {
            out.push_str(&block(ui, finding));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", line(ui, &report.counts));
    if let Some((_, digest)) = report.head.iter().find(|(name, _)| *name == "digest") {
        let _ = writeln!(out, "plan {}", line(ui, digest));
    }
    out
}

/// Lines that belong together: the first, and what is said about it.
pub fn block(ui: &Ui, lines: &[Line]) -> String {
    let mut out = String::new();
    for (index, shown) in lines.iter().enumerate() {
        let indent = if index == 0 { "  " } else { "      " };
        let _ = writeln!(out, "{indent}{}", line(ui, shown));
    }
    out
}

fn first(ui: &Ui, items: &[Item], out: &mut String) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", ui.paint(Tone::Strong, "What to look at first"));
    for item in items {
        let _ = writeln!(
            out,
            "  {} {}",
            ui.paint(Tone::Warn, "!"),
            line(ui, &item.line)
        );
        for code in &item.code {
            let _ = writeln!(out, "      | {}", untrusted(code));
        }
    }
    out.push('\n');
}

fn changes(ui: &Ui, report: &Report, full: bool, out: &mut String) {
    for group in &report.instances {
        let _ = writeln!(out, "{}", ui.paint(Tone::Strong, line(ui, &group.title)));
        for change in &group.changes {
            let _ = writeln!(out, "  {}", line(ui, &change.line));
            for note in &change.notes {
                let _ = writeln!(out, "      {}", line(ui, note));
            }
            document(ui, &change.document, full, out);
        }
        out.push('\n');
    }
}

fn document(ui: &Ui, lines: &[DiffLine], full: bool, out: &mut String) {
    let shown = if full { lines.len() } else { MOST_LINES };
    for shown in lines.iter().take(shown) {
        let tone = match shown.mark {
            Mark::Gone => Tone::Bad,
            Mark::New => Tone::Good,
            Mark::Same => Tone::Faint,
        };
        let text = format!("{}{}", shown.mark.sign(), untrusted(&shown.text));
        let _ = writeln!(out, "      {}", ui.paint(tone, text));
    }
    if lines.len() > shown {
        let _ = writeln!(
            out,
            "      … {} more lines; `--full` shows them",
            lines.len() - shown
        );
    }
}
