//! The stack file: text to syntax, to the file, to the stack.

use std::path::Path;

use aegis_host::stack::{Problems, Stack, parse};
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::check;

pub(super) fn made() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    [
        "examples/minimal/aegis.yaml",
        "examples/two-clusters/aegis.yaml",
        "host/src/stack/tests/every-key.yaml",
    ]
    .iter()
    .map(|file| std::fs::read(root.join(file)).expect("an example"))
    .collect()
}

pub(super) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match parse("aegis.yaml", text) {
        Ok(stack) => {
            let meaning = check::canonical(&stack.canonical());
            let again = |text: &str| -> Stack {
                parse("other.yaml", text).unwrap_or_else(|problems| panic!("{problems:?}"))
            };
            assert_eq!(check::canonical(&again(text).canonical()), meaning);
            if text.ends_with('\n') {
                let commented = format!("{text}# a comment\n");
                assert_eq!(check::canonical(&again(&commented).canonical()), meaning);
            }
        }
        Err(problems) => refused(text, &problems),
    }
}

fn refused(text: &str, problems: &Problems) {
    assert!(problems.iter().count() > 0);
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::none());
    for (index, problem) in problems.iter().enumerate() {
        check::shown(&problem.message);
        check::shown(&problem.help.as_deref().unwrap_or_default());
        check::shown(&problem.label.as_deref().unwrap_or_default());
        let related = problem.related.iter();
        let spans = related.map(|(span, label)| {
            check::shown(label);
            *span
        });
        for span in problem.span.into_iter().chain(spans) {
            assert!(span.end() <= text.len(), "{span:?} of {}", text.len());
            assert!(text.is_char_boundary(span.offset), "{span:?}");
            assert!(text.is_char_boundary(span.end()), "{span:?}");
            assert!(span.line >= 1 && span.column >= 1);
        }
        if index < 2 {
            let mut report = String::new();
            assert!(handler.render_report(&mut report, problem).is_ok());
            let report = report.replace("\r\n", "\n");
            assert!(
                !report.contains(|c: char| c.is_control() && c != '\n'),
                "{report:?}"
            );
        }
    }
}
