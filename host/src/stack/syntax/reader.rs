//! From text to nodes, without recursion: a file can be nested as deep as it likes without
//! reaching the stack of this process.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};

use super::invisible::find_invisible;
use super::node::{Entry, Node, Value};
use super::position::{Positions, Span, Spanned};
use super::scalar::{Scalar, Style, Typed};
use crate::stack::codes;
use crate::stack::error::{Diagnostic, Report};

/// Largest file, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;
/// Deepest nesting of maps and lists.
pub const MOST_LEVELS: usize = 64;
/// Most maps, lists and scalars, keys included.
pub const MOST_NODES: usize = 50_000;

/// Reads one document. What is wrong goes to the report; the tree is returned as far as it makes
/// sense to look at it (`None` when it does not).
pub(crate) fn read(text: &str, report: &mut Report) -> Option<Node> {
    let positions = Positions::new(text);
    if let Some(problem) = find_invisible(text, &positions) {
        report.add(problem);
        return None;
    }
    let mut reader = Reader {
        positions,
        text,
        report,
        open: Vec::new(),
        nodes: 0,
        root: None,
        documents: 0,
        sound: true,
    };
    let outcome = reader.run(&mut Parser::new_from_str(text));
    let (root, sound) = (reader.root.take(), reader.sound);
    if let Err(problem) = outcome {
        report.add(*problem);
        return None;
    }
    let absent = |node: &Node| node.is_null() && node.span.len == 0;
    match root.filter(|root| !absent(root)) {
        Some(root) => sound.then_some(root),
        None => {
            if report.is_empty() {
                report.add(empty());
            }
            None
        }
    }
}

pub(crate) fn empty() -> Diagnostic {
    Diagnostic::new(codes::EMPTY, "the stack file is empty").help(
        "`aegis init` writes a small one; it needs `aegis`, `name`, `domain`, `preset` and \
         `clusters`",
    )
}

/// A map or list that is not closed yet.
struct Open {
    start: Span,
    kind: OpenKind,
    /// End of the last child, in bytes. A block's own end event comes only after the comments and
    /// blank lines that follow it.
    last: usize,
}

enum OpenKind {
    Map {
        entries: Vec<Entry>,
        seen: BTreeMap<String, Span>,
        key: Option<Key>,
    },
    List(Vec<Node>),
}

/// A key that waits for its value.
enum Key {
    Good(Spanned<String>),
    /// Already reported; its value is dropped.
    Refused,
}

struct Reader<'t, 'r> {
    positions: Positions<'t>,
    text: &'t str,
    report: &'r mut Report,
    open: Vec<Open>,
    nodes: usize,
    root: Option<Node>,
    documents: usize,
    /// False once a part of the file had to be left out, so that its absence says nothing.
    sound: bool,
}

