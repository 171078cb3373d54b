//! JSON pointers (RFC 6901).

/// Adds one segment to a pointer, escaped: `~` becomes `~0` and `/` becomes `~1`.
///
/// ```
/// let mut pointer = String::from("/nodes");
/// aegis_plugin::pointer::push(&mut pointer, "a/b");
/// assert_eq!(pointer, "/nodes/a~1b");
/// ```
pub fn push(pointer: &mut String, segment: &str) {
    pointer.push('/');
    for character in segment.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// The pointer of these segments, from the document's root.
///
/// ```
/// assert_eq!(aegis_plugin::pointer::of(["nodes", "max"]), "/nodes/max");
/// assert_eq!(aegis_plugin::pointer::of(Vec::<String>::new()), "");
/// ```
pub fn of<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> String {
    let mut pointer = String::new();
    for segment in segments {
        push(&mut pointer, segment.as_ref());
    }
    pointer
}
