//! Conditions: they only narrow, so what matters is that they are what they look like.

use aegis_document::pointer;

use crate::template::{Node, Segment, Templated};

use super::parse::{fail, shown};
use super::{Condition, PolicyError, PolicyProblem};

/// The operators of the IAM reference, without `ForAllValues:`/`ForAnyValue:` before and `IfExists`
/// after them.
const OPERATORS: &[&str] = &[
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

pub(super) fn read_conditions(node: &Node, at: &str) -> Result<Vec<Condition>, PolicyError> {
    let Some(operators) = node.as_map() else {
        return fail(at, PolicyProblem::NotAnObject);
    };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let here = pointer::join(at, operator);
        if !is_operator(operator) {
            return fail(&here, PolicyProblem::Operator(shown(operator)));
        }
        let Some(keys) = keys.as_map().filter(|keys| !keys.is_empty()) else {
            return fail(&here, PolicyProblem::NotAnObject);
        };
        for (key, values) in keys {
            let here = pointer::join(&here, key);
            if key.is_empty()
                || !key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b":/._-".contains(&b))
            {
                return fail(&here, PolicyProblem::ConditionKey);
            }
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values: read_values(values, &here)?,
            });
        }
    }
    Ok(conditions)
}

fn is_operator(text: &str) -> bool {
    let text = text
        .strip_prefix("ForAllValues:")
        .or_else(|| text.strip_prefix("ForAnyValue:"))
        .unwrap_or(text);
    let plain = text.strip_suffix("IfExists").unwrap_or(text);
    OPERATORS.contains(&plain)
}

fn read_values(node: &Node, at: &str) -> Result<Vec<Node>, PolicyError> {
    let scalar = |node: &Node| matches!(node, Node::Text(_) | Node::Bool(_) | Node::Number(_));
    match node {
        Node::List(items) if !items.is_empty() && items.iter().all(scalar) => Ok(items.clone()),
        one if scalar(one) => Ok(vec![one.clone()]),
        _ => fail(at, PolicyProblem::ConditionValue),
    }
}

impl Condition {
    /// Whether the condition holds a web identity to subjects. `IfExists` and `ForAllValues` hold
    /// without any value, so they hold nothing.
    pub(super) fn names_a_subject(&self) -> bool {
        let like = self.operator == "StringLike";
        (like || self.operator == "StringEquals")
            && self.key.ends_with(":sub")
            && self.values.iter().all(|value| match value {
                Node::Text(text) => is_subject(text, like),
                _ => false,
            })
    }
}

/// Subjects have parts, `repo:OWNER/NAME:environment:prod` and
/// `system:serviceaccount:NAMESPACE:NAME`. A wildcard among the first two would mean every
/// repository or every cluster. A policy variable could be the subject itself, which is always
/// equal.
fn is_subject(text: &Templated, wildcards: bool) -> bool {
    let mut parts = 0;
    for segment in text.segments() {
        let Segment::Literal(literal) = segment else {
            continue;
        };
        if literal.contains('$') {
            return false;
        }
        for c in literal.chars() {
            match c {
                ':' => parts += 1,
                '*' | '?' if wildcards => return parts >= 2,
                _ => {}
            }
        }
    }
    !text.segments().is_empty()
}
