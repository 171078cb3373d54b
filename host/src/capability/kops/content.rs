//! What a field's value means beyond being set: images, IAM statements, policies.

use super::derive::{Spot, Walk};
use super::fields::Shape;
use super::{KopsUse, codes};
use crate::capability::iam::{Policy, PolicyKind, Tokens, spell};
use crate::capability::{DeclaredFacts, Denial};
use crate::fact::Format;
use crate::template::{Node, Templated, Token};

impl Walk<'_> {
    /// What the value means beyond being set.
    pub(super) fn content(
        &mut self,
        shape: Shape,
        node: &Node,
        path: &str,
        spot: &Spot,
    ) -> Result<(), Denial> {
        match shape {
            Shape::Image => {
                if let Some(image) = node.as_str() {
                    self.request(
                        path,
                        KopsUse::Image {
                            image: image.to_owned(),
                        },
                    );
                }
                Ok(())
            }
            Shape::Statements => self.statements(node, path, spot),
            Shape::Policies => self.policies(node, path, spot),
            Shape::StatementsByRole => self.by_role(node, path, spot, Self::statements),
            Shape::PoliciesByRole => self.by_role(node, path, spot, Self::policies),
            _ => Ok(()),
        }
    }

    fn by_role(
        &mut self,
        node: &Node,
        path: &str,
        spot: &Spot,
        each: fn(&mut Self, &Node, &str, &Spot) -> Result<(), Denial>,
    ) -> Result<(), Denial> {
        const ROLES: [&str; 6] = [
            "apiserver",
            "bastion",
            "control-plane",
            "karpenter",
            "master",
            "node",
        ];
        let Some(roles) = node.as_map() else {
            return Err(self.misshapen(spot));
        };
        for (role, node) in roles {
            let spot = spot.key(role);
            if !ROLES.contains(&role.as_str()) {
                let reason = format!("kOps has the roles {}", ROLES.join(", "));
                return Err(self.denied(codes::SHAPE, &spot, reason, "name one of them"));
            }
            each(self, node, path, &spot)?;
        }
        Ok(())
    }

    fn statements(&mut self, node: &Node, path: &str, spot: &Spot) -> Result<(), Denial> {
        let allows = Policy::parse_statements(node, PolicyKind::Identity)
            .and_then(|policy| policy.allows(&self.tokens))
            .map_err(|error| {
                let spot = Spot {
                    path: spot.path.clone(),
                    pointer: format!("{}{}", spot.pointer, error.pointer),
                };
                self.denied(
                    codes::POLICY,
                    &spot,
                    error.to_string(),
                    "write statements that a grant can name",
                )
            })?;
        for allow in allows {
            self.request(path, KopsUse::Iam { allow });
        }
        Ok(())
    }

    fn policies(&mut self, node: &Node, path: &str, spot: &Spot) -> Result<(), Denial> {
        for (index, item) in node.as_list().unwrap_or_default().iter().enumerate() {
            let spot = spot.item(index);
            let Node::Text(text) = item else {
                return Err(self.misshapen(&spot));
            };
            if let Some(token) = text.as_token() {
                self.fact_of(token, &Format::Arn, &spot)?;
                continue;
            }
            let spelled = self.spelled(text, &spot)?;
            self.request(path, KopsUse::Policy { arn: spelled });
        }
        Ok(())
    }

    fn fact_of(&self, token: &Token, wanted: &Format, spot: &Spot) -> Result<(), Denial> {
        match self.tokens.format(token) {
            Some(format) if format.fits(wanted) => Ok(()),
            _ => {
                let reason =
                    format!("{token} is not a fact of the format {wanted} that the stage requires");
                Err(self.denied(codes::REFERENCE, spot, reason, "name another fact"))
            }
        }
    }

    fn spelled(&self, text: &Templated, spot: &Spot) -> Result<String, Denial> {
        spell(text, &self.tokens)
            .map(|spelled| spelled.text)
            .map_err(|error| {
                self.denied(
                    codes::REFERENCE,
                    spot,
                    error.to_string(),
                    "name another fact, or a literal",
                )
            })
    }
}

/// The tokens of a kOps document are facts: nothing of a Terraform root is here.
pub(super) struct FactTokens<'a> {
    pub(super) facts: &'a DeclaredFacts,
}

impl Tokens for FactTokens<'_> {
    fn format(&self, token: &Token) -> Option<Format> {
        match token {
            Token::Fact(token) => self
                .facts
                .get(&token.fact)?
                .format
                .at(&token.pointer)
                .cloned(),
            Token::Resource(_) => None,
        }
    }

    fn own(&self, _: &Token) -> Option<&'static str> {
        None
    }
}
