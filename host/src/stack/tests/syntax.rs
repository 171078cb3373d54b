//! The strict reader by itself.

use std::sync::Arc;

use miette::NamedSource;

use crate::stack::codes;
use crate::stack::error::{Diagnostic, Report};
use crate::stack::syntax::{MOST_LEVELS, MOST_NODES, Node, SpanMap, Value, read};

fn tree(text: &str) -> Result<Node, Vec<Diagnostic>> {
    let mut report = Report::new(Arc::new(NamedSource::new("test", text.to_owned())));
    let node = read(text, &mut report);
    report
        .finish(node)
        .map_err(|problems| problems.iter().cloned().collect())
}

fn only_code(text: &str) -> &'static str {
    let problems = tree(text).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.first().unwrap().code
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(tree(&nested(MOST_LEVELS)).is_ok());
    assert_eq!(only_code(&nested(MOST_LEVELS + 1)), codes::TOO_DEEP);
    for opening in ["[", "{a: ", "- ", "? ", "a:\n "] {
        let text: String = if opening.ends_with(' ') && opening.contains('\n') {
            (0..1000)
                .map(|level| format!("{}a:\n", " ".repeat(level)))
                .collect()
        } else {
            opening.repeat(100_000)
        };
        let problems = tree(&text).unwrap_err();
        let code = problems.first().unwrap().code;
        assert!(
            [codes::TOO_DEEP, codes::NOT_YAML].contains(&code),
            "{opening:?} {code}"
        );
    }
}

#[test]
fn the_number_of_values_is_bounded() {
    let list = |items: usize| "- a\n".repeat(items);
    assert!(tree(&list(MOST_NODES - 1)).is_ok());
    assert_eq!(only_code(&list(MOST_NODES)), codes::TOO_MANY_NODES);
}

/// With work that grows with the square of the line's length, this would take minutes.
#[test]
fn a_long_line_is_read() {
    let text = format!("[{}é]", "ab, ".repeat(20_000));
    assert!(tree(&text).is_ok());
}

#[test]
fn an_alias_bomb_is_refused_at_its_first_anchor() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    let problems = tree(bomb).unwrap_err();
    assert!(
        problems.iter().all(|problem| problem.code == codes::ALIAS),
        "{problems:#?}"
    );
    assert_eq!(only_code("*a"), codes::NOT_YAML);
    assert_eq!(only_code("&a x"), codes::ALIAS);
}

#[test]
fn spans_cover_what_was_written() {
    let text = "a: [1, {b: 'é x'}]\nc:\n  d: |\n    two\n    lines\n  # note\n\ne: last\n";
    let root = tree(text).unwrap();
    let written = |node: &Node| text.get(node.span.offset..node.span.end()).unwrap();
    let Value::Map(entries) = &root.value else {
        panic!("{root:?}");
    };
    let values: Vec<&str> = entries.iter().map(|entry| written(&entry.value)).collect();
    assert_eq!(values.first(), Some(&"[1, {b: 'é x'}]"));
    assert!(
        values
            .get(1)
            .unwrap()
            .starts_with("d: |\n    two\n    lines"),
        "{values:?}"
    );
    assert!(!values.get(1).unwrap().contains("note"), "{values:?}");
    assert_eq!(values.get(2), Some(&"last"));
    for entry in entries {
        let key = text.get(entry.key.span.offset..entry.key.span.end());
        assert_eq!(key, Some(entry.key.value.as_str()));
    }
}

#[test]
fn a_value_is_found_by_its_pointer() {
    let text = "nodes:\n  max: 6\n  a/b~c: [x, {y: z}]\n";
    let spans = SpanMap::of(&tree(text).unwrap());
    let place = |pointer: &str| {
        let span = spans.nearest(pointer).unwrap();
        (span.line, span.column)
    };
    assert_eq!(place("/nodes"), (1, 1));
    assert_eq!(place("/nodes/max"), (2, 8));
    assert_eq!(place("/nodes/a~1b~0c"), (3, 3));
    assert_eq!(place("/nodes/a~1b~0c/1/y"), (3, 18));
    assert_eq!(
        place("/nodes/min"),
        (1, 1),
        "an absent value is shown at its parent"
    );
    assert_eq!(place("/other/x"), (1, 1));
    assert!(spans.get("/nodes/min").is_none());
}

#[test]
fn one_document_may_be_marked() {
    for text in [
        "---\na: b\n",
        "a: b\n...\n",
        "# c\n---\na: b\n...\n",
        "\u{feff}a: b\n",
        "a: b",
    ] {
        assert!(tree(text).is_ok(), "{text:?}");
    }
    assert_eq!(only_code("a: b\n---\n"), codes::SEVERAL_DOCUMENTS);
    assert_eq!(
        only_code("a: b\n...\n---\nc: d\n"),
        codes::SEVERAL_DOCUMENTS
    );
    assert_eq!(
        only_code("# %a\n%TAG ! tag:x,2000:\n---\na: b\n"),
        codes::TAG
    );
}
