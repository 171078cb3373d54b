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
        assert_eq!(self.code, Some(code), "{self}");
        assert!(!self.err.contains("panicked"), "{self}");
        self
    }

    /// Standard error holds these words. Long messages are wrapped, and a gap is a gap.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let flat = self.err.replace(['│', '\n'], " ");
        let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(flat.contains(word), "`{word}` is not said: {self}");
        }
        self
    }

    /// Standard output holds this.
    #[track_caller]
    pub fn shows(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.out.contains(word), "`{word}` is not shown: {self}");
        }
        self
    }

    /// Standard output as JSON lines: events, and the answer as the last of them.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self}"))
            })
            .collect()
    }

    /// The answer as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        self.json_lines().pop().unwrap()
    }

    /// The problems that were answered as JSON.
    #[track_caller]
    pub fn problems(&self) -> Vec<Value> {
        let answer = self.json();
        answer["diagnostics"].as_array().unwrap().clone()
    }
}

/// What a person would look at first: the command, and the ends of what it wrote.
impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = |text: &str| {
            let skip = text.chars().count().saturating_sub(4000);
            text.chars().skip(skip).collect::<String>()
        };
        let code = self
            .code
            .map_or("a signal".to_owned(), |code| code.to_string());
        write!(
            f,
            "{} ended with {code}\n{}\n{}",
            self.command,
            end(&self.out),
            end(&self.err)
        )
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
