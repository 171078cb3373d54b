//! Every field of the tables, tried: a grant of everything else denies exactly it, and its own lines allow it.

use serde_json::{Value, json};

use super::super::codes::{HOST_FIELD, NEVER};
use super::super::fields::{self, Entry, Field, Found, Otherwise, Rule, Shape, Values};
use super::super::{KopsRequest, KopsUse};
use super::{denied, grant, requests_of};
use crate::capability::{Denial, Risk};
use crate::proposal::KopsRoll;

fn entry(path: &str) -> &'static Entry {
    match fields::at(path) {
        Some(Found::Field(entry)) => entry,
        _ => panic!("{path} is no field"),
    }
}

/// A document that sets one field, with what its lists and members need besides.
fn document(path: &str, value: Value) -> Value {
    let root = match path.starts_with("instanceGroup.") {
        true => "instanceGroup.spec",
        false => "spec",
    };
    let steps: Vec<&str> = path[root.len() + 1..].split('.').collect();
    let mut built = value;
    for end in (0..steps.len()).rev() {
        let here = format!("{root}.{}", steps[..=end].join("."));
        if let (true, Some(member)) = (here.ends_with(".etcdMembers"), built.as_object_mut()) {
            member.entry("name").or_insert(json!("a"));
            member.entry("instanceGroup").or_insert(json!("nodes"));
        }
        if fields::is_list(&here) {
            built = json!([built]);
        }
        built = json!({ steps[end]: built });
    }
    built
}

fn proposed(path: &str, value: Value) -> Result<Vec<KopsRequest>, Denial> {
    let document = document(path, value);
    let (mut spec, mut group) = (json!({}), json!({}));
    if path.starts_with("instanceGroup.") {
        group = document;
    } else {
        spec = document;
    }
    if group.get("role").is_none() {
        group["role"] = json!("Node");
    }
    requests_of(&spec, &[("nodes", group)], KopsRoll::Never)
}

fn shaped(shape: Shape, text: &str) -> Value {
    let statement =
        json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"}]);
    let policy = json!(["arn:aws:iam::aws:policy/AdministratorAccess"]);
    match shape {
        Shape::Text | Shape::Quantity | Shape::Image => json!(text),
        Shape::Number => json!(7),
        Shape::Flag => json!(true),
        Shape::Texts => json!([text]),
        Shape::Map => json!({"key": text}),
        Shape::Empty => json!({}),
        Shape::Statements => statement,
        Shape::StatementsByRole => json!({"node": statement}),
        Shape::Policies => policy,
        Shape::PoliciesByRole => json!({"node": policy}),
    }
}

/// A value among the guarded ones, and one that is not.
fn guarded(values: Values) -> (Value, Value) {
    match values {
        Values::True => (json!(true), json!(false)),
        Values::False => (json!(false), json!(true)),
        Values::Zero => (json!(0), json!(1)),
        Values::One => (json!(1), json!(2)),
        Values::OneOf(texts) => (json!(texts[0]), json!("others")),
        Values::Beginning(text) => (json!(format!("{text}example.com/x")), json!("x")),
        Values::PrivateBlocks => (json!(["10.0.0.0/8"]), json!(["203.0.113.0/24"])),
    }
}

/// Values of a field that lines can allow, and values that none can, with the code.
fn values(path: &str, field: &Field) -> (Vec<Value>, Vec<(Value, &'static str)>) {
    let any = match path.ends_with(".etcdMembers.instanceGroup") {
        true => json!("nodes"),
        false => shaped(field.shape, "x"),
    };
    match field.rule {
        Rule::Host => (vec![], vec![(any, HOST_FIELD)]),
        Rule::Never(_) => (vec![], vec![(any, NEVER)]),
        Rule::Any(_) => (vec![any], vec![]),
        Rule::Guarded {
            values, otherwise, ..
        } => match (guarded(values), otherwise) {
            ((within, beyond), Otherwise::Exposing) => (vec![within, beyond], vec![]),
            ((within, beyond), Otherwise::Never(_)) => (vec![within], vec![(beyond, NEVER)]),
        },
    }
}

/// The narrowest grant of some requests.
fn lines(requests: &[KopsRequest]) -> Value {
    let mut line =
        json!({"clusters": ["own"], "fields": [], "images": [], "policies": [], "iam": []});
    for request in requests {
        let (key, item) = match &request.what {
            KopsUse::Field { .. } | KopsUse::Exposing => ("fields", json!(request.path)),
            KopsUse::Image { image } => ("images", json!(image)),
            KopsUse::Policy { arn } => ("policies", json!(arn)),
            KopsUse::Iam { allow } => (
                "iam",
                json!({"actions": [allow.action.as_str()], "resources": [allow.resource.text]}),
            ),
        };
        let items = line[key].as_array_mut().unwrap();
        if !items.contains(&item) {
            items.push(item);
        }
    }
    line
}

fn told<'a>(requests: impl IntoIterator<Item = &'a KopsRequest>) -> Vec<String> {
    requests.into_iter().map(ToString::to_string).collect()
}

#[test]
fn every_field_needs_exactly_its_own_lines() {
    let widest = grant(json!({"clusters": ["own"], "fields": ["*"]}));
    let mut tried = 0;
    for path in fields::paths() {
        let entry = entry(path);
        for value in values(path, entry.field).0 {
            let requests =
                proposed(path, value.clone()).unwrap_or_else(|denial| panic!("{denial}"));
            let (own, others): (Vec<_>, Vec<_>) = requests
                .iter()
                .cloned()
                .partition(|request| request.path == entry.granted_as.0);
            assert!(!own.is_empty(), "{path}");
            let (without, with) = (grant(lines(&others)), grant(lines(&requests)));
            assert!(without.problem().is_none() && with.problem().is_none());
            assert_eq!(denied(&without, &requests), told(&own), "{path}: {value}");
            assert_eq!(denied(&with, &requests), [""; 0], "{path}: {value}");
            // A wildcard reaches what is plain, and nothing that is run or hands out rights.
            let beyond = own
                .iter()
                .chain(&others)
                .filter(|request| !matches!(request.what, KopsUse::Field { risk: Risk::Plain }));
            assert_eq!(
                denied(&widest, &requests)
                    .into_iter()
                    .collect::<std::collections::BTreeSet<_>>(),
                told(beyond).into_iter().collect(),
                "{path}: {value}"
            );
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn what_no_line_can_allow_is_refused() {
    let mut tried = 0;
    for path in fields::paths() {
        let entry = entry(path);
        for (value, code) in values(path, entry.field).1 {
            let denial = proposed(path, value.clone()).unwrap_err();
            assert_eq!(denial.code, code, "{path}: {value}");
            tried += 1;
        }
        if matches!(entry.field.rule, Rule::Host | Rule::Never(_)) {
            let line = grant(json!({"clusters": ["own"], "fields": [path]}));
            assert!(line.problem().is_some(), "{path}");
        }
    }
    assert!(tried > 25, "{tried}");
}

/// What decides is no fact's: only fields that the tables name take tokens.
#[test]
fn what_is_authorised_is_literal() {
    let mut tried = 0;
    for path in fields::paths() {
        let field = entry(path).field;
        if field.tokens {
            continue;
        }
        for token in ["@{state.note}", "x-@{use1/network.vpc-id}"] {
            let value = match field.shape {
                Shape::Texts => json!([token]),
                Shape::Map => json!({"key": token}),
                _ => json!(token),
            };
            assert!(proposed(path, value).is_err(), "{path}: {token}");
        }
        tried += 1;
    }
    assert!(tried > 250, "{tried}");
}
