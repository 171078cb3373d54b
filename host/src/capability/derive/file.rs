//! Inert text in the Git tree.

use aegis_document::untrusted;

use super::no_cluster;
use super::yaml::{self, Found};
use crate::capability::denial::Denial;
use crate::capability::file::FileRequest;
use crate::capability::{Request, codes, path};
use crate::proposal::{Change, File};
use crate::template::Segment;

pub(super) fn derive(file: &File, change: &Change) -> Result<Vec<Request>, Denial> {
    let asked = format!("write the file {}", untrusted(&file.path));
    no_cluster(change, &asked)?;
    path::check(&file.path).map_err(|problem| {
        let (code, help) = match problem {
            path::PathProblem::Syntax | path::PathProblem::TrailingDot => {
                (codes::MALFORMED_NAME, "choose another path")
            }
            _ => (
                codes::FORBIDDEN,
                "no grant helps: this file cannot come from a `file` change",
            ),
        };
        Denial::forbidden(code, asked.clone(), problem.to_string(), help)
    })?;
    let literal: String = file
        .content
        .segments()
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => text.as_str(),
            // A value cannot hold a line's beginning.
            Segment::Token(_) => "x",
        })
        .collect();
    let found = if yaml::is_read_as_yaml(&file.path) {
        yaml::look(&literal)
    } else {
        Found::Text
    };
    if let Found::Unclear(problem) = found {
        return Err(Denial::forbidden(
            codes::MALFORMED_FIELD,
            asked,
            format!("nobody can say whether every reader sees the same in it: {problem}"),
            "write plain YAML or JSON, or choose a path with another ending",
        ));
    }
    if found == Found::Object || is_object(&literal) {
        return Err(Denial::forbidden(
            codes::FORBIDDEN,
            asked,
            "the text has `apiVersion` and `kind`: it is a Kubernetes object in disguise",
            "propose it as an `apply` change, so that it is checked as what it is",
        ));
    }
    if !literal
        .chars()
        .all(|c| matches!(c, '\n' | '\t') || !c.is_control())
    {
        return Err(Denial::forbidden(
            codes::MALFORMED_FIELD,
            asked,
            "the text holds control characters",
            "only new lines and tabs are allowed",
        ));
    }
    Ok(vec![Request::File(FileRequest {
        path: file.path.clone(),
    })])
}

/// Whether some YAML or JSON reader could find both keys: at the start of a line, after `{` or `,`, or after
/// the dashes of a list, quoted or not. Escaped spellings of the words count as the words.
fn is_object(text: &str) -> bool {
    let plain = unescape(text);
    ["apiVersion", "kind"]
        .iter()
        .all(|key| has_key(&plain, key))
}

fn has_key(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| {
        let before = text
            .get(..at)
            .unwrap_or_default()
            .trim_end_matches(['"', '\'']);
        let after = text
            .get(at + key.len()..)
            .unwrap_or_default()
            .trim_start_matches(['"', '\''])
            .trim_start();
        let starts = before
            .trim_end_matches([' ', '\t'])
            .chars()
            .next_back()
            .is_none_or(|c| {
                matches!(
                    c,
                    '\n' | '\r'
                        | '{'
                        | ','
                        | '-'
                        | '?'
                        | '['
                        | '\u{feff}'
                        | '\u{85}'
                        | '\u{2028}'
                        | '\u{2029}'
                )
            });
        // YAML reads `!!str kind: x` and `&a kind: x` as the key as well.
        let decorated = before
            .trim_end_matches([' ', '\t'])
            .rsplit(['\n', '{', ','])
            .next()
            .is_some_and(|line| {
                line.split_whitespace()
                    .all(|word| word.starts_with(['!', '&', '-', '?']))
            });
        (starts || decorated) && after.starts_with(':')
    })
}

/// Resolves `\uXXXX` and `\xXX` escapes of ASCII letters, which JSON and YAML allow in keys.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let digits = match escape.as_bytes().get(1) {
            Some(b'u') => 4,
            Some(b'U') => 8,
            Some(b'x') => 2,
            _ => 0,
        };
        let code = escape
            .get(2..2 + digits)
            .filter(|_| digits > 0)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match code.and_then(char::from_u32).filter(char::is_ascii) {
            Some(c) => {
                plain.push(c);
                rest = escape.get(2 + digits..).unwrap_or_default();
            }
            None => {
                plain.push('\\');
                rest = escape.get(1..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::is_object;

    #[test]
    fn a_kubernetes_object_is_found_in_every_spelling() {
        for text in [
            "apiVersion: v1\nkind: Secret\n",
            "kind: Secret\napiVersion: v1\n",
            "---\n# note\n\"apiVersion\" : v1\n'kind': Role",
            "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[]}",
            "{ kind: Role , apiVersion: v1 }",
            "- apiVersion: v1\n  kind: Role",
            "a: 1\n---\napiVersion: v1\nkind: Role\n",
            "{\"\\u0061piVersion\":\"v1\",\"\\x6bind\":\"Role\"}",
            "! apiVersion: v1\n&a kind: Role",
            "? apiVersion\n: v1\n? kind\n: Role",
        ] {
            assert!(is_object(text), "{text:?}");
        }
    }

    #[test]
    fn prose_and_other_documents_are_text() {
        for text in [
            "",
            "# About the kind of apiVersion we use\n",
            "kind: only",
            "The apiVersion: v1 is set by `kind: X`.",
            "{\"mykind\": 1, \"myapiVersion\": 2}",
        ] {
            assert!(!is_object(text), "{text:?}");
        }
    }
}
