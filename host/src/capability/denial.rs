//! Why something was refused.

use std::fmt;

use aegis_document::Identifier;
use serde::Serialize;

/// Which wall refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wall {
    /// What no plugin of this kind may do.
    Kind,
    /// The stage's clusters.
    Reach,
    /// What the plugin's signed statement asks for.
    Signed,
    /// What the operator granted.
    Granted,
    /// What nobody can grant.
    Never,
}

/// A refusal: exit code 3. Every text is safe to show. The texts are boxed because every judgement returns
/// one of these, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Denial {
    /// Stable, `AEG03` and two digits.
    pub code: &'static str,
    /// What was asked for.
    pub asked: Box<str>,
    pub wall: Wall,
    /// Why it is refused, one sentence without a full stop.
    pub reason: Box<str>,
    /// What to do next.
    pub help: Box<str>,
    /// The change that implies it.
    pub change: Option<Identifier>,
    /// JSON pointer into that change's document.
    pub pointer: Option<String>,
}

impl Denial {
    /// Something that no grant can allow.
    pub fn forbidden(
        code: &'static str,
        asked: impl Into<String>,
        reason: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            asked: asked.into().into_boxed_str(),
            wall: Wall::Never,
            reason: reason.into().into_boxed_str(),
            help: help.into().into_boxed_str(),
            change: None,
            pointer: None,
        }
    }

    /// Says where in the change's document.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Says which change.
    #[must_use]
    pub fn of(mut self, change: &Identifier) -> Self {
        self.change = Some(change.clone());
        self
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(change) = &self.change {
            write!(f, "change {change}: ")?;
        }
        f.write_str(&self.asked)?;
        if let Some(pointer) = self
            .pointer
            .as_deref()
            .filter(|pointer| !pointer.is_empty())
        {
            write!(f, " (at {})", aegis_document::untrusted(pointer))?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for Denial {}

impl miette::Diagnostic for Denial {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }
}
