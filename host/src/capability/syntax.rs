//! How names are written: Kubernetes objects and labels, Git commits and branches.

/// A DNS label of RFC 1123: at most 63 lower-case letters, digits and `-`.
pub fn is_dns_label(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| alphanumeric(b) || b == b'-')
        && text.bytes().next().is_some_and(alphanumeric)
        && text.bytes().last().is_some_and(alphanumeric)
}

/// A DNS subdomain of RFC 1123: at most 253 characters, labels joined by dots.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

/// A name that becomes one segment of a URL: what roles and bindings may be called, `system:node`.
pub fn is_path_segment(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b))
        && text != "."
        && text != ".."
}

/// An API group: empty for the core group.
pub fn is_api_group(text: &str) -> bool {
    text.is_empty() || is_dns_subdomain(text)
}

/// An API version: `v1`, `v1beta2`.
pub fn is_api_version(text: &str) -> bool {
    is_dns_label(text) && text.starts_with('v')
}

/// A kind in upper camel case, ASCII.
pub fn is_kind(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A label or annotation key: an optional DNS subdomain and `/`, then a name of at most 63 characters.
pub fn is_label_key(text: &str) -> bool {
    let (domain, name) = match text.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, text),
    };
    domain.is_none_or(is_dns_subdomain) && !name.is_empty() && is_label_value(name)
}

/// A label's value: empty, or at most 63 letters, digits, `-`, `_` and `.`, with letters or digits at both ends.
pub fn is_label_value(text: &str) -> bool {
    let edge = |b: Option<u8>| b.is_none_or(|b| b.is_ascii_alphanumeric());
    text.len() <= 63
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && edge(text.bytes().next())
        && edge(text.bytes().last())
}

/// A key of a ConfigMap or Secret.
pub fn is_config_key(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && text != "."
        && !text.starts_with("..")
}

/// A Git commit: 40 lower-case hexadecimal digits.
pub fn is_commit(text: &str) -> bool {
    text.len() == 40
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A Git branch in its plain form: no range, no `HEAD`, no leading dash, no `refs/` in front.
pub fn is_branch(text: &str) -> bool {
    let segment = |s: &str| {
        !s.is_empty() && !s.starts_with(['.', '-']) && !s.ends_with('.') && !s.ends_with(".lock")
    };
    (1..=200).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
        && text.split('/').all(segment)
        && !text.contains("..")
        && !text.starts_with("refs/")
        && text != "HEAD"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_as_the_api_server_does() {
        for (check, good, bad) in [
            (
                is_dns_label as fn(&str) -> bool,
                vec!["a", "0a-b"],
                vec!["", "-a", "a-", "A", "a.b", "a_b"],
            ),
            (
                is_dns_subdomain,
                vec!["a", "a.b-c"],
                vec!["", "a..b", ".a", "a.", "A.b"],
            ),
            (
                is_path_segment,
                vec!["system:node", "A_b.c"],
                vec!["", "a/b", "a%b", ".", ".."],
            ),
            (
                is_kind,
                vec!["Pod", "HTTPRoute", "L7Rule"],
                vec!["", "pod", "Pod/x", "P-d", "\u{420}od"],
            ),
            (
                is_api_version,
                vec!["v1", "v1beta1"],
                vec!["", "1", "V1", "v1/x"],
            ),
            (
                is_label_key,
                vec!["app", "a.b/C_d.e"],
                vec!["", "/a", "a/", "a/b/c", "-a", "A.b/c"],
            ),
            (
                is_label_value,
                vec!["", "a", "A_b.c-d"],
                vec!["-a", "a-", "a b", "a/b"],
            ),
            (
                is_config_key,
                vec!["a", ".dockerconfigjson", "ca.crt"],
                vec!["", ".", "..", "..a", "a/b"],
            ),
            (
                is_branch,
                vec!["main", "release/1.2"],
                vec![
                    "",
                    "HEAD",
                    "-x",
                    "a..b",
                    "refs/heads/x",
                    "a b",
                    "a.lock",
                    "a/",
                ],
            ),
        ] {
            for text in good {
                assert!(check(text), "{text:?}");
            }
            for text in bad {
                assert!(!check(text), "{text:?}");
            }
        }
        assert!(is_commit("0123456789abcdef0123456789abcdef01234567"));
        assert!(!is_commit("0123456789ABCDEF0123456789abcdef01234567"));
        assert!(!is_commit("v1"));
    }
}
