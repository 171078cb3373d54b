//! What a file that YAML readers take holds.
//!
//! Only the part of YAML that every reader reads alike is let through: where the readers of other programs
//! could see an object that this one does not, nobody can say what a file is.

use saphyr_parser::{Event, Parser};

/// What was found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Text,
    /// A map with `apiVersion` and `kind`.
    Object,
    /// YAML that readers disagree about, or none.
    Unclear(&'static str),
}

/// Whether programs that take a folder of manifests look into a file of this name.
pub(super) fn is_read_as_yaml(path: &str) -> bool {
    let ending = path.rsplit(['.', '/']).next().unwrap_or(path);
    ["yaml", "yml", "json"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// A map or list that is not closed yet.
enum Open {
    List,
    Map {
        /// The next node is a key.
        key: bool,
        has_version: bool,
        has_kind: bool,
    },
}

/// Reads all documents of a text.
pub(super) fn look(text: &str) -> Found {
    if text.lines().any(|line| line.starts_with('%')) {
        return Found::Unclear("it has a directive");
    }
    let mut open: Vec<Open> = Vec::new();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let Ok((event, _)) = event else {
            return Found::Unclear("it is not YAML");
        };
        match event {
            Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
            Event::Alias(_) => return Found::Unclear("it has an alias"),
            Event::Scalar(_, _, anchor, tag) if anchor > 0 || tag.is_some() => {
                return Found::Unclear("it has an anchor or a tag");
            }
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag)
                if anchor > 0 || tag.is_some() =>
            {
                return Found::Unclear("it has an anchor or a tag");
            }
            Event::Scalar(text, ..) => {
                if node(&mut open, Some(&text)) {
                    return Found::Object;
                }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if at_key(&open) => {
                return Found::Unclear("a key is not a text");
            }
            Event::SequenceStart(..) => open.push(Open::List),
            Event::MappingStart(..) => open.push(Open::Map {
                key: true,
                has_version: false,
                has_kind: false,
            }),
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
                node(&mut open, None);
            }
        }
    }
    Found::Text
}

fn at_key(open: &[Open]) -> bool {
    matches!(open.last(), Some(Open::Map { key: true, .. }))
}

/// A node is complete. Returns whether it made an object of the map around it.
fn node(open: &mut [Open], text: Option<&str>) -> bool {
    let Some(Open::Map {
        key,
        has_version,
        has_kind,
    }) = open.last_mut()
    else {
        return false;
    };
    if *key {
        *has_version |= text == Some("apiVersion");
        *has_kind |= text == Some("kind");
    }
    *key = !*key;
    *has_version && *has_kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_in_spellings_that_no_search_finds() {
        for text in [
            "\"api\\\n  Version\": v1\nkind: Role\n",
            "? kind # a comment\n: Role\n? apiVersion # another\n: v1\n",
            "a:\n- apiVersion: v1\n  kind: Role\n",
            "a\n---\n{\"apiVersion\": v1, \"kind\": Role}\n",
        ] {
            assert_eq!(look(text), Found::Object, "{text:?}");
        }
    }

    #[test]
    fn what_readers_could_disagree_about_is_unclear() {
        for text in [
            "- &k kind\n- *k : Role\n",
            "!!binary a2luZA==: Role\n",
            "a: &x 1\n",
            "<<: *x\n",
            "%TAG ! tag:example.com,2026:\n---\na: 1\n",
            "? [a]\n: 1\n",
            "a: b: c\n",
            "{",
        ] {
            assert!(matches!(look(text), Found::Unclear(_)), "{text:?}");
        }
    }

    #[test]
    fn other_documents_are_text() {
        for text in [
            "",
            "kind: only\n",
            "a: {apiVersion: v1}\nb: {kind: Role}\n",
            "apiVersion: kind\n",
            "[1, 2, {\"panels\": [{\"kind\": 1}]}]",
            "a: 1\n---\nb: |\n  apiVersion: v1\n",
        ] {
            assert_eq!(look(text), Found::Text, "{text:?}");
        }
    }

    #[test]
    fn manifests_have_three_endings() {
        for (path, read) in [
            ("a.yaml", true),
            ("docs/A.YML", true),
            ("x.json", true),
            ("docs/a.md", false),
            ("yaml", true),
            ("a.yaml.md", false),
        ] {
            assert_eq!(is_read_as_yaml(path), read, "{path}");
        }
    }
}
