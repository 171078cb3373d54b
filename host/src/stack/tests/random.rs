//! Nothing that stands in a file makes the reader panic, and whatever it says has its place in the
//! text.

use miette::{GraphicalReportHandler, GraphicalTheme};
use proptest::prelude::*;

use super::{EVERY_KEY, example_files};
use crate::stack::{Problems, parse};

fn survives(text: &str) -> Result<(), TestCaseError> {
    let Err(problems) = parse("random.yaml", text) else {
        return Ok(());
    };
    prop_assert!(problems.iter().count() > 0);
    for problem in problems.iter() {
        if let Some(span) = problem.span {
            prop_assert!(span.end() <= text.len(), "{span:?} in {} bytes", text.len());
            prop_assert!(text.is_char_boundary(span.offset), "{span:?}");
            prop_assert!(text.is_char_boundary(span.end()), "{span:?}");
            prop_assert!(span.line >= 1 && span.column >= 1);
        }
        prop_assert!(
            !problem.message.contains(|c: char| c.is_control()),
            "{problem:?}"
        );
    }
    render(&problems)
}

fn render(problems: &Problems) -> Result<(), TestCaseError> {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::none());
    for problem in problems.iter().take(3) {
        let mut shown = String::new();
        prop_assert!(handler.render_report(&mut shown, problem).is_ok());
    }
    Ok(())
}

/// The pieces that YAML is made of, so that random texts get further than the first line.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "\n  ",
        "\n    ",
        "'",
        "\"",
        "|\n",
        ">-\n",
        "#",
        " # c\n",
        "&a ",
        "*a",
        "!",
        "!!str ",
        "<<: ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\t",
        "~",
        "1",
        "01",
        ".inf",
        "é",
        "漢",
        "\u{feff}",
        "\\",
        "\r",
        "\r\n",
        "clusters:\n  ",
        "use1: ",
        "stages: ",
        "\0",
        "@",
        "`",
        "%",
        "\u{2028}",
        "\u{85}",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Real files, cut and stirred.
fn mutated() -> impl Strategy<Value = String> {
    let mut files: Vec<String> = example_files().into_iter().map(|(_, text)| text).collect();
    files.push(EVERY_KEY.to_owned());
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, pieces()), 1..6);
    (prop::sample::select(files), edits).prop_map(|(file, edits)| {
        let mut characters: Vec<char> = file.chars().collect();
        for (place, removed, inserted) in edits {
            let start = place.index(characters.len() + 1);
            let end = (start + removed).min(characters.len());
            characters.splice(start..end, inserted.chars().take(12));
        }
        characters.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn random_yaml_does_no_harm(text in pieces()) {
        survives(&text)?;
    }

    #[test]
    fn mutated_files_do_no_harm(text in mutated()) {
        survives(&text)?;
    }
}
