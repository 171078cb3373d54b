//! What a command left behind.

use std::process::Output;

use serde_json::Value;

/// A command that has ended.
pub struct Ended {
    command: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn new(command: String, output: Output) -> Self {
        Self {
            command,
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// It must have ended with this exit code, and never with a panic.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "{}\n{}\n{}",
            self.command,
            self.out,
            self.err
        );
        assert!(
            !self.err.contains("panicked"),
            "{}\n{}",
            self.command,
            self.err
        );
        self
    }

    /// Standard error holds these words. Long messages are wrapped, and a gap is a gap.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let flat = self.err.replace(['│', '\n'], " ");
        let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(
                flat.contains(word),
                "{} does not say `{word}`:\n{}\n{}",
                self.command,
                self.err,
                self.out
            );
        }
        self
    }

    /// Standard output holds this.
    #[track_caller]
    pub fn shows(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.out.contains(word),
                "{} does not show `{word}`:\n{}",
                self.command,
                self.out
            );
        }
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.command, self.out))
    }

    /// Standard output as JSON lines.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{}: {error}: {line}", self.command))
            })
            .collect()
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