impl<'t> Reader<'t, '_> {
    fn run(&mut self, parser: &mut Parser<'t, StrInput<'t>>) -> Result<(), Box<Diagnostic>> {
        while let Some(event) = parser.next_event() {
            let (event, place) = event.map_err(|error| Box::new(self.not_yaml(&error)))?;
            let start = self.positions.byte(place.start.index());
            let end = self.positions.byte(place.end.index());
            let span = self.positions.span(start, end);
            match event {
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                Event::DocumentStart(explicit) => self.document(explicit, span)?,
                Event::Alias(_) => {
                    self.count(span)?;
                    self.alias(span);
                }
                Event::Scalar(text, style, anchor, tag) => {
                    self.properties(span, anchor, tag.is_some());
                    self.count(span)?;
                    self.scalar(text.into_owned(), style, span);
                }
                Event::SequenceStart(anchor, tag) => {
                    self.properties(span, anchor, tag.is_some());
                    self.open(span, OpenKind::List(Vec::new()))?;
                }
                Event::MappingStart(anchor, tag) => {
                    self.properties(span, anchor, tag.is_some());
                    let kind = OpenKind::Map {
                        entries: Vec::new(),
                        seen: BTreeMap::new(),
                        key: None,
                    };
                    self.open(span, kind)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(end),
            }
        }
        Ok(())
    }

    fn document(&mut self, explicit: bool, span: Span) -> Result<(), Box<Diagnostic>> {
        self.documents += 1;
        if self.documents > 1 {
            return Err(Diagnostic::new(
                codes::SEVERAL_DOCUMENTS,
                "a stack file holds one YAML document",
            )
            .at(span, "a second document starts here")
            .help("keep each stack in a file of its own and choose with `--file`")
            .into());
        }
        if explicit && let Some(directive) = self.directive(span.offset) {
            self.report.add(
                Diagnostic::new(codes::TAG, "YAML directives are not part of a stack file")
                    .at(directive, "a directive")
                    .help("remove the line; stack files are always YAML 1.2"),
            );
        }
        Ok(())
    }

    /// Before an explicit document start there can only be comments, blank lines and directives.
    fn directive(&self, until: usize) -> Option<Span> {
        let mut offset = 0;
        for line in self.text.get(..until)?.split_inclusive(['\n', '\r']) {
            let content = line.trim_start_matches('\u{feff}').trim_end();
            if content.starts_with('%') {
                let start = offset + line.find('%').unwrap_or(0);
                return Some(self.positions.span(start, start + content.len()));
            }
            offset += line.len();
        }
        None
    }

    /// Anchors and tags in front of a node.
    fn properties(&mut self, span: Span, anchor: usize, tagged: bool) {
        if anchor > 0 {
            self.report.add(alias(span, "an anchor"));
        }
        if tagged {
            self.report.add(
                Diagnostic::new(codes::TAG, "YAML tags are not part of a stack file")
                    .at(span, "a tag")
                    .help("remove the `!…`; put text that looks like a number into quotes"),
            );
        }
    }

    /// Stands in for the node that the alias means.
    fn alias(&mut self, span: Span) {
        self.report.add(alias(span, "an alias"));
        self.sound = false;
        match self.open.last_mut().map(|open| &mut open.kind) {
            Some(OpenKind::Map { key, .. }) => {
                *key = match key.take() {
                    None => Some(Key::Refused),
                    Some(_) => None,
                }
            }
            Some(OpenKind::List(_)) | None => {}
        }
    }

    fn count(&mut self, span: Span) -> Result<(), Box<Diagnostic>> {
        self.nodes += 1;
        if self.nodes <= MOST_NODES {
            return Ok(());
        }
        Err(Diagnostic::new(
            codes::TOO_MANY_NODES,
            format!("the stack file holds more than {MOST_NODES} values"),
        )
        .at(span, "the first one too many")
        .help("split the platform into several stacks")
        .into())
    }

    fn open(&mut self, start: Span, kind: OpenKind) -> Result<(), Box<Diagnostic>> {
        self.count(start)?;
        if self.open.len() >= MOST_LEVELS {
            return Err(Diagnostic::new(
                codes::TOO_DEEP,
                format!("values are nested more than {MOST_LEVELS} levels deep"),
            )
            .at(start, "the first one too deep")
            .help("check this line's brackets and indentation")
            .into());
        }
        let last = start.end();
        self.open.push(Open { start, kind, last });
        Ok(())
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else {
            return;
        };
        // A flow collection ends with its bracket; a block collection with its last child.
        let flow = self
            .text
            .get(open.start.offset..)
            .is_some_and(|text| text.starts_with(['[', '{']));
        let span = open.start.until(if flow { end } else { open.last });
        let value = match open.kind {
            OpenKind::Map { entries, .. } => Value::Map(entries),
            OpenKind::List(items) => Value::List(items),
        };
        self.node(Node { value, span });
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, span: Span) {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        // The parser reports the place of an absent value as that of the token around it.
        let span = if style == Style::Plain && text.is_empty() {
            span.until(span.offset)
        } else {
            span
        };
        self.node(Node {
            value: Value::Scalar(Scalar::new(text, style)),
            span,
        });
    }

    /// Puts a finished node where it belongs.
    fn node(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.last = open.last.max(node.span.end());
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map { entries, seen, key } => match key.take() {
                None => *key = Some(check_key(node, seen, self.report)),
                Some(Key::Good(name)) => entries.push(Entry {
                    key: name,
                    value: node,
                }),
                Some(Key::Refused) => {}
            },
        }
    }

    fn not_yaml(&self, error: &ScanError) -> Diagnostic {
        let start = self.positions.byte(error.marker().index());
        let next = self.text.get(start..).and_then(|rest| rest.chars().next());
        let span = self
            .positions
            .span(start, start + next.map_or(0, char::len_utf8));
        let help = match next {
            _ if error.info().contains("tab") => "YAML is indented with spaces, never with tabs",
            Some('@' | '`' | '%') => "put text that starts with this character into quotes",
            Some(':') => "put text that contains `: ` into quotes",
            _ => "check the indentation, brackets and quotes of this line and the one before",
        };
        Diagnostic::new(
            codes::NOT_YAML,
            format!("this is not valid YAML: {}", error.info()),
        )
        .at(span, "the reader stopped here")
        .help(help)
    }
}

fn alias(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(
        codes::ALIAS,
        "anchors, aliases and merge keys are not part of a stack file",
    )
    .at(span, what)
    .help("write the value out; what several stages share belongs under `settings`")
}

/// A key must be text, and new to its map.
fn check_key(node: Node, seen: &mut BTreeMap<String, Span>, report: &mut Report) -> Key {
    let scalar = match node.value {
        Value::Scalar(scalar) if scalar.typed == Typed::Text => scalar,
        value => {
            let node = Node { value, ..node };
            let help = match &node.value {
                Value::Scalar(scalar) if !scalar.raw.is_empty() => {
                    format!("write it in quotes: `\"{}\"`", scalar.raw)
                }
                _ => "a key is a text such as `name`".to_owned(),
            };
            report.add(
                Diagnostic::new(codes::KEY_NOT_TEXT, "a key must be text")
                    .at(node.span, format!("this is {}", node.describe()))
                    .help(help),
            );
            return Key::Refused;
        }
    };
    if scalar.style == Style::Plain && scalar.raw == "<<" {
        report.add(alias(node.span, "a merge key"));
        return Key::Refused;
    }
    if let Some(first) = seen.get(&scalar.raw) {
        report.add(
            Diagnostic::new(
                codes::DUPLICATE_KEY,
                format!("the key `{}` stands twice in one map", scalar.raw),
            )
            .at(node.span, "the second one")
            .and(*first, "the first one")
            .help("remove one of them, or join their values"),
        );
        return Key::Refused;
    }
    seen.insert(scalar.raw.clone(), node.span);
    Key::Good(Spanned::new(scalar.raw, node.span))
}
