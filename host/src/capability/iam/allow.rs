//! What a policy allows, one permission at a time, and the part of a grant that covers it.

use std::collections::BTreeSet;
use std::fmt;

use aegis_document::pointer;
use serde::{Deserialize, Serialize};

use crate::capability::sorted::Patterns;
use crate::capability::{Pattern, Risk, words};
use crate::template::{Node, Templated};

use super::{
    Action, Effect, Policy, PolicyError, PolicyKind, PolicyProblem, Principal, Spelled,
    SpellingError, Statement, Tokens, spell,
};

/// One permission: an action on a resource and, where the policy says who, a principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allow {
    pub action: Action,
    pub resource: Spelled,
    /// With its kind before it, `service:ec2.amazonaws.com`, or `*` for everybody. `None` in the
    /// policy of a role.
    pub principal: Option<Spelled>,
}

/// Permissions that policies may hold. A line without `principals` means policies of roles, one
/// with them means trust policies and policies of things.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IamGrant {
    /// Actions. A wildcard in a policy needs the same text, or a wider one, here; an action that
    /// hands out more than it says (`iam:PassRole`, `kms:*`) needs its own text.
    pub actions: Patterns,
    /// Resources as they are spelled, or `self`: what the document itself makes.
    pub resources: Patterns,
    /// `aws:ARN`, `service:NAME`, `federated:ARN`, `canonical-user:ID`, `self`, or `*` for
    /// everybody and nothing less.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub principals: Patterns,
}

fn is_empty(patterns: &Patterns) -> bool {
    patterns.is_empty()
}

impl Policy {
    /// The most permissions of one policy. AWS caps a policy at 20 KiB, which holds fewer lines
    /// than this.
    pub const MAX_ALLOWS: usize = 4096;

    /// Checks every token and lists what the policy allows. A `Deny` takes away, so it is checked
    /// and not listed.
    pub fn allows(&self, tokens: &dyn Tokens) -> Result<BTreeSet<Allow>, PolicyError> {
        let mut allows = BTreeSet::new();
        for (index, statement) in self.statements.iter().enumerate() {
            let at = format!("/Statement/{index}");
            let error = |part: &str, error: SpellingError| PolicyError {
                pointer: pointer::join(&at, part),
                problem: error.into(),
            };
            statement
                .check_conditions(tokens)
                .map_err(|e| error("Condition", e))?;
            let resources = statement
                .spell_resources(self.kind, tokens)
                .map_err(|e| error("Resource", e))?;
            let principals = statement
                .spell_principals(tokens)
                .map_err(|e| error("Principal", e))?;
            if statement.effect == Effect::Deny {
                continue;
            }
            let count = statement
                .actions
                .len()
                .saturating_mul(resources.len())
                .saturating_mul(principals.len());
            if allows.len().saturating_add(count) > Self::MAX_ALLOWS {
                return Err(PolicyError {
                    pointer: at,
                    problem: PolicyProblem::TooWide(Self::MAX_ALLOWS),
                });
            }
            for action in &statement.actions {
                for resource in &resources {
                    for principal in &principals {
                        allows.insert(Allow {
                            action: action.clone(),
                            resource: resource.clone(),
                            principal: principal.clone(),
                        });
                    }
                }
            }
        }
        Ok(allows)
    }
}

impl Statement {
    fn check_conditions(&self, tokens: &dyn Tokens) -> Result<(), SpellingError> {
        for condition in &self.conditions {
            for value in &condition.values {
                match value {
                    // A policy variable may stand in a value, and a brace in a literal pattern is
                    // harmless there.
                    Node::Text(text) if text.as_literal().is_none() => {
                        spell(text, tokens)?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn spell_resources(
        &self,
        kind: PolicyKind,
        tokens: &dyn Tokens,
    ) -> Result<Vec<Spelled>, SpellingError> {
        let itself = || Spelled {
            text: "self".to_owned(),
            own: true,
        };
        match kind {
            PolicyKind::Trust => Ok(vec![itself()]),
            _ => self
                .resources
                .iter()
                .map(|resource| match (kind, resource.as_literal()) {
                    (PolicyKind::Resource { star_is_self: true }, Some("*")) => Ok(itself()),
                    _ => spell(resource, tokens),
                })
                .collect(),
        }
    }

    fn spell_principals(&self, tokens: &dyn Tokens) -> Result<Vec<Option<Spelled>>, SpellingError> {
        if self.principals.is_empty() {
            return Ok(vec![None]);
        }
        self.principals
            .iter()
            .map(|principal| principal.spell(tokens).map(Some))
            .collect()
    }
}

impl Principal {
    fn spell(&self, tokens: &dyn Tokens) -> Result<Spelled, SpellingError> {
        match self {
            Self::Anyone => Ok(Spelled {
                text: "*".to_owned(),
                own: false,
            }),
            Self::Named { kind, who } => {
                let Spelled { text, own } = spell(who, tokens)?;
                Ok(Spelled {
                    text: format!("{}{text}", kind.prefix()),
                    own: own && is_whole(who),
                })
            }
        }
    }
}

/// A principal is the thing itself: nothing inside of a thing acts.
fn is_whole(text: &Templated) -> bool {
    text.as_token().is_some()
}

impl Allow {
    /// Power for an action that hands out more than it says, and for everybody as the principal.
    pub fn risk(&self) -> Risk {
        let everybody = self
            .principal
            .as_ref()
            .is_some_and(|principal| principal.text == "*");
        if everybody {
            Risk::Power
        } else {
            self.action.risk()
        }
    }
}

impl IamGrant {
    /// Whether the line covers the permission.
    pub fn covers(&self, allow: &Allow) -> bool {
        let principal = match &allow.principal {
            None => self.principals.is_empty(),
            Some(principal) => covers_spelled(&self.principals, principal),
        };
        principal && covers_spelled(&self.resources, &allow.resource) && self.names(&allow.action)
    }

    fn names(&self, action: &Action) -> bool {
        let mut reaching = self
            .actions
            .iter()
            .filter(|pattern| pattern.matches(action.as_str()))
            .peekable();
        // What an action hands out is looked up for those only that a pattern reaches.
        reaching.peek().is_some() && {
            let risk = action.risk();
            reaching.any(|pattern| {
                pattern.covers(action.as_str(), risk) || pattern.is_spelled(action.as_str())
            })
        }
    }

    /// The line in plain words.
    pub fn describe(&self) -> String {
        let mut text = format!(
            "allow {} on {}",
            words::list(self.actions.iter()),
            words::list(self.resources.iter())
        );
        if !self.principals.is_empty() {
            text.push_str(&format!(" to {}", words::list(self.principals.iter())));
        }
        text
    }

    /// Power when an action that hands out more than it says is named, or everybody.
    pub fn risk(&self) -> Risk {
        let actions = self.actions.iter().map(|pattern| {
            Action::new(&pattern.to_string()).map_or(Risk::Power, |action| action.risk())
        });
        let everybody = self.principals.iter().any(Pattern::is_everything);
        if everybody {
            Risk::Power
        } else {
            actions.max().unwrap_or(Risk::Plain)
        }
    }
}

fn covers_spelled(patterns: &[Pattern], spelled: &Spelled) -> bool {
    patterns.iter().any(|pattern| {
        let own = spelled.own && !pattern.is_wildcard() && pattern.matches("self");
        own || pattern.matches(&spelled.text)
    })
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "allow {} on {}", self.action, self.resource.text)?;
        match &self.principal {
            Some(principal) if principal.text == "*" => f.write_str(" to everybody"),
            Some(principal) => write!(f, " to {}", principal.text),
            None => Ok(()),
        }
    }
}
