//! Every row of the tables, tried: what goes beyond its type is denied by a grant of the type, and exactly one line
//! allows it.

use serde_json::{Map, Value, json};

use super::super::codes::{NEVER, POLICY, REFERENCE, SHAPE};
use super::super::types::{self, Attribute, Block, Class, Guard, Shape, TypePolicy};
use super::grants::{denied, grant};
use super::{requests, resource};
use crate::capability::iam::PolicyKind;
use crate::capability::terraform::TerraformRequest;
use crate::template::Mode;

/// An attribute, with the nested blocks that lead to it.
struct Row {
    policy: &'static TypePolicy,
    way: Vec<&'static str>,
    attribute: &'static Attribute,
}

fn rows() -> Vec<Row> {
    fn collect(
        policy: &'static TypePolicy,
        way: &[&'static str],
        attributes: &'static [Attribute],
        blocks: &'static [Block],
        rows: &mut Vec<Row>,
    ) {
        rows.extend(attributes.iter().map(|attribute| Row {
            policy,
            way: way.to_vec(),
            attribute,
        }));
        for block in blocks {
            let way = [way, &[block.name]].concat();
            collect(policy, &way, block.attributes, block.blocks, rows);
        }
    }
    let mut rows = Vec::new();
    for policy in types::all(Mode::Managed) {
        collect(policy, &[], policy.attributes, policy.blocks, &mut rows);
    }
    rows
}

impl Row {
    /// The name as a grant writes it, without the type.
    fn attribute_name(&self) -> String {
        let way = self.way.iter().copied();
        way.chain([self.attribute.name])
            .collect::<Vec<_>>()
            .join(".")
    }

    fn name(&self) -> String {
        format!("{}.{}", self.policy.name, self.attribute_name())
    }

    /// A root with one block of the type: what the type requires, and the value.
    fn root(&self, value: Value) -> Value {
        let mut body = minimal(self.policy.attributes, self.policy.blocks);
        let (mut at, mut blocks) = (&mut body, self.policy.blocks);
        for step in &self.way {
            let block = blocks.iter().find(|block| block.name == *step).unwrap();
            at = at
                .entry(*step)
                .or_insert_with(|| minimal(block.attributes, block.blocks).into())
                .as_object_mut()
                .unwrap();
            blocks = block.blocks;
        }
        at.insert(self.attribute.name.to_owned(), value);
        json!({"resources": [resource(self.policy.name, "x", body.into())]})
    }

    /// Whether a request is about this attribute.
    fn is_asked_by(&self, request: &TerraformRequest) -> bool {
        match request {
            TerraformRequest::Attribute {
                kind, attribute, ..
            }
            | TerraformRequest::Target {
                kind, attribute, ..
            }
            | TerraformRequest::Iam {
                kind, attribute, ..
            } => kind == self.policy.name && *attribute == self.attribute_name(),
            _ => false,
        }
    }
}

/// What a type requires, with values that need no grant where there are any.
fn minimal(attributes: &[Attribute], blocks: &[Block]) -> Map<String, Value> {
    let attributes = attributes
        .iter()
        .filter(|attribute| attribute.required)
        .map(|attribute| (attribute.name.to_owned(), harmless(attribute)));
    let blocks = blocks.iter().filter(|block| block.required).map(|block| {
        let body = minimal(block.attributes, block.blocks);
        (block.name.to_owned(), Value::Object(body))
    });
    attributes.chain(blocks).collect()
}

fn shaped(shape: Shape, text: &str) -> Value {
    match shape {
        Shape::Text => json!(text),
        Shape::Texts => json!([text]),
        Shape::TextMap => json!({"key": text}),
        Shape::Number => json!(1),
        Shape::Flag => json!(true),
    }
}

fn harmless(attribute: &Attribute) -> Value {
    let text = |text: &str| shaped(attribute.shape, text);
    match attribute.class {
        Class::Target { .. } => text("@{state.bucket-arn}"),
        Class::Policy(kind) => policy(kind, "Deny"),
        Class::Guarded(Guard::True) => json!(true),
        Class::Guarded(Guard::False) => json!(false),
        Class::Guarded(Guard::OneOf(values)) => text(values[0]),
        Class::Guarded(Guard::PrivateBlock) => text("10.0.0.0/8"),
        Class::Guarded(Guard::AwsService) => text("com.amazonaws.us-east-1.s3"),
        _ => text("x"),
    }
}

/// A value that goes beyond the type; `None` where there is none.
fn hostile(attribute: &Attribute) -> Option<Value> {
    let text = |text: &str| shaped(attribute.shape, text);
    Some(match attribute.class {
        Class::Plain | Class::Literal => return None,
        Class::Target { .. } => text("foreign-0abc"),
        Class::Policy(kind) => policy(kind, "Allow"),
        Class::Guarded(Guard::True) => json!(false),
        Class::Guarded(Guard::False) => json!(true),
        Class::Guarded(Guard::OneOf(_)) => text("others"),
        Class::Guarded(Guard::PrivateBlock) => text("203.0.113.0/24"),
        Class::Guarded(Guard::AwsService) => text("com.amazonaws.vpce.us-east-1.vpce-svc-0abc"),
        Class::Code | Class::Deputy | Class::Path | Class::Secret => text("x"),
    })
}

/// A policy of one statement.
fn policy(kind: PolicyKind, effect: &str) -> Value {
    let mut statement = json!({"Effect": effect, "Action": "sts:AssumeRole"});
    if kind != PolicyKind::Identity {
        statement["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:root"});
    }
    if kind != PolicyKind::Trust {
        statement["Resource"] = json!("arn:aws:iam::111122223333:role/admin");
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// The narrowest grant of some requests.
fn lines(requests: &[TerraformRequest]) -> Value {
    let mut line = json!({});
    for request in requests {
        let (key, item) = match request {
            TerraformRequest::Provider { source, version } => {
                line["provider"] = json!(source);
                ("versions", json!(version))
            }
            TerraformRequest::Region { region } => ("regions", json!(region)),
            TerraformRequest::Count { resources } => {
                line["max-resources"] = json!(resources);
                continue;
            }
            TerraformRequest::Resource { kind, .. } => ("resource-types", json!(kind)),
            TerraformRequest::Target { value, .. } => ("targets", json!(value)),
            TerraformRequest::Attribute {
                kind, attribute, ..
            } => ("attributes", json!(format!("{kind}.{attribute}"))),
            TerraformRequest::Iam { allow, .. } => {
                let principals: Vec<_> = allow.principal.iter().map(|it| &it.text).collect();
                (
                    "iam",
                    json!({"actions": [allow.action.as_str()], "resources": [allow.resource.text], "principals": principals}),
                )
            }
            other => panic!("{other}"),
        };
        match line[key].as_array_mut() {
            Some(items) => items.push(item),
            None => line[key] = json!([item]),
        }
    }
    line
}

#[test]
fn what_goes_beyond_a_type_needs_exactly_its_own_line() {
    let mut tried = 0;
    for row in rows() {
        let name = row.name();
        let never = matches!(row.attribute.class, Class::Path | Class::Secret);
        let Some(value) = hostile(row.attribute).filter(|_| !never) else {
            continue;
        };
        let requests = requests(&row.root(value)).unwrap_or_else(|denial| panic!("{denial}"));
        let (own, others): (Vec<_>, Vec<_>) = requests
            .iter()
            .cloned()
            .partition(|request| row.is_asked_by(request));
        assert_eq!(own.len(), 1, "{name}: {own:?}");
        let (without, with) = (grant(&lines(&others)), grant(&lines(&requests)));
        assert!(
            without.problem().is_none() && with.problem().is_none(),
            "{name}"
        );
        assert_eq!(denied(&without, &requests), [own[0].to_string()], "{name}");
        assert_eq!(denied(&with, &requests), [""; 0], "{name}");
        tried += 1;
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn files_and_secrets_are_in_no_grant() {
    let mut tried = 0;
    for row in rows() {
        let name = row.name();
        if !matches!(row.attribute.class, Class::Path | Class::Secret) {
            continue;
        }
        for value in [json!("x"), json!("@{state.note}"), json!(null), json!({})] {
            assert_eq!(
                requests(&row.root(value)).unwrap_err().code,
                NEVER,
                "{name}"
            );
        }
        let line = grant(&json!({"attributes": [name]}));
        assert!(line.problem().is_some(), "{name}");
        tried += 1;
    }
    assert!(tried >= 8, "{tried}");
}

/// Where a value decides, no fact decides it later: not as a text, and not as another type.
#[test]
fn what_is_authorised_is_literal() {
    let mut tried = 0;
    for row in rows() {
        let (name, shape) = (row.name(), row.attribute.shape);
        let (token, code) = match row.attribute.class {
            Class::Plain => continue,
            Class::Guarded(Guard::PrivateBlock | Guard::AwsService) => continue,
            Class::Target { .. } => (shaped(shape, "@{state.note}"), REFERENCE),
            Class::Policy(_) => (json!("@{state.note}"), POLICY),
            Class::Path | Class::Secret => (json!("@{state.note}"), NEVER),
            _ if shape == Shape::Number => (json!("@{state.port}"), SHAPE),
            _ if shape == Shape::Flag => (json!("@{state.note}"), REFERENCE),
            _ => (shaped(shape, "@{state.note}"), SHAPE),
        };
        let denial = requests(&row.root(token)).unwrap_err();
        assert_eq!(denial.code, code, "{name}: {denial}");
        if matches!(row.attribute.shape, Shape::Text) {
            let map = requests(&row.root(json!({"a": "@{state.note}"}))).unwrap_err();
            assert!([SHAPE, POLICY, NEVER].contains(&map.code), "{name}: {map}");
        }
        tried += 1;
    }
    assert!(tried > 150, "{tried}");
}
