//! The difference between two documents, line by line.

use std::time::Duration;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// How long the shortest difference is looked for; after that a longer one is shown.
const PATIENCE: Duration = Duration::from_millis(200);

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Gone,
    New,
    Same,
}

/// One line. The text is foreign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    pub mark: Mark,
    pub text: String,
}

impl Mark {
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Gone => "- ",
            Self::New => "+ ",
            Self::Same => "  ",
        }
    }
}

/// How a document changes, with two lines around each difference.
pub fn documents(before: Option<&Value>, after: Option<&Value>) -> Vec<DiffLine> {
    let print = |value: Option<&Value>| {
        value
            .map(|value| format!("{value:#}\n"))
            .unwrap_or_default()
    };
    let (before, after) = (print(before), print(after));
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(&before, &after);
    let groups = diff.grouped_ops(2);
    let changes = groups
        .iter()
        .flatten()
        .flat_map(|operation| diff.iter_changes(operation));
    changes
        .map(|change| DiffLine {
            mark: match change.tag() {
                ChangeTag::Delete => Mark::Gone,
                ChangeTag::Insert => Mark::New,
                ChangeTag::Equal => Mark::Same,
            },
            text: change.value().trim_end_matches('\n').to_owned(),
        })
        .collect()
}
