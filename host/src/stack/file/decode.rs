//! Taking typed values out of nodes. Every function reports what is wrong and gives `None`, so that
//! a file's problems are found together.

use std::ops::RangeInclusive;

use serde_json::Map;

use super::formats::FormError;
use super::keys::Key;
use super::suggest::{quoted, valid};
use super::words::Word;
use crate::stack::codes;
use crate::stack::error::{Diagnostic, Report};
use crate::stack::syntax::{
    Entry, Node, NumberProblem, Scalar, Span, SpanMap, Spanned, Typed, Value, object,
};

/// The values of a map with fixed keys.
pub(crate) struct Fields<'n> {
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key.value == name)
    }
}

/// Free JSON of the file, with the places of its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Free {
    pub value: Map<String, serde_json::Value>,
    pub spans: SpanMap,
}

/// A map with fixed keys. Unknown and missing keys are reported; `what` is the map's name for
/// people, `at` the place where a missing key is missed.
pub(crate) fn fields<'n>(
    node: &'n Node,
    keys: &'static [Key],
    what: &str,
    at: Span,
    report: &mut Report,
) -> Option<Fields<'n>> {
    let entries = entries(node, what, report)?;
    for entry in entries {
        if !keys.iter().any(|key| key.name == entry.key.value) {
            let name = quoted(&entry.key.value);
            report.add(
                Diagnostic::new(codes::UNKNOWN_KEY, format!("{what} has no key {name}"))
                    .at(entry.key.span, "unknown key")
                    .help(valid(
                        "key",
                        &entry.key.value,
                        keys.iter().map(|key| key.name),
                    )),
            );
        }
    }
    for key in keys.iter().filter(|key| key.required) {
        if !entries.iter().any(|entry| entry.key.value == key.name) {
            report.add(
                Diagnostic::new(
                    codes::MISSING_KEY,
                    format!("{what} needs the key `{}`", key.name),
                )
                .at(at, format!("`{}` is missing", key.name))
                .help(format!("`{}`: {}", key.name, key.about)),
            );
        }
    }
    Some(Fields { entries })
}

/// A map with free keys.
pub(crate) fn entries<'n>(node: &'n Node, what: &str, report: &mut Report) -> Option<&'n [Entry]> {
    match &node.value {
        Value::Map(entries) => Some(entries),
        _ => {
            wrong_type(node, what, Wanted::Map, report);
            None
        }
    }
}

/// A list.
pub(crate) fn list<'n>(node: &'n Node, what: &str, report: &mut Report) -> Option<&'n [Node]> {
    match &node.value {
        Value::List(items) => Some(items),
        _ => {
            wrong_type(node, what, Wanted::List, report);
            None
        }
    }
}

/// Text, or the digits of a number that was written without quotes.
pub(crate) fn text(node: &Node, what: &str, report: &mut Report) -> Option<Spanned<String>> {
    if let Value::Scalar(scalar) = &node.value
        && let Some(text) = scalar.text()
    {
        return Some(Spanned::new(text.to_owned(), node.span));
    }
    wrong_type(node, what, Wanted::Text, report);
    None
}

/// Text of a certain form.
pub(crate) fn parsed<T>(
    node: &Node,
    what: &str,
    code: &'static str,
    form: impl Fn(&str) -> Result<T, FormError>,
    report: &mut Report,
) -> Option<Spanned<T>> {
    let text = text(node, what, report)?;
    formed(&text, what, code, form, report)
}

/// A key or text of a certain form.
pub(crate) fn formed<T>(
    text: &Spanned<String>,
    what: &str,
    code: &'static str,
    form: impl Fn(&str) -> Result<T, FormError>,
    report: &mut Report,
) -> Option<Spanned<T>> {
    match form(&text.value) {
        Ok(value) => Some(Spanned::new(value, text.span)),
        Err(error) => {
            report.add(
                Diagnostic::new(code, format!("{} is not {what}", quoted(&text.value)))
                    .at(text.span, error.reason)
                    .help(error.help),
            );
            None
        }
    }
}

/// One of a closed set of words.
pub(crate) fn word<T: Word>(node: &Node, what: &str, report: &mut Report) -> Option<Spanned<T>> {
    word_of(&text(node, what, report)?, what, report)
}

