//! Domains that the internal authority may issue for.

/// The domain that ICANN set aside for private use in 2024: no public name will ever end in it.
pub const INTERNAL: &str = "internal";

/// Of RFC 6762: a name of one label that is not public either, but is not DNS.
const LOCAL: &str = "local";

/// What every Service of a cluster answers to, besides the names that an operator chose.
pub const IN_CLUSTER: [&str; 2] = ["cluster.local", "svc"];

/// Whether a text is one label of a DNS name in lower case.
pub fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Why a text is no domain to issue for.
pub fn problem(text: &str) -> Option<&'static str> {
    if text.len() > 253 || !text.split('.').all(is_label) {
        return Some("is not a DNS name in lower case, without a dot at its ends");
    }
    let single = !text.contains('.');
    (single && text != INTERNAL && text != LOCAL).then_some(
        "is a whole top-level domain; the only ones for private use are `internal` and, with its traps, `local`",
    )
}

/// Whether resolvers may look for the domain's names with multicast.
pub fn is_mdns(domain: &str) -> bool {
    domain == LOCAL || domain.ends_with(".local")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_private_or_have_an_owner() {
        for good in ["internal", "shop.internal", "local", "a-b.example.com"] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in [
            "",
            "com",
            ".internal",
            "internal.",
            "a..b",
            "Internal",
            "a_b.internal",
            "-a.internal",
            "*.internal",
            "${x}.internal",
        ] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn local_is_multicast_and_localhost_is_not() {
        for (domain, mdns) in [
            ("local", true),
            ("printer.local", true),
            ("internal", false),
            ("local.internal", false),
        ] {
            assert_eq!(is_mdns(domain), mdns, "{domain}");
        }
    }
}
