//! Values of guarded fields.

use super::fields::Values;
use crate::capability::terraform::blocks::{Audience, audience};
use crate::template::{Node, Segment};

/// Where a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Among the guarded values.
    Within,
    /// Not among them.
    Beyond,
    /// Where no rule allows it, for this reason.
    Never(&'static str),
}

pub(super) fn judge(values: Values, node: &Node) -> Judged {
    let within = match values {
        Values::True => *node == Node::Bool(true),
        Values::False => *node == Node::Bool(false),
        Values::Zero => node.as_i64() == Some(0),
        Values::One => node.as_i64() == Some(1),
        Values::OneOf(texts) => node.as_str().is_some_and(|text| texts.contains(&text)),
        Values::Beginning(beginning) => match node {
            Node::Text(text) => match text.segments() {
                [Segment::Literal(literal), ..] => literal.starts_with(beginning),
                _ => false,
            },
            _ => false,
        },
        Values::PrivateBlocks => return judge_blocks(node),
    };
    if within {
        Judged::Within
    } else {
        Judged::Beyond
    }
}

/// Every item of a list of address blocks; the worst one counts.
fn judge_blocks(node: &Node) -> Judged {
    let mut judged = Judged::Within;
    let one = std::slice::from_ref(node);
    for item in node.as_list().unwrap_or(one) {
        let Node::Text(text) = item else {
            return Judged::Beyond;
        };
        match (text.as_literal(), text.as_token()) {
            (Some(literal), _) => match judge_block(literal) {
                Judged::Within => {}
                Judged::Beyond => judged = Judged::Beyond,
                never => return never,
            },
            // A fact that a stage provides: judged again when its value is there.
            (None, Some(_)) => {}
            (None, None) => judged = Judged::Beyond,
        }
    }
    judged
}

fn judge_block(text: &str) -> Judged {
    match audience(text) {
        Audience::Private => Judged::Within,
        Audience::Public | Audience::Unknown => Judged::Beyond,
        Audience::Everybody => Judged::Never("it would let the whole internet in"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_internet_is_never_let_in() {
        let blocks =
            |value: serde_json::Value| judge(Values::PrivateBlocks, &Node::parse(&value).unwrap());
        for text in ["0.0.0.0/0", "128.0.0.0/1", "::/0"] {
            assert!(
                matches!(blocks(json!(["10.0.0.0/8", text])), Judged::Never(_)),
                "{text}"
            );
        }
        for text in ["203.0.113.0/24", "10.0.0.0", "pl-0abc", ""] {
            assert_eq!(blocks(json!([text])), Judged::Beyond, "{text}");
        }
        for value in [
            json!([]),
            json!(["10.0.0.0/16", "fd00::/8"]),
            json!(["@{network.cidr}"]),
            json!("@{network.cidrs}"),
        ] {
            assert_eq!(blocks(value.clone()), Judged::Within, "{value}");
        }
        assert_eq!(blocks(json!(["@{network.address}/0"])), Judged::Beyond);
    }

    #[test]
    fn a_beginning_is_literal() {
        let s3 = |text: &str| {
            judge(
                Values::Beginning("s3://"),
                &Node::parse(&json!(text)).unwrap(),
            )
        };
        assert_eq!(s3("s3://@{state.bucket}/x"), Judged::Within);
        for text in [
            "@{state.bucket}",
            "file:///x",
            "s3:",
            "metadata://aws/x",
            " s3://x",
        ] {
            assert_eq!(s3(text), Judged::Beyond, "{text}");
        }
    }
}