/// One of a closed set of words, as a key.
pub(crate) fn word_of<T: Word>(
    text: &Spanned<String>,
    what: &str,
    report: &mut Report,
) -> Option<Spanned<T>> {
    let found = T::all().iter().find(|value| value.word() == text.value);
    if found.is_none() {
        report.add(
            Diagnostic::new(
                codes::UNKNOWN_WORD,
                format!("{} is not {what}", quoted(&text.value)),
            )
            .at(text.span, "unknown value")
            .help(valid(
                "value",
                &text.value,
                T::all().iter().map(|value| value.word()),
            )),
        );
    }
    found.map(|value| Spanned::new(*value, text.span))
}

/// A whole number within a range.
pub(crate) fn integer(
    node: &Node,
    what: &str,
    range: RangeInclusive<i64>,
    report: &mut Report,
) -> Option<Spanned<i64>> {
    let number = match &node.value {
        Value::Scalar(Scalar {
            typed: Typed::Int(number),
            ..
        }) => *number,
        _ => {
            wrong_type(node, what, Wanted::WholeNumber, report);
            return None;
        }
    };
    if range.contains(&number) {
        return Some(Spanned::new(number, node.span));
    }
    report.add(
        Diagnostic::new(codes::OUT_OF_RANGE, format!("{number} is not {what}"))
            .at(node.span, "out of range")
            .help(format!(
                "use a number from {} to {}",
                range.start(),
                range.end()
            )),
    );
    None
}

/// A map of free JSON.
pub(crate) fn free(node: &Node, what: &str, report: &mut Report) -> Option<Free> {
    let entries = entries(node, what, report)?;
    check_numbers(node, report);
    Some(Free {
        value: object(entries),
        spans: SpanMap::of(node),
    })
}

/// 2^53 - 1, the largest integer that every JSON reader keeps (RFC 7493 §2.2). Beyond it two numbers
/// have one canonical form, and a digest could not tell them apart.
const MOST_EXACT: u64 = (1 << 53) - 1;

/// Reports the numbers of free JSON that would not survive on their way to a plugin.
pub(crate) fn check_numbers(node: &Node, report: &mut Report) {
    node.visit(&mut |node| {
        let Value::Scalar(scalar) = &node.value else {
            return;
        };
        let (message, help) = match scalar.typed {
            Typed::OddNumber(NumberProblem::LeadingZero) => (
                "readers disagree about numbers with a leading zero",
                "put it into quotes if it is text such as an account id; else remove the zero",
            ),
            Typed::OddNumber(NumberProblem::NotFinite) => (
                "infinity and not-a-number cannot be passed on",
                "put it into quotes if it is text",
            ),
            Typed::OddNumber(NumberProblem::TooLarge) => (
                "this number does not fit into 64 bits",
                "put it into quotes if it is text",
            ),
            Typed::Int(number) if number.unsigned_abs() > MOST_EXACT => (
                "numbers beyond 9007199254740991 are not exact in JSON",
                "put it into quotes if it is text such as an identifier",
            ),
            _ => return,
        };
        report.add(
            Diagnostic::new(codes::ODD_NUMBER, message)
                .at(node.span, "this number")
                .help(help),
        );
    });
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    Map,
    List,
    Text,
    WholeNumber,
    /// Anything but nothing.
    Value,
    /// A word, or a map for what needs more.
    WordOrMap,
}

impl Wanted {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Map => (
                "a map",
                "write `{key: value}`, or indented lines of `key: value`",
            ),
            Self::List => (
                "a list",
                "write `[one, two]`, or indented lines that start with `- `",
            ),
            Self::Text => (
                "text",
                "write one text; in quotes if it looks like something else",
            ),
            Self::WholeNumber => ("a whole number", "write digits, without quotes"),
            Self::Value => ("a value", "give it a value, or remove the line"),
            Self::WordOrMap => ("a word or a map", "write one word, or `{key: value}`"),
        }
    }
}

pub(crate) fn wrong_type(node: &Node, what: &str, wanted: Wanted, report: &mut Report) {
    let (wanted, help) = wanted.words();
    report.add(
        Diagnostic::new(
            codes::WRONG_TYPE,
            format!("{what} must be {wanted}, not {}", shown(node)),
        )
        .at(first_line(node), format!("expected {wanted}"))
        .help(help),
    );
}

fn shown(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) if scalar.typed == Typed::Text => quoted(&scalar.raw),
        _ => node.describe(),
    }
}

/// A collection's span can be long; its first child shows well enough where it is.
fn first_line(node: &Node) -> Span {
    match &node.value {
        Value::Map(entries) => entries.first().map_or(node.span, |entry| entry.key.span),
        Value::List(items) => items.first().map_or(node.span, first_line),
        Value::Scalar(_) => node.span,
    }
}
