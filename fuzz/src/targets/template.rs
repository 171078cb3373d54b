//! Text with tokens, documents of it, and values put in the place of tokens.

use aegis_document::{Limits, read};
use aegis_host::fact::Format;
use aegis_host::template::{Binding, Node, Segment, Templated};
use serde_json::{Value, json};

use crate::check;

pub(super) fn run(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        of_text(text);
    }
    if let Ok(value) = read(input, Limits::EMBEDDED) {
        of_document(&value);
    }
}

fn of_text(text: &str) {
    let template = match Templated::parse(text) {
        Ok(template) => template,
        Err(error) => return check::refused(&error),
    };
    assert_eq!(
        Templated::parse(&template.to_string()),
        Ok(template.clone())
    );
    // No two literals meet, and none is empty: else equal texts were different values.
    let literal = |segment: &Segment| matches!(segment, Segment::Literal(_));
    assert!(
        template
            .segments()
            .windows(2)
            .all(|pair| !(literal(&pair[0]) && literal(&pair[1])))
    );
    assert!(
        !template
            .segments()
            .contains(&Segment::Literal(String::new()))
    );
    // A text that means itself never is a token.
    let itself = Templated::literal(text);
    assert_eq!(itself.tokens().count(), 0);
    assert_eq!(Templated::parse(&itself.to_string()), Ok(itself));
}

fn of_document(value: &Value) {
    let literal = Node::literal(value.clone());
    assert!(!literal.has_tokens());
    assert_eq!(literal.to_literal().as_ref(), Some(value));
    assert_eq!(Node::parse(&literal.to_source()), Ok(literal));

    let node = match Node::parse(value) {
        Ok(node) => node,
        Err(error) => return check::refused(&aegis_document::untrusted(&error.to_string())),
    };
    let source = node.to_source();
    assert_eq!(Node::parse(&source), Ok(node.clone()));
    check::reads_back(&node);
    assert_eq!(node.to_literal().is_some(), !node.has_tokens());
    bind(&node);
}

/// Facts of every shape; the values look like tokens, so a second scan would show.
fn bind(node: &Node) {
    let mut binding = Binding::default();
    for (fact, format, value) in [
        ("a", "aws-id", json!("vpc-1")),
        ("use1/network.vpc-id", "aws-id", json!("vpc-0abc")),
        ("t", "text", json!("@{a}")),
        (
            "use1/zones",
            "map<aws-id>",
            json!({"a": "subnet-1", "@{a}": "b"}),
        ),
        ("n", "port", json!(443)),
    ] {
        let format: Format = format.parse().expect("a format");
        binding.insert(fact.parse().expect("a fact"), format, value);
    }
    let mut known = 0;
    let mut all = 0;
    node.for_each_token(&mut |token| {
        all += 1;
        if let aegis_host::template::Token::Fact(token) = token {
            known += usize::from(binding.get(&token.fact).is_some());
        }
    });
    match binding.bind(node) {
        Ok(bound) => {
            // What was put in is never a token.
            let mut left = 0;
            bound.for_each_token(&mut |_| left += 1);
            assert_eq!(left, all - known);
            // A text that ends in `@` before a token that is not known yet has no source form.
            if left == 0 {
                assert_eq!(Node::parse(&bound.to_source()), Ok(bound));
            }
        }
        Err(error) => check::refused(&aegis_document::untrusted(&error.to_string())),
    }
}
