//! Names and tags of what is made in AWS.

use std::collections::BTreeMap;

use aegis_plugin::{Cluster, Problems, Request, pointer};
use serde_json::{Map, Value};

/// The tag that says which stack a resource belongs to. Roles are held to their stack by it.
pub(crate) const STACK_TAG: &str = "aegis:stack";
/// The tag that says which cluster a resource belongs to.
const CLUSTER_TAG: &str = "aegis:cluster";

/// Tags of the operator's, by key.
pub(crate) type UserTags = BTreeMap<String, String>;

/// What every resource of a root is tagged with.
#[derive(Clone, Debug)]
pub(crate) struct Tags {
    common: Map<String, Value>,
    /// Goes before each resource's own name.
    prefix: String,
}

impl Tags {
    /// For what belongs to the stack.
    pub(crate) fn of_stack(request: &Request, user: &UserTags) -> Self {
        let mut common: Map<String, Value> = user
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        common.insert(STACK_TAG.to_owned(), request.stack.as_str().into());
        Self {
            common,
            prefix: request.stack.clone(),
        }
    }

    /// For what belongs to a cluster.
    pub(crate) fn of_cluster(request: &Request, cluster: &Cluster, user: &UserTags) -> Self {
        let mut tags = Self::of_stack(request, user);
        let name = cluster.name.as_str();
        tags.common.insert(CLUSTER_TAG.to_owned(), name.into());
        tags.prefix = format!("{}-{name}", request.stack);
        tags
    }

    /// The tags of the resource with this name.
    pub(crate) fn named(&self, name: &str) -> Value {
        self.with(name, [])
    }

    /// The tags of the resource with this name, and more of its own.
    pub(crate) fn with<const N: usize>(&self, name: &str, more: [(String, Value); N]) -> Value {
        let mut tags = self.common.clone();
        tags.insert("Name".to_owned(), format!("{}-{name}", self.prefix).into());
        tags.extend(more);
        Value::Object(tags)
    }
}

/// Checks tags of the operator's against what AWS takes for EC2, IAM, KMS and S3 alike, and keeps the keys
/// free that the stages themselves set.
pub(crate) fn check_tags(tags: &UserTags, problems: &mut Problems) {
    const RESERVED: [&str; 4] = ["aws:", "aegis:", "kubernetes.io/", "kops.k8s.io/"];
    const OWN: [&str; 3] = ["Name", "SubnetType", "KubernetesCluster"];
    let at_most = 40;
    problems.require(
        tags.len() <= at_most,
        "/tags",
        format!("at most {at_most} tags: AWS takes 50, and the stages add their own"),
    );
    for (key, value) in tags {
        let mut at = String::from("/tags");
        pointer::push(&mut at, key);
        let reserved = RESERVED.iter().any(|start| key.starts_with(start));
        problems.require(
            !reserved && !OWN.contains(&key.as_str()),
            at.as_str(),
            "this key is set by AWS, by the cluster or by this stage",
        );
        problems.require(
            !key.is_empty() && is_tag_text(key, 128) && is_tag_text(value, 256),
            at.as_str(),
            "a tag is letters, digits, spaces and `+-=._:/@`: a key of 1 to 128 characters, a value of at most 256",
        );
    }
}

fn is_tag_text(text: &str, longest: usize) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || " +-=._:/@".contains(c);
    text.len() <= longest && text.chars().all(fits)
}

/// The name of one of the stack's buckets, `shop-shop-example-com-state`. Bucket names are shared by all accounts of a
/// partition, so the stack's domain is in it; S3 takes at most 63 characters.
pub(crate) fn bucket(request: &Request, purpose: &str) -> String {
    let text = format!("{}-{}-{purpose}", request.stack, request.domain);
    fit(&dashed(&text), 63)
}

/// The text with dashes for dots, for names that take none.
pub(crate) fn dashed(text: &str) -> String {
    text.replace('.', "-")
}

/// The name itself when it is short enough; otherwise its beginning and a hash of all of it, so
/// that two long names with the same beginning stay apart and a name never changes.
pub(crate) fn fit(name: &str, longest: usize) -> String {
    if name.len() <= longest {
        return name.to_owned();
    }
    let hash = format!("-{:08x}", fnv1a(name));
    let kept: String = name
        .chars()
        .take(longest.saturating_sub(hash.len()))
        .collect();
    format!("{}{hash}", kept.trim_end_matches(['-', '.']))
}

/// FNV-1a with 32 bits (the Internet-Draft of Fowler, Noll and Vo): stable for ever, and nothing here depends on
/// its being hard to invert.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        for (text, hash) in [
            ("", 0x811c_9dc5),
            ("a", 0xe40c_292c),
            ("foobar", 0xbf9c_f968),
        ] {
            assert_eq!(fnv1a(text), hash, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_cut_and_stays_unique() {
        assert_eq!(fit("shop-state", 63), "shop-state");
        let long = "a".repeat(70);
        let (one, other) = (fit(&format!("{long}x"), 63), fit(&format!("{long}y"), 63));
        assert_eq!((one.len(), other.len()), (63, 63));
        assert_ne!(one, other);
        let dash_at_the_cut = format!("{}-{}", "a".repeat(53), "b".repeat(20));
        assert!(!fit(&dash_at_the_cut, 63).contains("--"));
    }

    #[test]
    fn tags_that_aws_or_the_stages_own_are_refused() {
        for (key, value, accepted) in [
            ("team", "orders", true),
            ("cost-centre", "4711 / a@b", true),
            ("", "x", false),
            ("aws:x", "x", false),
            ("aegis:stack", "x", false),
            ("kubernetes.io/role/elb", "1", false),
            ("Name", "x", false),
            ("a{b", "x", false),
            ("a", "@{use1/network.vpc-id}", false),
            ("a", &"x".repeat(257), false),
        ] {
            let mut problems = Problems::default();
            check_tags(
                &UserTags::from([(key.to_owned(), value.to_owned())]),
                &mut problems,
            );
            assert_eq!(problems.finish().is_ok(), accepted, "{key}={value}");
        }
    }
}
