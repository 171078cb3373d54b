//! Foreign text in every format that it is shown in. This is the one place where it is escaped.
//!
//! Each of them begins with [`untrusted`], so what deceives the eye or a pipeline is spelled out in all formats, and
//! then takes the meaning from what its format would obey. A text stays on its line.

use std::fmt::Write as _;

use crate::untrusted;
use crate::untrusted::deceives;

/// Content of an element or of a double-quoted attribute, in HTML, XML and SVG.
pub fn html(text: &str) -> String {
    encode(text, |c| {
        Some(match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&#39;",
            _ => return None,
        })
    })
}

/// Content of a double-quoted string of Graphviz. A backslash begins an escape such as `\N`, the node's name.
pub fn dot(text: &str) -> String {
    encode(text, |c| {
        Some(match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            _ => return None,
        })
    })
}

/// Content of a double-quoted label of Mermaid, which renders labels as Markdown and HTML and has entities of its own
/// kind, `#35;`.
pub fn mermaid(text: &str) -> String {
    let mut out = String::new();
    for c in untrusted(text).to_string().chars() {
        if c.is_ascii_alphanumeric() || " -./,()".contains(c) || !c.is_ascii() {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

/// A code span of Markdown: no link, mention, image or element begins in one. Never empty.
pub fn markdown(text: &str) -> String {
    let text = untrusted(text).to_string();
    if text.trim().is_empty() {
        // Nothing but spaces is no code span.
        return "`\" \"`".to_owned();
    }
    let ticks = "`".repeat(longest_run(&text, '`') + 1);
    // A space on both sides is taken off again; it keeps ticks of the text apart from ours.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Text of ours in Markdown, which may name things: a backslash before everything that could mean something.
pub fn markdown_text(text: &str) -> String {
    let mut out = String::new();
    for c in untrusted(text).to_string().chars() {
        if c.is_ascii_punctuation() && !",.:;%'".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A fenced block of Markdown. No line of it ends the block, because the fence is longer than every run of ticks in it.
pub fn markdown_block<'a>(language: &str, lines: impl IntoIterator<Item = &'a str>) -> String {
    let lines: Vec<String> = lines
        .into_iter()
        .map(|line| untrusted(line).to_string())
        .collect();
    let longest = lines.iter().map(|line| longest_run(line, '`')).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let mut out = format!("{fence}{language}\n");
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str(&fence);
    out.push('\n');
    out
}

fn longest_run(text: &str, wanted: char) -> usize {
    let runs = text.split(|c| c != wanted).map(str::len);
    runs.max().unwrap_or(0)
}

fn encode(text: &str, entity: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::new();
    for c in untrusted(text).to_string().chars() {
        match entity(c) {
            Some(entity) => out.push_str(entity),
            None => out.push(c),
        }
    }
    out
}

/// A value as one line of JSON in which every character that deceives the eye is escaped, and the second of two `#`,
/// because pipelines look for `##[` anywhere in a line. It reads back as the same value.
pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    Ok(visible(&serde_json::to_string(value)?))
}

/// The same over several lines.
pub fn json_pretty<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    Ok(visible(&serde_json::to_string_pretty(value)?))
}

/// What is replaced can only stand within strings: JSON is ASCII around them, and holds no `#`.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        if (deceives(c) && c != '\n') || (before == '#' && c == '#') {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_format_takes_the_meaning_from_its_own_marks() {
        type Escaper = fn(&str) -> String;
        for (escape, text, shown) in [
            (
                html as Escaper,
                "<a href=\"x\">&'",
                "&lt;a href=&quot;x&quot;&gt;&amp;&#39;",
            ),
            (html, "\u{202e}<", "\\u{202e}&lt;"),
            (dot, "a\"]; b [label=\"\\N", "a\\\"]; b [label=\\\"\\\\N"),
            (
                mermaid,
                "\"] click n0 \"javascript:x",
                "#34;#93; click n0 #34;javascript#58;x",
            ),
            (mermaid, "a`b`<b>", "a#96;b#96;#60;b#62;"),
            (markdown, "<b>[x](y)", "`<b>[x](y)`"),
            (markdown, "a`b", "``a`b``"),
            (markdown, "``", "``` `` ```"),
            (markdown, " a ", "`  a  `"),
            (markdown, "", "`\" \"`"),
            (
                markdown_text,
                "*a* [b](c) @d #1",
                "\\*a\\* \\[b\\]\\(c\\) \\@d \\#1",
            ),
        ] {
            assert_eq!(escape(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_block_ends_where_it_is_ended() {
        let lines = ["a", "```", "<script>", "`````x"];
        let block = markdown_block("text", lines);
        assert_eq!(block, "``````text\na\n```\n<script>\n`````x\n``````\n");
    }

    #[test]
    fn what_deceives_is_escaped_in_json_and_reads_back() {
        let text = "a\u{9b}31m\u{202e}b\u{e0041}é\n\"##[group]###vso[x]";
        let line = json(text).unwrap();
        assert!(line.chars().all(|c| !deceives(c)), "{line}");
        assert!(!line.contains("##"), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }

    proptest! {
        #[test]
        fn marks_never_come_out_as_marks(text in any::<String>()) {
            let shown = html(&text);
            prop_assert!(!shown.contains(['<', '>', '"', '\'', '\n']));
            let shown = dot(&text);
            prop_assert!(!shown.replace("\\\\", "").replace("\\\"", "").contains(['"', '\\', '\n']));
            let marks = ['"', '`', '<', '[', '{', '|', '\n'];
            prop_assert!(!mermaid(&text).contains(marks));
        }
    }
}
