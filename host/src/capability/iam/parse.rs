//! From a document to typed statements.

use std::collections::BTreeMap;

use aegis_document::{pointer, untrusted};

use crate::template::{Node, Segment, Templated};

use super::conditions::read_conditions;
use super::{
    Action, Effect, Policy, PolicyError, PolicyKind, PolicyProblem, Principal, PrincipalKind,
    Statement,
};

type Result<T> = std::result::Result<T, PolicyError>;

/// An error at a pointer.
pub(super) fn fail<T>(at: &str, problem: PolicyProblem) -> Result<T> {
    Err(PolicyError {
        pointer: at.to_owned(),
        problem,
    })
}

impl Policy {
    /// Reads a policy. Everything that decides what it allows is literal; tokens may stand in
    /// resources, principals and the values of conditions.
    pub fn parse(node: &Node, kind: PolicyKind) -> Result<Self> {
        let Some(map) = node.as_map() else {
            return fail("", PolicyProblem::NotAnObject);
        };
        known_keys(map, &["Version", "Id", "Statement"], "")?;
        match map.get("Version").map(Node::as_str) {
            Some(Some("2012-10-17")) => {}
            Some(_) => return fail("/Version", PolicyProblem::Version),
            None => return fail("", PolicyProblem::Missing("Version")),
        }
        let id = map.get("Id").map(|id| label(id, "/Id")).transpose()?;
        let Some(statements) = map.get("Statement") else {
            return fail("", PolicyProblem::Missing("Statement"));
        };
        Ok(Self {
            kind,
            id,
            statements: read_statements(statements, kind, "/Statement")?,
        })
    }

    /// Reads a bare list of statements, as kOps takes it.
    pub fn parse_statements(node: &Node, kind: PolicyKind) -> Result<Self> {
        Ok(Self {
            kind,
            id: None,
            statements: read_statements(node, kind, "")?,
        })
    }
}

fn read_statements(node: &Node, kind: PolicyKind, at: &str) -> Result<Vec<Statement>> {
    match node {
        Node::List(items) if !items.is_empty() => items
            .iter()
            .enumerate()
            .map(|(index, item)| read_statement(item, kind, &format!("{at}/{index}")))
            .collect(),
        Node::Map(_) => Ok(vec![read_statement(node, kind, at)?]),
        Node::List(_) => fail(at, PolicyProblem::Missing("Statement")),
        _ => fail(at, PolicyProblem::NotAnObject),
    }
}

fn read_statement(node: &Node, kind: PolicyKind, at: &str) -> Result<Statement> {
    let Some(map) = node.as_map() else {
        return fail(at, PolicyProblem::NotAnObject);
    };
    for negated in ["NotAction", "NotResource", "NotPrincipal"] {
        if map.contains_key(negated) {
            return fail(&pointer::join(at, negated), PolicyProblem::Negated(negated));
        }
    }
    known_keys(
        map,
        &[
            "Sid",
            "Effect",
            "Principal",
            "Action",
            "Resource",
            "Condition",
        ],
        at,
    )?;
    let sid = map
        .get("Sid")
        .map(|sid| label(sid, &pointer::join(at, "Sid")))
        .transpose()?;
    let effect = match map.get("Effect").and_then(Node::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return fail(&pointer::join(at, "Effect"), PolicyProblem::Effect),
    };
    let statement = Statement {
        sid,
        effect,
        principals: read_principals(map, kind, at)?,
        actions: read_actions(map, kind, at)?,
        resources: read_resources(map, kind, at)?,
        conditions: match map.get("Condition") {
            Some(conditions) => read_conditions(conditions, &pointer::join(at, "Condition"))?,
            None => Vec::new(),
        },
    };
    if statement.trusts_anybody_of_a_provider() {
        return fail(at, PolicyProblem::NoSubject);
    }
    Ok(statement)
}

impl Statement {
    /// A web identity without its subject is everybody that the identity provider knows; for GitHub
    /// that is the world.
    fn trusts_anybody_of_a_provider(&self) -> bool {
        let federated = |principal: &Principal| {
            matches!(
                principal,
                Principal::Named {
                    kind: PrincipalKind::Federated,
                    ..
                }
            )
        };
        self.effect == Effect::Allow
            && self.principals.iter().any(federated)
            && !self
                .conditions
                .iter()
                .any(|condition| condition.names_a_subject())
    }
}

fn read_actions(map: &BTreeMap<String, Node>, kind: PolicyKind, at: &str) -> Result<Vec<Action>> {
    const TRUST: [&str; 5] = [
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    ];
    let at = pointer::join(at, "Action");
    texts(map.get("Action"), "Action", &at)?
        .into_iter()
        .map(|(here, text)| {
            let Some(action) = text.as_literal().and_then(Action::new) else {
                return fail(&here, PolicyProblem::Action);
            };
            if kind == PolicyKind::Trust && !TRUST.contains(&action.as_str()) {
                return fail(&here, PolicyProblem::TrustAction);
            }
            Ok(action)
        })
        .collect()
}

