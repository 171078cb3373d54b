//! A plan as one HTML page. It runs nothing and loads nothing: its policy allows one style, by its digest.

use aegis_document::escape::html;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::diff::Mark;
use super::line::Line;
use super::report::{Report, ShownChange};

const STYLE: &str = "body{font:15px/1.5 sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
code,pre{font:13px/1.45 monospace;background:#f3f4f6;unicode-bidi:isolate}pre{padding:.75rem;overflow-x:auto}\
th{text-align:left;padding-right:1rem;vertical-align:top;font-weight:600}td{overflow-wrap:anywhere}\
.first{border-left:4px solid #b45309;padding-left:1rem}del,ins{text-decoration:none;display:block}\
del{background:#fee2e2}ins{background:#dcfce7}summary{cursor:pointer}";

/// The whole report.
pub fn report(report: &Report) -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>Aegis plan</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>Plan</h1>\n<table>\n"
    );
    for (name, value) in &report.head {
        out.push_str(&format!(
            "<tr><th>{name}</th><td>{}</td></tr>\n",
            line(value)
        ));
    }
    out.push_str(&format!(
        "</table>\n<p><strong>{}</strong></p>\n",
        line(&report.counts)
    ));
    if !report.first.is_empty() {
        out.push_str("<section class=\"first\">\n<h2>What to look at first</h2>\n<ul>\n");
        for item in &report.first {
            out.push_str(&format!("<li>{}", line(&item.line)));
            if !item.code.is_empty() {
                let code: Vec<String> = item.code.iter().map(|line| html(line)).collect();
                out.push_str(&format!("<pre>| {}</pre>", code.join("\n| ")));
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ul>\n</section>\n");
    }
    for group in &report.instances {
        out.push_str(&format!("<h2>{}</h2>\n", line(&group.title)));
        for change in &group.changes {
            details(change, &mut out);
        }
    }
    if !report.waiting.is_empty() {
        out.push_str("<h2>Known after Terraform has run</h2>\n<ul>\n");
        for (names, command) in &report.waiting {
            out.push_str(&format!("<li>{}: {}</li>\n", line(names), line(command)));
        }
        out.push_str("</ul>\n");
    }
    if let Some((summary, findings)) = &report.findings {
        out.push_str(&format!(
            "<h2>Findings</h2>\n<p>{}</p>\n<ul>\n",
            line(summary)
        ));
        for finding in findings {
            let lines: Vec<String> = finding.iter().map(line).collect();
            out.push_str(&format!("<li>{}</li>\n", lines.join("<br>")));
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

/// Our words as text, foreign text as code.
fn line(line: &Line) -> String {
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

fn details(change: &ShownChange, out: &mut String) {
    out.push_str(&format!(
        "<details><summary>{}</summary>\n",
        line(&change.line)
    ));
    for note in &change.notes {
        out.push_str(&format!("<p>{}</p>\n", line(note)));
    }
    if !change.document.is_empty() {
        out.push_str("<pre>");
        for shown in &change.document {
            let text = format!("{}{}", shown.mark.sign(), html(&shown.text));
            match shown.mark {
                Mark::Gone => out.push_str(&format!("<del>{text}</del>")),
                Mark::New => out.push_str(&format!("<ins>{text}</ins>")),
                Mark::Same => out.push_str(&format!("{text}\n")),
            }
        }
        out.push_str("</pre>\n");
    }
    out.push_str("</details>\n");
}
