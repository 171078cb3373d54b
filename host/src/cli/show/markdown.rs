//! A plan as Markdown, for a comment on a pull request. What cannot be left out comes first; of the rest as much is
//! shown as a comment on GitHub can hold.

use aegis_document::escape::{html, markdown, markdown_block, markdown_text};

use super::line::Line;
use super::report::{Item, Report, ShownChange};

/// What GitHub allows is 65,536 characters; counted in bytes, which are never fewer.
const MOST_BYTES: usize = 65_000;
/// What is kept for saying what was cut.
const RESERVE: usize = 400;

/// The whole report.
pub fn report(report: &Report) -> String {
    let mut out = String::from("### Aegis plan\n\n");
    for (name, value) in &report.head {
        out.push_str(&format!("- {name}: {}\n", line(value)));
    }
    out.push_str(&format!("\n**{}**\n", line(&report.counts)));
    if !report.first.is_empty() {
        out.push_str("\n#### What to look at first\n\n");
        for item in &report.first {
            first(item, &mut out);
        }
    }
    let mut rest = Rest {
        out,
        findings: Cut::default(),
        changes: Cut::default(),
    };
    if let Some((summary, findings)) = &report.findings {
        rest.heading("Findings");
        rest.out.push_str(&format!("{}\n\n", line(summary)));
        for finding in findings {
            let text = listed(finding);
            rest.findings.add(&mut rest.out, &text);
        }
    }
    if !report.waiting.is_empty() {
        rest.heading("Known after Terraform has run");
        for (names, command) in &report.waiting {
            let text = format!("- {}: {}\n", line(names), line(command));
            rest.out.push_str(&text);
        }
    }
    if !report.instances.is_empty() {
        rest.heading("Changes");
        for group in &report.instances {
            for change in &group.changes {
                let text = details(&group.title, change);
                rest.changes.add(&mut rest.out, &text);
            }
        }
    }
    rest.end()
}

/// Our words as text, foreign text as code.
fn line(line: &Line) -> String {
    let mut out = String::new();
    for piece in line.pieces() {
        out.push_str(&if piece.foreign {
            markdown(&piece.text)
        } else {
            markdown_text(&piece.text)
        });
    }
    out
}

fn html_line(line: &Line) -> String {
    let mut out = String::new();
    for piece in line.pieces() {
        let text = html(&piece.text);
        if piece.foreign {
            out.push_str(&format!("<code>{text}</code>"));
        } else {
            out.push_str(&text);
        }
    }
    out
}

fn listed(lines: &[Line]) -> String {
    let mut out = String::new();
    for (index, shown) in lines.iter().enumerate() {
        let indent = if index == 0 { "- " } else { "  - " };
        out.push_str(&format!("{indent}{}\n", line(shown).trim_start()));
    }
    out
}

fn first(item: &Item, out: &mut String) {
    out.push_str(&format!("- {}\n", line(&item.line)));
    if !item.code.is_empty() {
        let code = item.code.iter().map(String::as_str);
        out.push_str(&format!("\n{}\n", markdown_block("text", code)));
    }
}

/// One change, its document folded. The summary is HTML, in which GitHub reads no Markdown.
fn details(title: &Line, change: &ShownChange) -> String {
    let summary = format!("{} {}", html_line(title), html_line(&change.line));
    let mut out = format!("<details><summary>{summary}</summary>\n\n");
    if !change.notes.is_empty() {
        out.push_str(&listed(&change.notes));
        out.push('\n');
    }
    if !change.document.is_empty() {
        let lines: Vec<String> = change
            .document
            .iter()
            .map(|line| format!("{}{}", line.mark.sign(), line.text))
            .collect();
        let block = markdown_block("diff", lines.iter().map(String::as_str));
        out.push_str(&block);
        out.push('\n');
    }
    out.push_str("</details>\n\n");
    out
}

/// What may be cut.
struct Rest {
    out: String,
    findings: Cut,
    changes: Cut,
}

#[derive(Default)]
struct Cut {
    all: usize,
    left_out: usize,
}

impl Cut {
    /// Adds a part where there is room for it.
    fn add(&mut self, out: &mut String, part: &str) {
        self.all += 1;
        if out.len() + part.len() + RESERVE <= MOST_BYTES {
            out.push_str(part);
        } else {
            self.left_out += 1;
        }
    }
}

impl Rest {
    fn heading(&mut self, words: &str) {
        self.out.push_str(&format!("\n#### {words}\n\n"));
    }

    fn end(mut self) -> String {
        let cut = [(self.changes, "changes"), (self.findings, "findings")];
        let cut: Vec<String> = cut
            .iter()
            .filter(|(cut, _)| cut.left_out > 0)
            .map(|(cut, what)| format!("{} of {} {what}", cut.left_out, cut.all))
            .collect();
        if !cut.is_empty() {
            self.out.push_str(&format!(
                "\n**Left out, because a comment has an end: {}.** What to look at first is complete. `aegis show --full` shows everything.\n",
                cut.join(" and ")
            ));
        }
        self.out
    }
}
