//! Every place of every kind, tried with a token.

use serde_json::{Value, json};

use super::shape::{Shape, check};
use super::table::{KindPolicy, policies};
use crate::capability::derive::Cursor;
use crate::capability::{DeclaredFact, DeclaredFacts};
use crate::template::Node;

/// A place that holds a value, with the steps to it: a key, or an item of a list.
struct Place {
    policy: &'static KindPolicy,
    steps: Vec<Step>,
    shape: Shape,
}

#[derive(Clone, Copy)]
enum Step {
    Key(&'static str),
    Item,
}

fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for policy in policies() {
        collect(policy, &mut Vec::new(), policy.shape, &mut places);
    }
    places
}

fn collect(
    policy: &'static KindPolicy,
    steps: &mut Vec<Step>,
    shape: Shape,
    places: &mut Vec<Place>,
) {
    let mut below = |step: Step, shape: Shape| {
        steps.push(step);
        collect(policy, steps, shape, places);
        steps.pop();
    };
    match shape {
        Shape::Fields(fields) => fields
            .iter()
            .for_each(|(name, shape)| below(Step::Key(name), *shape)),
        Shape::List(shape) => below(Step::Item, *shape),
        Shape::Dict(shape) => below(Step::Key("key"), *shape),
        shape => places.push(Place {
            policy,
            steps: steps.clone(),
            shape,
        }),
    }
}

impl Place {
    fn name(&self) -> String {
        let steps = self.steps.iter().map(|step| match step {
            Step::Key(key) => format!(".{key}"),
            Step::Item => "[]".to_owned(),
        });
        let group = self.policy.group;
        let kind = match group {
            "" => self.policy.kind.to_owned(),
            _ => format!("{group}/{}", self.policy.kind),
        };
        std::iter::once(kind).chain(steps).collect()
    }

    fn body(&self, value: Value) -> Value {
        self.steps
            .iter()
            .rev()
            .fold(value, |value, step| match step {
                Step::Key(key) => json!({ *key: value }),
                Step::Item => json!([value]),
            })
    }
}

fn facts() -> DeclaredFacts {
    let mut facts = DeclaredFacts::default();
    for (name, format) in [
        ("id", "aws-id"),
        ("text", "text"),
        ("pem", "pem"),
        ("port", "port"),
        ("number", "number"),
        ("flag", "boolean"),
        ("list", "list<aws-id>"),
        ("map", "map<text>"),
        ("record", "record<a: text>"),
    ] {
        let declared = DeclaredFact {
            format: format.parse().unwrap(),
            secret: false,
        };
        facts.insert(name.parse().unwrap(), declared);
    }
    facts
}

#[test]
fn a_token_stands_only_where_its_format_fits() {
    let facts = facts();
    let mut tried = 0;
    for place in places() {
        let fitting: &[&str] = match place.shape {
            Shape::Text => &["id", "text", "pem", "list#/0", "map#/a", "record#/a"],
            Shape::Inline => &["id", "list#/0"],
            Shape::Scalar => &[
                "id",
                "text",
                "pem",
                "port",
                "number",
                "list#/0",
                "map#/a",
                "record#/a",
            ],
            _ => &[],
        };
        for token in [
            "id",
            "text",
            "pem",
            "port",
            "number",
            "flag",
            "list",
            "map",
            "record",
            "list#/0",
            "list#/a",
            "map#/a",
            "record#/a",
            "record#/b",
            "unknown",
        ] {
            let body = Node::parse(&place.body(json!(format!("@{{{token}}}")))).unwrap();
            let checked = check(&Cursor::new(&body, "try"), place.policy.shape, &facts);
            assert_eq!(
                checked.is_ok(),
                fitting.contains(&token),
                "{token} in {}",
                place.name()
            );
            tried += 1;
        }
    }
    assert!(tried > 5_000);
}

/// All places that take a token at all. Pods are the same in all their templates.
#[test]
fn these_are_the_places_for_tokens() {
    let mut places: Vec<String> = places()
        .into_iter()
        .filter(|place| matches!(place.shape, Shape::Text | Shape::Inline | Shape::Scalar))
        .map(|place| format!("{} {:?}", place.name(), place.shape))
        .filter(|place| !place.contains(".template.spec."))
        .collect();
    places.sort();
    insta::assert_snapshot!(places.join("\n"));
}
