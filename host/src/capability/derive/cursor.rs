//! Reading a document that is being judged: a place in it, and refusals that name the place.

use std::collections::BTreeMap;

use aegis_document::{pointer, untrusted};

use crate::capability::codes;
use crate::capability::denial::Denial;
use crate::template::{Node, Templated};

/// A node of a document with the way to it. `null` counts as absent, as it does for the API server.
#[derive(Clone, Debug)]
pub(in crate::capability) struct Cursor<'a> {
    node: &'a Node,
    pointer: String,
    /// What the document is for, for refusals.
    asked: &'a str,
}

impl<'a> Cursor<'a> {
    pub(in crate::capability) fn new(node: &'a Node, asked: &'a str) -> Self {
        Self {
            node,
            pointer: String::new(),
            asked,
        }
    }

    pub(in crate::capability) fn node(&self) -> &'a Node {
        self.node
    }

    pub(in crate::capability) fn asked(&self) -> &'a str {
        self.asked
    }

    pub(in crate::capability) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The child of a map; `None` when it is absent or `null`, or this is no map.
    pub(in crate::capability) fn get(&self, key: &str) -> Option<Self> {
        match self.node.get(key)? {
            Node::Null => None,
            node => Some(self.child(node, key)),
        }
    }

    /// The node at the end of a way of keys.
    pub(in crate::capability) fn find(&self, way: &[&str]) -> Option<Self> {
        way.iter()
            .try_fold(self.clone(), |cursor, key| cursor.get(key))
    }

    fn child(&self, node: &'a Node, key: &str) -> Self {
        Self {
            node,
            pointer: pointer::join(&self.pointer, key),
            asked: self.asked,
        }
    }

    /// The entries of a map that are not `null`.
    pub(in crate::capability) fn entries(&self) -> Result<Vec<(&'a str, Self)>, Denial> {
        let map: &BTreeMap<String, Node> =
            self.node.as_map().ok_or_else(|| self.malformed("a map"))?;
        Ok(map
            .iter()
            .filter(|(_, node)| **node != Node::Null)
            .map(|(key, node)| (key.as_str(), self.child(node, key)))
            .collect())
    }

    /// The items of a list.
    pub(in crate::capability) fn items(&self) -> Result<Vec<Self>, Denial> {
        let list = self
            .node
            .as_list()
            .ok_or_else(|| self.malformed("a list"))?;
        Ok(list
            .iter()
            .enumerate()
            .map(|(index, node)| self.child(node, &index.to_string()))
            .collect())
    }

    /// The items of a list below a key; none when it is absent.
    pub(in crate::capability) fn list(&self, key: &str) -> Result<Vec<Self>, Denial> {
        self.get(key)
            .map_or_else(|| Ok(Vec::new()), |list| list.items())
    }

    /// A text that decides what is allowed: without tokens.
    pub(in crate::capability) fn literal(&self) -> Result<&'a str, Denial> {
        match self.node {
            Node::Text(text) => text.as_literal().ok_or_else(|| self.token()),
            _ => Err(self.malformed("a text")),
        }
    }

    /// A text of which tokens may be part.
    pub(in crate::capability) fn text(&self) -> Result<&'a Templated, Denial> {
        self.node.as_text().ok_or_else(|| self.malformed("a text"))
    }

    /// A literal text below a key.
    pub(in crate::capability) fn literal_at(&self, key: &str) -> Result<Option<&'a str>, Denial> {
        self.get(key).map(|cursor| cursor.literal()).transpose()
    }

    /// A literal text below a key that has to be there.
    pub(in crate::capability) fn required(&self, key: &str) -> Result<&'a str, Denial> {
        self.literal_at(key)?.ok_or_else(|| self.missing(key))
    }

    /// The literal texts of a list below a key.
    pub(in crate::capability) fn literals_at(&self, key: &str) -> Result<Vec<&'a str>, Denial> {
        self.list(key)?.iter().map(Self::literal).collect()
    }

    /// `true` or `false` below a key.
    pub(in crate::capability) fn bool_at(&self, key: &str) -> Result<Option<bool>, Denial> {
        self.get(key)
            .map(|cursor| {
                cursor
                    .node
                    .as_bool()
                    .ok_or_else(|| cursor.malformed("`true` or `false`"))
            })
            .transpose()
    }

    pub(in crate::capability) fn missing(&self, key: &str) -> Denial {
        self.refuse(
            codes::MALFORMED_FIELD,
            format!("`{key}` is missing"),
            "set it",
        )
    }

    pub(in crate::capability) fn malformed(&self, wanted: &str) -> Denial {
        self.refuse(
            codes::MALFORMED_FIELD,
            format!("this has to be {wanted}"),
            "see the kind's reference",
        )
    }

    /// A field that no policy knows.
    pub(in crate::capability) fn unknown(&self, key: &str) -> Denial {
        let shown: String = key.chars().take(80).collect();
        self.refuse(
            codes::UNKNOWN_FIELD,
            format!(
                "the host has no policy for the field `{}`",
                untrusted(&shown)
            ),
            "leave it out",
        )
    }

    /// Something that nobody can grant.
    pub(in crate::capability) fn forbidden(
        &self,
        reason: impl Into<String>,
        help: impl Into<String>,
    ) -> Denial {
        self.refuse(codes::FORBIDDEN, reason, help)
    }

    fn token(&self) -> Denial {
        self.refuse(
            codes::CONTROL_FIELD,
            "this decides what is allowed and has to be literal text, without tokens",
            "write the value itself; facts by value can be used to make it",
        )
    }

    /// A refusal at this place.
    pub(in crate::capability) fn refuse(
        &self,
        code: &'static str,
        reason: impl Into<String>,
        help: impl Into<String>,
    ) -> Denial {
        Denial::forbidden(code, self.asked, reason, help).at(self.pointer.clone())
    }

    /// Refuses tokens anywhere below.
    pub(in crate::capability) fn fixed(&self) -> Result<(), Denial> {
        if self.node.has_tokens() {
            Err(self.token())
        } else {
            Ok(())
        }
    }
}
