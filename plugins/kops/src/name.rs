//! Names of Kubernetes and of AWS.

/// Whether a text is a DNS label (RFC 1123): lower-case letters, digits and `-`, at most 63 characters.
pub fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 63
        && text.bytes().next().is_some_and(inner)
        && text.bytes().next_back().is_some_and(inner)
        && text.bytes().all(|byte| inner(byte) || byte == b'-')
}

/// Whether a text is a DNS name of at least two labels.
pub fn is_dns_name(text: &str) -> bool {
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_dns_label)
}

/// Whether a text is the id of a Route 53 zone, `Z0123456789ABC`.
pub fn is_zone_id(text: &str) -> bool {
    (4..=32).contains(&text.len())
        && text.starts_with('Z')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The path behind `policy/` in the ARN of an IAM policy of this partition.
pub fn policy_path<'a>(arn: &'a str, partition: &str) -> Option<&'a str> {
    let rest = arn
        .strip_prefix("arn:")?
        .strip_prefix(partition)?
        .strip_prefix(":iam::")?;
    let (account, path) = rest.split_once(":policy/")?;
    let is_account = account == "aws"
        || (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
    // The characters of a policy's name without `@`, with which a token begins.
    let is_path = !path.is_empty()
        && path.len() <= 512
        && path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.-/".contains(&byte));
    (is_account && is_path).then_some(path)
}

/// Why a label or taint key cannot be an operator's.
pub fn key_problem(key: &str) -> Option<&'static str> {
    /// What kubelets and people may put on nodes, and what Pods can be kept apart by.
    const OPEN: [&str; 2] = ["node.kubernetes.io", "node-restriction.kubernetes.io"];
    let (domain, name) = match key.rsplit_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, key),
    };
    if !is_qualified(name) || !domain.is_none_or(is_dns_name) {
        return Some("not a key of a label: `name` or `domain/name`");
    }
    let reserved = domain.is_some_and(|domain| {
        !OPEN.contains(&domain)
            && ["kubernetes.io", "k8s.io"].iter().any(|own| {
                domain == *own
                    || domain
                        .strip_suffix(own)
                        .is_some_and(|rest| rest.ends_with('.'))
            })
    });
    reserved.then_some("a key of Kubernetes itself")
}

/// Whether a text can be a label's value.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_qualified(text)
}

fn is_qualified(text: &str) -> bool {
    let ends = |byte: u8| byte.is_ascii_alphanumeric();
    text.len() <= 63
        && text.bytes().next().is_some_and(ends)
        && text.bytes().next_back().is_some_and(ends)
        && text
            .bytes()
            .all(|byte| ends(byte) || b"-_.".contains(&byte))
}

/// Why a tag of AWS cannot be an operator's.
pub fn tag_problem(key: &str, value: &str) -> Option<&'static str> {
    let allowed = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" _.:/=+-".contains(&byte))
    };
    let owned = [
        "aws:",
        "aegis:",
        "kubernetes.io/",
        "k8s.io/",
        "kops.k8s.io/",
    ];
    if key.is_empty() || key.len() > 128 || !allowed(key) || value.len() > 256 || !allowed(value) {
        return Some(
            "letters, digits, spaces and `_.:/=+-`, at most 128 characters for the key and 256 for the value",
        );
    }
    if key == "Name"
        || key == "KubernetesCluster"
        || owned.iter().any(|prefix| key.starts_with(prefix))
    {
        return Some("a tag that kOps, AWS or Aegis decides about");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_kubernetes_are_not_an_operators() {
        for key in [
            "team",
            "example.com/team",
            "node.kubernetes.io/pool",
            "node-restriction.kubernetes.io/pci",
        ] {
            assert_eq!(key_problem(key), None, "{key}");
        }
        for key in [
            "",
            "-a",
            "a/b/c",
            "Example.com/a",
            "@{x}",
            "kubernetes.io/role",
            "node-role.kubernetes.io/control-plane",
            "kops.k8s.io/instancegroup",
            "x.node.kubernetes.io/a",
        ] {
            assert!(key_problem(key).is_some(), "{key}");
        }
    }

    #[test]
    fn policies_are_of_iam_and_of_the_partition() {
        assert_eq!(
            policy_path("arn:aws:iam::111122223333:policy/a/b", "aws"),
            Some("a/b")
        );
        assert_eq!(
            policy_path("arn:aws-cn:iam::aws:policy/X", "aws-cn"),
            Some("X")
        );
        for bad in [
            "",
            "arn:aws:iam::1:policy/x",
            "arn:aws:iam::111122223333:role/x",
            "arn:aws:iam::111122223333:policy/",
            "arn:aws:iam::111122223333:policy/@{x}",
            "arn:aws-cn:iam::aws:policy/X",
            "arn:aws:iam::*:policy/x",
        ] {
            assert_eq!(policy_path(bad, "aws"), None, "{bad}");
        }
    }

    #[test]
    fn tags_of_others_are_not_an_operators() {
        assert_eq!(tag_problem("cost-center", "42"), None);
        for (key, value) in [
            ("", "a"),
            ("Name", "a"),
            ("aws:x", "a"),
            ("kubernetes.io/cluster/x", "owned"),
            ("aegis:stack", "x"),
            ("a", "@{x}"),
            ("a", "\n"),
        ] {
            assert!(tag_problem(key, value).is_some(), "{key}");
        }
    }

    #[test]
    fn zones_are_names_or_ids() {
        assert!(is_dns_name("use1.shop.example.com") && is_zone_id("Z0123456789ABCDEFGHIJ"));
        for bad in ["", "com", "a..b", "a.b.", "A.b", "a.-b", &"a.".repeat(200)] {
            assert!(!is_dns_name(bad), "{bad}");
        }
        for bad in ["", "Z", "z0123456", "X0123456", "Z012.456"] {
            assert!(!is_zone_id(bad), "{bad}");
        }
    }
}
