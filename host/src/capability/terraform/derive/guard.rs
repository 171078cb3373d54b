//! Which values of a guarded attribute are plain.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::capability::terraform::types::Guard;
use crate::template::{Mode, Node, Segment, Token};

/// Whether a token may stand in such an attribute.
pub(super) fn takes_tokens(guard: Guard) -> bool {
    matches!(guard, Guard::PrivateBlock | Guard::AwsService)
}

/// Whether the value is plain. The shape has been checked.
pub(super) fn is_plain(guard: Guard, node: &Node) -> bool {
    match guard {
        Guard::True => *node == Node::Bool(true),
        Guard::False => *node == Node::Bool(false),
        Guard::OneOf(values) => node.as_str().is_some_and(|text| values.contains(&text)),
        Guard::PrivateBlock => match node {
            Node::Text(text) => match text.as_literal() {
                Some(literal) => is_private_block(literal),
                None => text.as_token().is_some(),
            },
            _ => false,
        },
        Guard::AwsService => match node {
            Node::Text(text) => is_aws_service(text.segments()),
            _ => false,
        },
    }
}

/// `com.amazonaws.REGION.SERVICE`; endpoint services of others are named `com.amazonaws.vpce.…`. Where the region is a
/// token, it is the one that AWS tells.
fn is_aws_service(segments: &[Segment]) -> bool {
    let Some(Segment::Literal(literal)) = segments.first() else {
        return false;
    };
    let Some(rest) = literal.strip_prefix("com.amazonaws.") else {
        return false;
    };
    match segments.get(1) {
        Some(Segment::Token(Token::Resource(token))) if rest.is_empty() => {
            token.mode == Mode::Data && token.kind == "aws_region"
        }
        None => rest.split_once('.').is_some_and(|(region, service)| region != "vpce" && !service.is_empty()),
        Some(_) => rest.split_once('.').is_some_and(|(region, _)| region != "vpce"),
    }
}

/// Within the ranges of RFC 1918, RFC 6598 (shared between carriers, used for Pods) and RFC 4193.
fn is_private_block(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else {
        return false;
    };
    let Ok(prefix) = prefix.parse::<u32>() else {
        return false;
    };
    if let Ok(address) = address.parse::<Ipv4Addr>() {
        let within = |network: [u8; 4], length: u32| {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            (length..=32).contains(&prefix) && u32::from(address) & mask == u32::from(Ipv4Addr::from(network))
        };
        return within([10, 0, 0, 0], 8)
            || within([172, 16, 0, 0], 12)
            || within([192, 168, 0, 0], 16)
            || within([100, 64, 0, 0], 10);
    }
    address
        .parse::<Ipv6Addr>()
        .is_ok_and(|address| (7..=128).contains(&prefix) && address.segments().first().is_some_and(|first| first & 0xfe00 == 0xfc00))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(guard: Guard, value: serde_json::Value) -> bool {
        is_plain(guard, &Node::parse(&value).unwrap())
    }

    #[test]
    fn only_private_blocks_are_plain() {
        for (text, private) in [
            ("10.0.0.0/8", true),
            ("10.1.2.0/24", true),
            ("172.16.0.0/12", true),
            ("172.32.0.0/16", false),
            ("192.168.1.1/32", true),
            ("100.64.0.0/10", true),
            ("fd00::/8", true),
            ("0.0.0.0/0", false),
            ("0.0.0.0/1", false),
            ("128.0.0.0/1", false),
            ("10.0.0.0/7", false),
            ("10.0.0.0/0", false),
            ("10.0.0.0", false),
            ("::/0", false),
            ("8000::/1", false),
            ("fc00::/6", false),
            ("203.0.113.0/24", false),
            ("", false),
            ("${x}", false),
        ] {
            assert_eq!(plain(Guard::PrivateBlock, json!(text)), private, "{text}");
        }
        assert!(plain(Guard::PrivateBlock, json!("@{network.cidr}")));
        assert!(!plain(Guard::PrivateBlock, json!("@{network.address}/0")));
    }

    #[test]
    fn an_endpoint_leads_to_aws_itself() {
        for (text, plain_) in [
            ("com.amazonaws.us-east-1.s3", true),
            ("com.amazonaws.@{data:aws_region.r.name}.s3", true),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-0abc", false),
            ("com.amazonaws.vpce", false),
            ("com.amazonaws.v@{x}", false),
            ("com.amazonaws.@{region}.s3", false),
            ("com.amazonaws.us-east-1.ecr.@{x}", true),
            ("com.amazonaws.", false),
            ("@{service}", false),
            ("example", false),
        ] {
            assert_eq!(plain(Guard::AwsService, json!(text)), plain_, "{text}");
        }
    }
}
