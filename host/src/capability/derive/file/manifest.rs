//! Whether a reader of Kubernetes manifests would find an object in a text.
//!
//! The readers do not agree. `kubectl` and Argo CD cut a text at lines that start with `---` before they parse
//! anything, some of them drop the rest of such a line, JSON values may follow each other without a separator,
//! and keys may be escaped, anchored, tagged or merged in. A text is therefore looked at in each of these ways, and it
//! holds an object as soon as one of them finds the keys of one.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, Tag};

/// Most nodes of one document. What is larger is not looked into.
const MOST_NODES: usize = 200_000;
/// Deepest nesting, of merges and lists of lists as well.
const MOST_LEVELS: usize = 64;

/// What became of a look at a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sight {
    /// Every reader finds something else, or nothing.
    Nothing,
    /// It cannot be read, and the words of an object are in it.
    Doubtful,
    Object,
}

/// Looks at a text in every way that it may be read.
pub(super) fn look(text: &str) -> Sight {
    // Readers written in Go skip this mark at the start of every line.
    let text = text.replace('\u{feff}', "");
    std::iter::once(text.as_str())
        .chain(pieces(&text))
        .map(
            |piece| match read_json(piece).or_else(|| read_yaml(piece)) {
                Some(true) => Sight::Object,
                Some(false) => Sight::Nothing,
                None if mentions(piece) => Sight::Doubtful,
                None => Sight::Nothing,
            },
        )
        .max()
        .unwrap_or(Sight::Nothing)
}

/// What lies between lines that start with `---`, whatever follows on them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let here = rest?;
        let mut at = 0;
        for line in here.split_inclusive('\n') {
            if line.starts_with("---") {
                rest = here.get(at + line.len()..);
                return here.get(..at);
            }
            at += line.len();
        }
        rest = None;
        Some(here)
    })
}

/// Whether a stream of JSON values holds an object; `None` when it is no such stream to its end.
fn read_json(text: &str) -> Option<bool> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        let mut document = Document::default();
        let root = document.of_json(&value.ok()?)?;
        if document.is_object(root)? {
            return Some(true);
        }
    }
    Some(false)
}

/// Whether a stream of YAML documents holds an object; `None` when it cannot be read to its end.
fn read_yaml(text: &str) -> Option<bool> {
    let mut document = Document::default();
    for event in Parser::new_from_str(text) {
        match event.ok()?.0 {
            Event::DocumentStart(_) => document = Document::default(),
            Event::DocumentEnd => {
                if let Some(root) = document.root
                    && document.is_object(root)?
                {
                    return Some(true);
                }
            }
            event => document.add(event)?,
        }
    }
    Some(false)
}

/// A document as far as the look needs it. Nodes are numbered, so that an alias is one more way to a node.
#[derive(Default)]
struct Document {
    nodes: Vec<Node>,
    /// By the parser's number of the anchor.
    anchors: BTreeMap<usize, usize>,
    /// Maps and lists that are not closed yet.
    open: Vec<usize>,
    root: Option<usize>,
}

enum Node {
    Text {
        text: String,
        /// A tag may make another text of it: `!!binary` is decoded.
        disguised: bool,
    },
    List(Vec<usize>),
    /// Keys and values in turns.
    Map(Vec<usize>),
}

