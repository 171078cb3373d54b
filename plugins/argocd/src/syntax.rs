//! How names are written.

/// Whether a text is one label of a DNS name in lower case: the name of a namespace.
pub fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text is a DNS name in lower case: a host, the name of a Secret.
pub fn is_dns_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

/// Whether a text is a key of a Secret.
pub fn is_secret_key(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && !text.starts_with('.')
}

/// Whether a text is `https://host[:port]/path` without user information, query, fragment or anything that
/// a shell, YAML or Argo CD's own `$` references could take for more.
pub fn is_https_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    text.len() <= 512
        && is_dns_name(host)
        && port.is_none_or(|port| {
            port.bytes().all(|b| b.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port > 0)
        })
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_./~".contains(&b))
}

/// Whether a text is `https://host/path` of a Git repository.
pub fn is_repository(text: &str) -> bool {
    let path = text
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'));
    is_https_url(text)
        && path.is_some_and(|(_, path)| {
            path.split('/')
                .all(|segment| !segment.is_empty() && !segment.starts_with(['.', '-']))
        })
}

/// Whether a text is a 40-digit commit or the name of a branch.
pub fn is_revision(text: &str) -> bool {
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

/// Whether a text is a folder of a repository, as a relative path.
pub fn is_path(text: &str) -> bool {
    (1..=1024).contains(&text.len())
        && text.split('/').all(|segment| {
            !segment.is_empty()
                && !segment.starts_with(['.', '-'])
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
}

/// Whether a text can be a group, a scope or a client: one word that means nothing to CSV, YAML or Argo CD.
pub fn is_word(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:@/+=".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_they_have_to_be() {
        type Check = fn(&str) -> bool;
        let cases: [(Check, &[&str], &[&str]); 8] = [
            (is_label, &["argocd", "0-a"], &["", "-a", "a-", "A", "a.b"]),
            (
                is_dns_name,
                &["a", "argocd.shop.example.com"],
                &["", "a..b", ".a", "a.", "*.a"],
            ),
            (
                is_secret_key,
                &["client-secret", "a.b_C"],
                &["", ".a", "a:b", "a/b", "a$"],
            ),
            (
                is_https_url,
                &[
                    "https://a.example.com",
                    "https://a.example.com:8443/realms/x/",
                ],
                &[
                    "",
                    "http://a",
                    "https://",
                    "https://u:p@a/",
                    "https://a:0",
                    "https://a:+1",
                    "https://a/?q",
                    "https://a/#f",
                    "https://a/$x",
                    "https://a/b c",
                    "https://A",
                ],
            ),
            (
                is_repository,
                &[
                    "https://github.com/example/shop",
                    "https://git.example.com/a/b.git",
                ],
                &[
                    "https://github.com",
                    "https://github.com/",
                    "https://a/../b",
                    "https://a/b/",
                    "git@a:b",
                ],
            ),
            (
                is_revision,
                &[
                    "main",
                    "release/1.2",
                    "0123456789abcdef0123456789abcdef01234567",
                ],
                &["", "HEAD", "-x", "a..b", "refs/heads/main", "a b", "a.lock"],
            ),
            (
                is_path,
                &["clusters/use1", "a"],
                &["", "/a", "a/", "../a", ".git", "a/./b", "a b", "a\\b"],
            ),
            (
                is_word,
                &["platform-team", "org:team", "a@b.c"],
                &["", "a,b", "a b", "a\nb", "\"a\"", "$a"],
            ),
        ];
        for (index, (check, good, bad)) in cases.into_iter().enumerate() {
            for text in good {
                assert!(check(text), "{index}: {text:?}");
            }
            for text in bad {
                assert!(!check(text), "{index}: {text:?}");
            }
        }
    }
}
