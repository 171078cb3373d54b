//! What a CEL expression can reach.

use crate::template::Node;

/// Kyverno's libraries that do more than look at the object: they fetch from a URL, read other objects of the
/// cluster with the controller's rights, or make some.
const REACHING_OUT: &[&str] = &["http", "resource", "globalcontext", "generator"];

/// Whether any text below a node may use such a library. Every word counts that is not a member of something
/// on the same line, wherever it stands, so that no way of writing one is missed: strings and comments are not told apart.
pub(super) fn reaches_out(node: &Node) -> bool {
    let mut found = false;
    node.visit(&mut |place| {
        if let Node::Text(text) = place.node {
            found |= text.as_literal().is_none_or(names_library);
        }
    });
    found
}

fn names_library(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    REACHING_OUT.iter().any(|library| {
        lower.match_indices(library).any(|(at, _)| {
            let before = lower.get(..at).unwrap_or_default();
            let after = lower.get(at + library.len()..).unwrap_or_default();
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
            let member = before.strip_suffix('.').is_some_and(|object| {
                object.ends_with(|c: char| is_word(c) || matches!(c, ')' | ']'))
            });
            whole && !member
        })
    })
}

#[cfg(test)]
mod tests {
    use super::names_library;

    #[test]
    fn libraries_are_found_however_they_are_written() {
        for text in [
            "http.Get('https://x')",
            "[http][0].Post('https://x', object)",
            "true || .http.Get('x')",
            "1 // x.\nhttp.Get('x')",
            "resource.List('v1', 'secrets', '')",
            "globalContext.Get('x', '')",
            "generator.Apply('x', [])",
        ] {
            assert!(names_library(text), "{text}");
        }
    }

    #[test]
    fn members_and_longer_words_are_not_libraries() {
        for text in [
            "object.spec.containers.all(c, c.resources.limits.cpu != '')",
            "request.resource.resource == 'pods'",
            "url('https://x')",
            "variables.http",
        ] {
            assert!(!names_library(text), "{text}");
        }
    }
}
