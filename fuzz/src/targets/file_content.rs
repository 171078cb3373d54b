//! The content of a `file` change: inert text, in which no reader of YAML finds a Kubernetes object.

use aegis_host::capability::derive;
use aegis_host::proposal::{Action, Change, File, OnImmutable};
use aegis_host::template::Templated;
use serde::Deserialize as _;
use serde_yaml_ng::Value as Yaml;

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
            if let Some(text) = literal {
                assert!(!holds_object(&text), "an object in a file: {text:?}");
            }
        }
        Err(denial) => check::refused(&denial),
    }
}

/// What the reader that most Kubernetes tools descend from (libyaml) sees: objects, up to the first
/// document that is not YAML.
fn holds_object(text: &str) -> bool {
    serde_yaml_ng::Deserializer::from_str(text)
        .map_while(|document| Yaml::deserialize(document).ok())
        .any(|document| is_object(&document))
}

fn is_object(value: &Yaml) -> bool {
    match value {
        Yaml::Mapping(entries) => ["apiVersion", "kind"]
            .iter()
            .all(|key| entries.get(*key).is_some()),
        Yaml::Sequence(items) => items.iter().any(is_object),
        Yaml::Tagged(tagged) => is_object(&tagged.value),
        _ => false,
    }
}