fn read_resources(
    map: &BTreeMap<String, Node>,
    kind: PolicyKind,
    at: &str,
) -> Result<Vec<Templated>> {
    let at = pointer::join(at, "Resource");
    if kind == PolicyKind::Trust {
        return match map.get("Resource") {
            Some(_) => fail(&at, PolicyProblem::Misplaced("Resource")),
            None => Ok(Vec::new()),
        };
    }
    texts(map.get("Resource"), "Resource", &at)?
        .into_iter()
        .map(|(here, text)| {
            let fits = match text.segments().first() {
                Some(Segment::Literal(literal)) => {
                    literal.starts_with("arn:") || text.as_literal() == Some("*")
                }
                Some(Segment::Token(_)) => true,
                None => false,
            };
            if fits && is_printable(text) {
                Ok(text.clone())
            } else {
                fail(&here, PolicyProblem::Resource)
            }
        })
        .collect()
}

fn read_principals(
    map: &BTreeMap<String, Node>,
    kind: PolicyKind,
    at: &str,
) -> Result<Vec<Principal>> {
    let here = pointer::join(at, "Principal");
    let principal = match (map.get("Principal"), kind) {
        (Some(_), PolicyKind::Identity) => {
            return fail(&here, PolicyProblem::Misplaced("Principal"));
        }
        (None, PolicyKind::Identity) => return Ok(Vec::new()),
        (None, _) => return fail(at, PolicyProblem::Missing("Principal")),
        (Some(principal), _) => principal,
    };
    if principal.as_str() == Some("*") {
        return Ok(vec![Principal::Anyone]);
    }
    let Some(kinds) = principal.as_map().filter(|kinds| !kinds.is_empty()) else {
        return fail(&here, PolicyProblem::NotTexts);
    };
    let mut principals = Vec::new();
    for (key, value) in kinds {
        let here = pointer::join(&here, key);
        let Some(kind) = PrincipalKind::ALL
            .into_iter()
            .find(|kind| kind.key() == key)
        else {
            return fail(&here, PolicyProblem::UnknownKey(shown(key)));
        };
        for (here, who) in texts(Some(value), kind.key(), &here)? {
            principals.push(read_principal(kind, who, &here)?);
        }
    }
    Ok(principals)
}

fn read_principal(kind: PrincipalKind, who: &Templated, at: &str) -> Result<Principal> {
    let literal = who.as_literal();
    if kind == PrincipalKind::Aws && literal == Some("*") {
        return Ok(Principal::Anyone);
    }
    let starts_with_token = matches!(who.segments().first(), Some(Segment::Token(_)));
    let starts_with_arn =
        matches!(who.segments().first(), Some(Segment::Literal(text)) if text.starts_with("arn:"));
    let is_domain = |text: &str| {
        text.contains('.')
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
    };
    let (fits, form) = match kind {
        PrincipalKind::Aws => (
            starts_with_token || starts_with_arn || literal.is_some_and(is_account),
            "as an ARN, an account's twelve digits or a token",
        ),
        PrincipalKind::Federated => (
            starts_with_token || starts_with_arn || literal.is_some_and(is_domain),
            "as an ARN, a domain name or a token",
        ),
        PrincipalKind::Service => (
            who.segments().iter().all(|segment| match segment {
                Segment::Literal(text) => text.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-')
                }),
                Segment::Token(_) => true,
            }) && !starts_with_token
                && !who.segments().is_empty(),
            "as a service's name, `ec2.amazonaws.com`",
        ),
        PrincipalKind::CanonicalUser => (
            literal.is_some_and(|text| {
                text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
            }),
            "as 64 hexadecimal digits",
        ),
    };
    if fits && is_printable(who) && !has_wildcard(who) {
        Ok(Principal::Named {
            kind,
            who: who.clone(),
        })
    } else {
        fail(at, PolicyProblem::Principal(kind.key(), form))
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// ASCII without white space and quotes: what an approver sees is what is meant.
fn is_printable(text: &Templated) -> bool {
    text.segments().iter().all(|segment| match segment {
        Segment::Literal(text) => text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\'),
        Segment::Token(_) => true,
    })
}

fn has_wildcard(text: &Templated) -> bool {
    text.segments().iter().any(|segment| match segment {
        Segment::Literal(text) => text.contains(['*', '?', '$']),
        Segment::Token(_) => false,
    })
}

/// A text, or a list of texts, each with its place; not empty.
fn texts<'a>(
    node: Option<&'a Node>,
    name: &'static str,
    at: &str,
) -> Result<Vec<(String, &'a Templated)>> {
    let one = |node: &'a Node, here: String| match node {
        Node::Text(text) => Ok((here, text)),
        _ => fail(&here, PolicyProblem::NotTexts),
    };
    match node {
        None => fail(at, PolicyProblem::Missing(name)),
        Some(Node::List(items)) if !items.is_empty() => items
            .iter()
            .enumerate()
            .map(|(index, item)| one(item, format!("{at}/{index}")))
            .collect(),
        Some(node) => Ok(vec![one(node, at.to_owned())?]),
    }
}

fn label(node: &Node, at: &str) -> Result<String> {
    let fits = |text: &&str| {
        text.len() <= 128
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_'))
    };
    match node.as_str().filter(fits) {
        Some(text) => Ok(text.to_owned()),
        None => fail(at, PolicyProblem::Label),
    }
}

fn known_keys(map: &BTreeMap<String, Node>, known: &[&str], at: &str) -> Result<()> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => fail(
            &pointer::join(at, key),
            PolicyProblem::UnknownKey(shown(key)),
        ),
        None => Ok(()),
    }
}

/// A foreign word in a message.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    untrusted(&short).to_string()
}
