//! The difference between two documents, line by line.

use std::fmt::Write as _;

use aegis_document::untrusted;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::cli::ui::{Tone, Ui};

/// Lines of one document that are shown unless everything is asked for.
const MOST_LINES: usize = 40;

/// Shows how a document changes. Text of plugins is escaped line by line.
pub fn documents(ui: &Ui, before: Option<&Value>, after: Option<&Value>, full: bool) -> String {
    let print = |value: Option<&Value>| {
        value
            .map(|value| format!("{value:#}\n"))
            .unwrap_or_default()
    };
    let (before, after) = (print(before), print(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(2) {
        for change in group
            .iter()
            .flat_map(|operation| diff.iter_changes(operation))
        {
            let text = untrusted(change.value().trim_end_matches('\n')).to_string();
            lines.push(match change.tag() {
                ChangeTag::Delete => ui.paint(Tone::Bad, format_args!("- {text}")),
                ChangeTag::Insert => ui.paint(Tone::Good, format_args!("+ {text}")),
                ChangeTag::Equal => ui.paint(Tone::Faint, format_args!("  {text}")),
            });
        }
    }
    let mut out = String::new();
    let shown = if full { lines.len() } else { MOST_LINES };
    for line in lines.iter().take(shown) {
        let _ = writeln!(out, "      {line}");
    }
    if lines.len() > shown {
        let _ = writeln!(
            out,
            "      … {} more lines; `--full` shows them",
            lines.len() - shown
        );
    }
    out
}
