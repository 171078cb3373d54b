//! A line that is shown: our words, and foreign text between them.

use std::fmt::Display;

use crate::cli::ui::Tone;

/// A line without a format. It never holds a line's end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<Piece>);

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// Whether somebody else decided the text: names, values, messages.
    pub foreign: bool,
    pub tone: Option<Tone>,
}

impl Line {
    /// Begins with words of ours.
    pub fn of(text: impl Into<String>) -> Self {
        Self::default().say(text)
    }

    /// Goes on with words of ours.
    #[must_use]
    pub fn say(self, text: impl Into<String>) -> Self {
        self.push(text.into(), false, None)
    }

    /// Goes on with words of ours that mean something good, bad or unimportant.
    #[must_use]
    pub fn tell(self, tone: Tone, text: impl Into<String>) -> Self {
        self.push(text.into(), false, Some(tone))
    }

    /// Goes on with foreign text.
    #[must_use]
    pub fn quote(self, text: impl Display) -> Self {
        self.push(text.to_string(), true, None)
    }

    /// Goes on with foreign texts, with commas between them.
    #[must_use]
    pub fn list<T: Display>(self, texts: impl IntoIterator<Item = T>) -> Self {
        let mut line = self;
        for (index, text) in texts.into_iter().enumerate() {
            if index > 0 {
                line = line.say(", ");
            }
            line = line.quote(text);
        }
        line
    }

    fn push(mut self, text: String, foreign: bool, tone: Option<Tone>) -> Self {
        self.0.push(Piece {
            text,
            foreign,
            tone,
        });
        self
    }

    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.0.iter()
    }
}
