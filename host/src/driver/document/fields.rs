//! Taking a stored document apart, strictly.

use std::collections::BTreeMap;

use aegis_document::{Identifier, pointer};

use super::error::DocumentError;
use crate::template::{Node, Templated};

/// The entries of a map, taken out one after the other; what is left at the end is an error.
pub(super) struct Fields {
    entries: BTreeMap<String, Node>,
    at: String,
}

impl Fields {
    pub(super) fn of(node: Node, at: &str) -> Result<Self, DocumentError> {
        match node {
            Node::Map(entries) => Ok(Self {
                entries,
                at: at.to_owned(),
            }),
            _ => Err(DocumentError::form(at, "a map")),
        }
    }

    /// Where an entry stands.
    pub(super) fn at(&self, key: &str) -> String {
        pointer::join(&self.at, key)
    }

    fn wrong(&self, key: &str, expected: &str) -> DocumentError {
        DocumentError::form(self.at(key), expected)
    }

    pub(super) fn optional(&mut self, key: &str) -> Option<Node> {
        self.entries.remove(key)
    }

    pub(super) fn node(&mut self, key: &str) -> Result<Node, DocumentError> {
        self.optional(key).ok_or_else(|| self.wrong(key, "a value"))
    }

    /// A map of any content.
    pub(super) fn map(&mut self, key: &str) -> Result<Node, DocumentError> {
        match self.node(key)? {
            node @ Node::Map(_) => Ok(node),
            _ => Err(self.wrong(key, "a map")),
        }
    }

    /// A text without tokens.
    pub(super) fn text(&mut self, key: &str) -> Result<String, DocumentError> {
        self.optional_text(key)?
            .ok_or_else(|| self.wrong(key, "a text"))
    }

    pub(super) fn optional_text(&mut self, key: &str) -> Result<Option<String>, DocumentError> {
        match self.optional(key) {
            None => Ok(None),
            Some(node) => match node.as_str() {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(self.wrong(key, "a text without tokens")),
            },
        }
    }

    pub(super) fn identifier(&mut self, key: &str) -> Result<Identifier, DocumentError> {
        let text = self.text(key)?;
        Identifier::new(text).map_err(|_| self.wrong(key, "a name"))
    }

    pub(super) fn optional_identifier(
        &mut self,
        key: &str,
    ) -> Result<Option<Identifier>, DocumentError> {
        match self.optional_text(key)? {
            None => Ok(None),
            Some(text) => Identifier::new(text)
                .map(Some)
                .map_err(|_| self.wrong(key, "a name")),
        }
    }

    /// A text that may hold tokens.
    pub(super) fn templated(&mut self, key: &str) -> Result<Templated, DocumentError> {
        let at = self.at(key);
        templated(self.node(key)?, &at)
    }

    pub(super) fn boolean(&mut self, key: &str) -> Result<bool, DocumentError> {
        self.node(key)?
            .as_bool()
            .ok_or_else(|| self.wrong(key, "true or false"))
    }

