//! A policy as typed statements, and back to a document.

use std::collections::BTreeMap;

use crate::template::{Node, Templated};

use super::Action;

/// What a policy is attached to, which decides what its statements may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// Of a role: no principals, as the role is the principal.
    Identity,
    /// Who may assume a role: no resources, as the role is the resource.
    Trust,
    /// Of a thing: principals and resources.
    Resource {
        /// Whether the resource `*` means the thing itself, as it does in a key's policy.
        star_is_self: bool,
    },
}

/// A policy of version `2012-10-17`.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub kind: PolicyKind,
    /// The policy's `Id`.
    pub id: Option<String>,
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    /// Empty in the policy of a role.
    pub principals: Vec<Principal>,
    pub actions: Vec<Action>,
    /// Empty in a trust policy.
    pub resources: Vec<Templated>,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// Everybody, written `"*"` or `{"AWS": "*"}`.
    Anyone,
    Named {
        kind: PrincipalKind,
        who: Templated,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalKind {
    Aws,
    Service,
    Federated,
    CanonicalUser,
}

/// A condition narrows a statement, so it is kept as it is and needs no grant.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// For example `StringEquals` or `ForAllValues:StringLike`.
    pub operator: String,
    /// For example `aws:SecureTransport`.
    pub key: String,
    /// Texts, numbers and booleans.
    pub values: Vec<Node>,
}

impl Effect {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

impl PrincipalKind {
    pub(super) const ALL: [Self; 4] = [
        Self::Aws,
        Self::Service,
        Self::Federated,
        Self::CanonicalUser,
    ];

    /// The key in a policy.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }

    /// What a grant writes before the principal.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Aws => "aws:",
            Self::Service => "service:",
            Self::Federated => "federated:",
            Self::CanonicalUser => "canonical-user:",
        }
    }
}

impl Policy {
    /// The policy as the document that is printed in the place of the plugin's: the same statements
    /// in one form.
    pub fn to_node(&self) -> Node {
        let mut map = BTreeMap::from([
            ("Version".to_owned(), Node::text("2012-10-17")),
            ("Statement".to_owned(), self.statements_to_node()),
        ]);
        if let Some(id) = &self.id {
            map.insert("Id".to_owned(), Node::text(id));
        }
        Node::Map(map)
    }

    /// The list of statements alone.
    pub fn statements_to_node(&self) -> Node {
        Node::List(self.statements.iter().map(Statement::to_node).collect())
    }
}

impl Statement {
    fn to_node(&self) -> Node {
        let mut map = BTreeMap::from([
            ("Effect".to_owned(), Node::text(self.effect.name())),
            (
                "Action".to_owned(),
                one_or_many(
                    self.actions
                        .iter()
                        .map(|action| Node::text(action.as_str()))
                        .collect(),
                ),
            ),
        ]);
        if let Some(sid) = &self.sid {
            map.insert("Sid".to_owned(), Node::text(sid));
        }
        if !self.principals.is_empty() {
            map.insert("Principal".to_owned(), principals_to_node(&self.principals));
        }
        if !self.resources.is_empty() {
            map.insert(
                "Resource".to_owned(),
                one_or_many(self.resources.iter().cloned().map(Node::Text).collect()),
            );
        }
        if !self.conditions.is_empty() {
            let mut operators: BTreeMap<String, Node> = BTreeMap::new();
            for condition in &self.conditions {
                let keys = operators
                    .entry(condition.operator.clone())
                    .or_insert_with(|| Node::Map(BTreeMap::new()));
                if let Node::Map(keys) = keys {
                    keys.insert(condition.key.clone(), one_or_many(condition.values.clone()));
                }
            }
            map.insert("Condition".to_owned(), Node::Map(operators));
        }
        Node::Map(map)
    }
}

fn principals_to_node(principals: &[Principal]) -> Node {
    let mut kinds: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for principal in principals {
        match principal {
            // Whoever else is listed is among them.
            Principal::Anyone => return Node::text("*"),
            Principal::Named { kind, who } => {
                kinds
                    .entry(kind.key().to_owned())
                    .or_default()
                    .push(Node::Text(who.clone()));
            }
        }
    }
    Node::Map(
        kinds
            .into_iter()
            .map(|(kind, who)| (kind, one_or_many(who)))
            .collect(),
    )
}

/// AWS returns a list of one as the one, so it is printed that way.
fn one_or_many(mut items: Vec<Node>) -> Node {
    match items.pop() {
        Some(item) if items.is_empty() => item,
        Some(item) => {
            items.push(item);
            Node::List(items)
        }
        None => Node::List(items),
    }
}
