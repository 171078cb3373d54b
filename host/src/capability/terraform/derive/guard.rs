//! Which values of a guarded attribute are plain.

use crate::capability::iam::Tokens;
use crate::capability::terraform::blocks::{Audience, audience};
use crate::capability::terraform::types::Guard;
use crate::fact::Format;
use crate::template::{Mode, Node, Segment, Token};

/// Whether a token may stand in such an attribute.
pub(super) fn takes_tokens(guard: Guard) -> bool {
    matches!(guard, Guard::PrivateBlock | Guard::AwsService)
}

/// Whether the value is plain. The shape has been checked.
pub(super) fn is_plain(guard: Guard, node: &Node, tokens: &dyn Tokens) -> bool {
    match guard {
        Guard::True => *node == Node::Bool(true),
        Guard::False => *node == Node::Bool(false),
        Guard::OneOf(values) => node.as_str().is_some_and(|text| values.contains(&text)),
        Guard::PrivateBlock => match node {
            Node::Text(text) => match text.as_literal() {
                Some(literal) => audience(literal) == Audience::Private,
                // A text that somebody wrote elsewhere could be any block; one that is a block by
                // its format is a network's.
                None => {
                    text.as_token().and_then(|token| tokens.format(token)) == Some(Format::Cidr)
                }
            },
            _ => false,
        },
        Guard::AwsService => match node {
            Node::Text(text) => is_aws_service(text.segments()),
            _ => false,
        },
    }
}

/// `com.amazonaws.REGION.SERVICE`; endpoint services of others are named `com.amazonaws.vpce.…`.
/// Where the region is a token, it is the one that AWS tells.
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
        None => rest
            .split_once('.')
            .is_some_and(|(region, service)| region != "vpce" && !service.is_empty()),
        Some(_) => rest
            .split_once('.')
            .is_some_and(|(region, _)| region != "vpce"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The fact `network.cidr` is a block, everything else is text.
    struct Fake;

    impl Tokens for Fake {
        fn format(&self, token: &Token) -> Option<Format> {
            match token {
                Token::Fact(fact) if fact.fact.name == "network.cidr" => Some(Format::Cidr),
                _ => Some(Format::Text),
            }
        }

        fn own(&self, _: &Token) -> Option<&'static str> {
            None
        }
    }

    fn plain(guard: Guard, value: serde_json::Value) -> bool {
        is_plain(guard, &Node::parse(&value).unwrap(), &Fake)
    }

    #[test]
    fn only_private_blocks_are_plain() {
        for (text, private) in [
            ("10.1.2.0/24", true),
            ("203.0.113.0/24", false),
            ("0.0.0.0/0", false),
            ("${x}", false),
        ] {
            assert_eq!(plain(Guard::PrivateBlock, json!(text)), private, "{text}");
        }
        assert!(plain(Guard::PrivateBlock, json!("@{network.cidr}")));
        assert!(!plain(Guard::PrivateBlock, json!("@{network.address}/0")));
        assert!(!plain(Guard::PrivateBlock, json!("@{network.note}")));
        assert!(!plain(
            Guard::PrivateBlock,
            json!("@{resource:aws_vpc.main.tags.open}")
        ));
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
