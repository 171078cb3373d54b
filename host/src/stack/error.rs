//! Problems of a stack file, as a person sees them: a stable code, what happened, where, and the
//! next step.

use std::fmt;
use std::sync::Arc;

use aegis_document::untrusted;
use miette::{LabeledSpan, NamedSource};

use super::syntax::Span;
use crate::next_step;

/// The text that spans point into, with the name it is shown under.
pub type Source = Arc<NamedSource<String>>;

/// How many problems one report lists; the rest are counted.
const MOST_PROBLEMS: usize = 100;

/// One problem.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Stable, `AEG` and four digits; [`super::codes`] says what each means.
    pub code: &'static str,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do next; without it, what is usual for the code.
    pub help: Option<String>,
    /// Where, if there is a place.
    pub span: Option<Span>,
    /// The words under the marked place.
    pub label: Option<String>,
    /// Other places that belong to the problem, each with its words.
    pub related: Vec<(Span, String)>,
    source: Option<Source>,
}

impl Diagnostic {
    /// A problem without a place, for example a missing file.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: None,
            span: None,
            label: None,
            related: Vec::new(),
            source: None,
        }
    }

    /// Says where the problem is. `label` stands under the marked place.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.span = Some(span);
        self.label = Some(label.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Marks a second place.
    #[must_use]
    pub fn and(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// Attaches the text that the spans point into.
    #[must_use]
    pub fn with_source(mut self, source: &Source) -> Self {
        self.source = Some(Arc::clone(source));
        self
    }

    /// The same in words that show as what they are: names and values of the file are among them, and a quoted
    /// text of YAML can hold any character.
    fn shown(mut self) -> Self {
        let related = self.related.iter_mut().map(|(_, label)| label);
        let words = [
            Some(&mut self.message),
            self.help.as_mut(),
            self.label.as_mut(),
        ];
        for text in words.into_iter().flatten().chain(related) {
            *text = untrusted(text).to_string();
        }
        self
    }

    /// Name of the file, when the problem has a place in one.
    pub fn file(&self) -> Option<&str> {
        self.source.as_deref().map(NamedSource::name)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match &self.help {
            Some(help) => Some(Box::new(help)),
            None => Some(Box::new(next_step::usual(self.code)?)),
        }
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        let source: &NamedSource<String> = self.source.as_deref()?;
        Some(source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let main = self
            .span
            .map(|span| LabeledSpan::new_primary_with_span(self.label.clone(), span));
        let others = self
            .related
            .iter()
            .map(|(span, label)| LabeledSpan::new_with_span(Some(label.clone()), *span));
        Some(Box::new(main.into_iter().chain(others)))
    }
}

/// Everything that is wrong with a stack file; never empty, sorted by place.
#[derive(Clone, Debug)]
pub struct Problems {
    list: Vec<Diagnostic>,
    omitted: usize,
}

impl Problems {
    /// The problems that are listed.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// How many more there are than are listed.
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

impl From<Diagnostic> for Problems {
    fn from(problem: Diagnostic) -> Self {
        Self {
            list: vec![problem],
            omitted: 0,
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list.as_slice() {
            [only] if self.omitted == 0 => write!(formatter, "{only}"),
            list => {
                write!(formatter, "{} problems", list.len() + self.omitted)?;
                if let Some(file) = list.iter().find_map(Diagnostic::file) {
                    write!(formatter, " in {file}")?;
                }
                if self.omitted > 0 {
                    write!(formatter, ", of which the first {} are shown", list.len())?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Problems {}

impl miette::Diagnostic for Problems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(
            self.list
                .iter()
                .map(|problem| problem as &dyn miette::Diagnostic),
        ))
    }
}

/// Collects problems while a file is read, so that all are reported at once.
#[derive(Debug)]
pub(crate) struct Report {
    source: Source,
    list: Vec<Diagnostic>,
    omitted: usize,
}

impl Report {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            list: Vec::new(),
            omitted: 0,
        }
    }

    /// Takes note of a problem in this report's file.
    pub(crate) fn add(&mut self, problem: Diagnostic) {
        if self.list.len() < MOST_PROBLEMS {
            self.list.push(problem.shown().with_source(&self.source));
        } else {
            self.omitted += 1;
        }
    }

    /// Takes over the problems of another file.
    pub(crate) fn absorb(&mut self, problems: Problems) {
        self.list.extend(problems.list);
        self.omitted += problems.omitted;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// `value` if nothing was wrong, else the problems by place. A report without problems but also
    /// without a value is a fault of ours and says so.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Problems> {
        match value {
            Some(value) if self.list.is_empty() => Ok(value),
            _ => {
                if self.list.is_empty() {
                    self.list.push(
                        Diagnostic::new(
                            super::codes::INTERNAL,
                            "the stack file could not be understood, and no reason was recorded",
                        )
                        .help("this is a fault of aegis: please report it with the file"),
                    );
                }
                self.list.sort_by_key(|problem| {
                    let place = problem.span.map_or(0, |span| span.offset);
                    (place, problem.code)
                });
                Err(Problems {
                    list: self.list,
                    omitted: self.omitted,
                })
            }
        }
    }
}