impl Document {
    /// Adds what an event says; `None` when that is more than anybody looks into.
    fn add(&mut self, event: Event<'_>) -> Option<()> {
        match event {
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).copied()?;
                self.place(node);
            }
            Event::Scalar(text, _, anchor, tag) => {
                let disguised = tag.is_some_and(|tag| !is_text(&tag));
                let text = text.into_owned();
                self.node(Node::Text { text, disguised }, anchor)?;
            }
            Event::SequenceStart(anchor, _) => self.start(Node::List(Vec::new()), anchor)?,
            Event::MappingStart(anchor, _) => self.start(Node::Map(Vec::new()), anchor)?,
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
            }
            _ => {}
        }
        Some(())
    }

    fn node(&mut self, node: Node, anchor: usize) -> Option<usize> {
        let number = self.nodes.len();
        if number >= MOST_NODES {
            return None;
        }
        self.nodes.push(node);
        if anchor > 0 {
            self.anchors.insert(anchor, number);
        }
        self.place(number);
        Some(number)
    }

    fn start(&mut self, node: Node, anchor: usize) -> Option<()> {
        let number = self.node(node, anchor)?;
        self.open.push(number);
        (self.open.len() <= MOST_LEVELS).then_some(())
    }

    /// Puts a node where the document has come to.
    fn place(&mut self, node: usize) {
        match self.open.last().and_then(|open| self.nodes.get_mut(*open)) {
            Some(Node::List(items) | Node::Map(items)) => items.push(node),
            Some(Node::Text { .. }) => {}
            None => self.root = Some(node),
        }
    }

    /// The nodes of a JSON value, as the parser's events would make them.
    fn of_json(&mut self, value: &serde_json::Value) -> Option<usize> {
        let text = |text: &str| Node::Text {
            text: text.to_owned(),
            disguised: false,
        };
        match value {
            serde_json::Value::Array(items) => {
                self.start(Node::List(Vec::new()), 0)?;
                for item in items {
                    self.of_json(item)?;
                }
                self.open.pop();
            }
            serde_json::Value::Object(entries) => {
                self.start(Node::Map(Vec::new()), 0)?;
                for (key, value) in entries {
                    self.node(text(key), 0)?;
                    self.of_json(value)?;
                }
                self.open.pop();
            }
            _ => {
                self.node(text(""), 0)?;
            }
        }
        self.root
    }

    /// Whether a node is an object, a list with one in it, or a map with one among its `items`. `None` when that
    /// takes more steps than anybody needs.
    fn is_object(&self, root: usize) -> Option<bool> {
        let mut steps = MOST_NODES;
        let mut open = vec![(root, 0)];
        while let Some((node, level)) = open.pop() {
            let (mut version, mut kind) = (false, false);
            match self.nodes.get(node)? {
                Node::Text { .. } => {}
                Node::List(items) => open.extend(items.iter().map(|item| (*item, level + 1))),
                Node::Map(_) => {
                    for (key, value) in self.entries(node, &mut steps)? {
                        let Some(Node::Text { text, disguised }) = self.nodes.get(key) else {
                            continue;
                        };
                        version |= *disguised || is_word(text, "apiversion");
                        kind |= *disguised || is_word(text, "kind");
                        if *disguised || is_word(text, "items") {
                            open.push((value, level + 1));
                        }
                    }
                }
            }
            if version && kind {
                return Some(true);
            }
            steps = steps.checked_sub(1)?;
            if level > MOST_LEVELS {
                return None;
            }
        }
        Some(false)
    }

    /// Keys and values of a map, with those that `<<` merges in.
    fn entries(&self, map: usize, steps: &mut usize) -> Option<Vec<(usize, usize)>> {
        let mut entries = Vec::new();
        let mut open = vec![map];
        while let Some(node) = open.pop() {
            *steps = steps.checked_sub(1)?;
            match self.nodes.get(node)? {
                Node::Text { .. } => {}
                Node::List(maps) => open.extend(maps),
                Node::Map(items) => {
                    for pair in items.chunks_exact(2) {
                        *steps = steps.checked_sub(1)?;
                        let &[key, value] = pair else { continue };
                        match self.nodes.get(key) {
                            Some(Node::Text { text, .. }) if text == "<<" => open.push(value),
                            _ => entries.push((key, value)),
                        }
                    }
                }
            }
        }
        Some(entries)
    }
}

/// Whether a tag leaves a text what it is.
fn is_text(tag: &Tag) -> bool {
    tag.suffix == "str" || tag.suffix == "!" || tag.suffix.is_empty()
}

/// Go's JSON reader finds the fields of a struct in any case, Unicode's odd letters included.
fn is_word(text: &str, word: &str) -> bool {
    text.chars().map(fold).eq(word.chars())
}

fn fold(c: char) -> char {
    match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    }
}

/// Whether both words are somewhere in a text, escaped or not, or something that is decoded.
fn mentions(text: &str) -> bool {
    let plain: String = unescape(text).chars().map(fold).collect();
    (plain.contains("apiversion") && plain.contains("kind")) || plain.contains("binary")
}

/// Resolves `\xXX`, `\uXXXX` and `\UXXXXXXXX`, and takes away escaped ends of lines.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        plain.push_str(before);
        let digits = match escape.chars().next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some('\n') => {
                rest = escape.trim_start();
                continue;
            }
            _ => 0,
        };
        let code = escape
            .get(1..1 + digits)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        rest = escape;
        if let Some(c) = code {
            plain.push(c);
            rest = escape.get(1 + digits..).unwrap_or_default();
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests;
