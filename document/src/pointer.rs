//! RFC 6901 JSON pointers.

/// Appends one reference token to a pointer.
pub fn join(pointer: &str, token: &str) -> String {
    let mut joined = String::with_capacity(pointer.len() + 1 + token.len());
    joined.push_str(pointer);
    push(&mut joined, token);
    joined
}

/// Appends one reference token in place: `~` becomes `~0`, `/` becomes `~1`. Whoever walks a document keeps
/// one pointer, and cuts it back to the length it had.
pub fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    let mut rest = token;
    while let Some(at) = rest.find(['~', '/']) {
        let (plain, special) = rest.split_at(at);
        pointer.push_str(plain);
        pointer.push_str(if special.starts_with('~') { "~0" } else { "~1" });
        rest = &special[1..];
    }
    pointer.push_str(rest);
}

/// Appends the index of an item of a list in place.
pub fn push_index(pointer: &mut String, index: usize) {
    use std::fmt::Write;
    // Writing to a string does not fail.
    let _ = write!(pointer, "/{index}");
}

/// The decoded reference tokens of a pointer, or `None` when it is malformed: it neither is
/// empty nor starts with `/`, or holds a `~` that is not `~0` or `~1`.
pub fn tokens(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    pointer
        .strip_prefix('/')?
        .split('/')
        .map(unescape)
        .collect()
}

fn unescape(token: &str) -> Option<String> {
    let mut text = String::with_capacity(token.len());
    let mut chars = token.chars();
    while let Some(c) = chars.next() {
        match c {
            '~' => match chars.next()? {
                '0' => text.push('~'),
                '1' => text.push('/'),
                _ => return None,
            },
            c => text.push(c),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_is_read_back() {
        let pointer = join(&join("", "a/b"), "c~1");
        assert_eq!(pointer, "/a~1b/c~01");
        assert_eq!(tokens(&pointer), Some(vec!["a/b".into(), "c~1".into()]));
        assert_eq!(tokens(""), Some(vec![]));
        assert_eq!(tokens("/"), Some(vec![String::new()]));
    }

    #[test]
    fn malformed_pointers_are_refused() {
        for text in ["a", "a/b", "/~", "/~2", "/a~"] {
            assert_eq!(tokens(text), None, "{text}");
        }
    }
}
