//! The content of a `file` change: inert text, in which no reader of YAML finds a Kubernetes object.

use std::collections::BTreeSet;

use aegis_host::capability::derive;
use aegis_host::proposal::{Action, Change, File, OnImmutable};
use aegis_host::template::Templated;
use libyaml_safer::{EventData, Parser};

use super::proposal::context;
use crate::authentic::identifier;
use crate::check;

pub(super) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Ok(content) = Templated::parse(text) else {
        return;
    };
    let literal = content.as_literal().map(str::to_owned);
    let change = Change {
        id: identifier("a"),
        cluster: None,
        after: Vec::new(),
        on_immutable: OnImmutable::Fail,
        action: Action::File(File {
            path: "docs/a.yaml".to_owned(),
            content,
        }),
    };
    match derive(&change, &context(None)) {
        Ok(requests) => {
            requests.iter().for_each(check::shown);
            assert!(!requests.is_empty());
            // The port of libyaml ends in a panic where the original gives an error.
            if let Some(text) = literal {
                let seen = crate::peer::ask(|| holds_object(&text)).unwrap_or_default();
                assert!(!seen, "an object in a file: {text:?}");
            }
        }
        Err(denial) => check::refused(&denial),
    }
}

/// Whether libyaml, which most readers of Kubernetes manifests descend from, sees an object in a list or on its
/// own, before the first thing that is not YAML.
fn holds_object(text: &str) -> bool {
    let mut bytes = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut bytes);
    // For each open map the number of nodes in it and what its keys were; lists have none.
    let mut open: Vec<Option<(usize, BTreeSet<String>)>> = Vec::new();
    while let Ok(event) = parser.parse() {
        match event.data {
            EventData::StreamEnd => break,
            EventData::Scalar { value, .. } => count(&mut open, Some(value)),
            EventData::Alias { .. } => count(&mut open, None),
            EventData::SequenceStart { .. } => {
                count(&mut open, None);
                open.push(None);
            }
            EventData::MappingStart { .. } => {
                count(&mut open, None);
                open.push(Some((0, BTreeSet::new())));
            }
            EventData::SequenceEnd | EventData::MappingEnd => {
                let on_its_own = |open: &[Option<_>]| open.iter().all(Option::is_none);
                if let Some(Some((_, keys))) = open.pop()
                    && on_its_own(&open)
                    && keys.contains("apiVersion")
                    && keys.contains("kind")
                {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// A node begins; every second one of a map is a key.
fn count(open: &mut [Option<(usize, BTreeSet<String>)>], text: Option<String>) {
    if let Some(Some((nodes, keys))) = open.last_mut() {
        if *nodes % 2 == 0 {
            keys.extend(text);
        }
        *nodes += 1;
    }
}