    pub(super) fn integer<T: TryFrom<i64>>(&mut self, key: &str) -> Result<T, DocumentError> {
        let number = self
            .node(key)?
            .as_i64()
            .and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| self.wrong(key, "an integer in range"))
    }

    /// A list, each item with its place; absent is empty.
    pub(super) fn list(&mut self, key: &str) -> Result<Vec<(Node, String)>, DocumentError> {
        let at = self.at(key);
        match self.optional(key) {
            None => Ok(Vec::new()),
            Some(Node::List(items)) => Ok(items
                .into_iter()
                .enumerate()
                .map(|(index, item)| (item, format!("{at}/{index}")))
                .collect()),
            Some(_) => Err(self.wrong(key, "a list")),
        }
    }

    /// A list of texts without tokens; absent is empty.
    pub(super) fn texts(&mut self, key: &str) -> Result<Vec<String>, DocumentError> {
        let literal = |(node, at): (Node, String)| {
            node.as_str()
                .map(str::to_owned)
                .ok_or_else(|| DocumentError::form(at, "a text without tokens"))
        };
        self.list(key)?.into_iter().map(literal).collect()
    }

    /// A list of names; absent is empty.
    pub(super) fn identifiers(&mut self, key: &str) -> Result<Vec<Identifier>, DocumentError> {
        let at = self.at(key);
        let name =
            |text| Identifier::new(text).map_err(|_| DocumentError::form(at.clone(), "names"));
        self.texts(key)?.into_iter().map(name).collect()
    }

    /// A map from text to text, without tokens; absent is empty.
    pub(super) fn text_map(&mut self, key: &str) -> Result<Vec<(String, String)>, DocumentError> {
        let at = self.at(key);
        let literal = |(name, node): (String, Node)| match node.as_str() {
            Some(text) => Ok((name, text.to_owned())),
            None => Err(DocumentError::form(
                pointer::join(&at, &name),
                "a text without tokens",
            )),
        };
        self.entries_of(key)?.into_iter().map(literal).collect()
    }

    /// A map from text to text that may hold tokens; absent is empty.
    pub(super) fn templated_map(
        &mut self,
        key: &str,
    ) -> Result<Vec<(String, Templated)>, DocumentError> {
        let at = self.at(key);
        let text = |(name, node): (String, Node)| {
            let place = pointer::join(&at, &name);
            Ok((name, templated(node, &place)?))
        };
        self.entries_of(key)?.into_iter().map(text).collect()
    }

    /// The entries of a map; absent is empty.
    pub(super) fn entries_of(
        &mut self,
        key: &str,
    ) -> Result<BTreeMap<String, Node>, DocumentError> {
        match self.optional(key) {
            None => Ok(BTreeMap::new()),
            Some(Node::Map(entries)) => Ok(entries),
            Some(_) => Err(self.wrong(key, "a map")),
        }
    }

    /// What was not taken.
    pub(super) fn rest(self) -> Node {
        Node::Map(self.entries)
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), DocumentError> {
        match self.entries.keys().next() {
            None => Ok(()),
            Some(key) => Err(DocumentError::form(
                pointer::join(&self.at, key),
                "no such field",
            )),
        }
    }
}

/// A text in a place that only takes text: a number that came from a fact is printed.
fn templated(node: Node, at: &str) -> Result<Templated, DocumentError> {
    match node {
        Node::Text(text) => Ok(text),
        Node::Number(number) => Ok(Templated::literal(number.to_string())),
        Node::Bool(value) => Ok(Templated::literal(value.to_string())),
        _ => Err(DocumentError::form(at, "a text")),
    }
}

/// Builds a map.
pub(super) fn map<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::Map(
        entries
            .into_iter()
            .map(|(key, node)| (key.to_owned(), node))
            .collect(),
    )
}

/// Builds a map of those entries that are not empty maps, empty lists or null.
pub(super) fn map_of_some<const N: usize>(entries: [(&str, Node); N]) -> Node {
    let says_something = |node: &Node| match node {
        Node::Null => false,
        Node::List(items) => !items.is_empty(),
        Node::Map(entries) => !entries.is_empty(),
        _ => true,
    };
    let kept = entries.into_iter().filter(|(_, node)| says_something(node));
    Node::Map(kept.map(|(key, node)| (key.to_owned(), node)).collect())
}

pub(super) fn texts<'a, T: AsRef<str> + 'a>(items: impl IntoIterator<Item = &'a T>) -> Node {
    Node::List(
        items
            .into_iter()
            .map(|item| Node::text(item.as_ref()))
            .collect(),
    )
}

pub(super) fn optional_text(text: Option<&str>) -> Node {
    text.map_or(Node::Null, Node::text)
}

pub(super) fn text_map(entries: &[(String, String)]) -> Node {
    Node::Map(
        entries
            .iter()
            .map(|(key, text)| (key.clone(), Node::text(text.as_str())))
            .collect(),
    )
}

pub(super) fn templated_map(entries: &[(String, Templated)]) -> Node {
    Node::Map(
        entries
            .iter()
            .map(|(key, text)| (key.clone(), Node::Text(text.clone())))
            .collect(),
    )
}

/// Refuses a key that stands twice in sorted pairs.
pub(super) fn no_key_twice<T>(pairs: &[(String, T)]) -> Result<(), DocumentError> {
    let twice = pairs
        .iter()
        .zip(pairs.iter().skip(1))
        .find(|(left, right)| left.0 == right.0);
    match twice {
        Some(((key, _), _)) => Err(DocumentError::Twice {
            name: aegis_document::untrusted(key).to_string(),
        }),
        None => Ok(()),
    }
}
