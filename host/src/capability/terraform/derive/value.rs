//! A value against its attribute.

use aegis_document::pointer;

use super::body::{Body, Spot};
use super::guard;
use crate::capability::iam::{Policy, PolicyKind, SpellingError, Tokens, spell};
use crate::capability::terraform::types::{Attribute, Class, Shape};
use crate::capability::terraform::{AttributeClass, TerraformRequest, codes};
use crate::capability::{Denial, Risk};
use crate::fact::Format;
use crate::template::{Node, Segment, Templated, Token};

impl Body<'_> {
    /// Checks the value of one attribute and adds what it implies.
    pub(super) fn attribute(
        &mut self,
        attribute: &Attribute,
        node: &Node,
        spot: &Spot,
    ) -> Result<(), Denial> {
        if let Class::Policy(kind) = attribute.class {
            return self.policy(kind, node, spot);
        }
        if attribute.class == Class::Path {
            return Err(self.denied(
                codes::NEVER,
                spot,
                "it names a file of the machine that Terraform runs on",
                "there is no replacement: nothing of that machine is read",
            ));
        }
        if attribute.class == Class::Secret {
            return Err(self.denied(
                codes::NEVER,
                spot,
                "it is a secret, which would lie in clear text in Terraform's plan and state",
                "put the secret into the kOps secret store or a Kubernetes Secret",
            ));
        }
        self.shape(attribute, node, spot)?;
        match attribute.class {
            Class::Target { kinds, risk } => self.targets(kinds, risk, node, spot),
            Class::Code => self
                .literal(node, spot)
                .map(|()| self.beyond(AttributeClass::Code, spot)),
            Class::Deputy => self
                .literal(node, spot)
                .map(|()| self.beyond(AttributeClass::Deputy, spot)),
            Class::Literal => self.literal(node, spot),
            Class::Guarded(guard) => {
                if !guard::takes_tokens(guard) {
                    self.literal(node, spot)?;
                }
                if !guard::is_plain(guard, node, self.view) {
                    self.beyond(AttributeClass::Power, spot);
                }
                Ok(())
            }
            Class::Plain | Class::Policy(_) | Class::Path | Class::Secret => Ok(()),
        }
    }

    fn beyond(&mut self, class: AttributeClass, spot: &Spot) {
        self.request(TerraformRequest::Attribute {
            kind: self.block.kind.clone(),
            attribute: spot.name.clone(),
            class,
        });
    }

    fn policy(&mut self, kind: PolicyKind, node: &Node, spot: &Spot) -> Result<(), Denial> {
        let allows = Policy::parse(node, kind)
            .and_then(|policy| policy.allows(self.view))
            .map_err(|error| {
                let place = Spot {
                    name: spot.name.clone(),
                    pointer: format!("{}{}", spot.pointer, error.pointer),
                };
                self.denied(
                    codes::POLICY,
                    &place,
                    error.to_string(),
                    "write statements that a grant can name",
                )
            })?;
        for allow in allows {
            self.request(TerraformRequest::Iam {
                kind: self.block.kind.clone(),
                attribute: spot.name.clone(),
                allow,
            });
        }
        Ok(())
    }

    /// No token stands where what is authorised is decided.
    fn literal(&self, node: &Node, spot: &Spot) -> Result<(), Denial> {
        if node.has_tokens() {
            return Err(self.denied(
                codes::SHAPE,
                spot,
                "it decides what is authorised, so it is literal and holds no token",
                "write the value itself",
            ));
        }
        Ok(())
    }

    fn shape(&self, attribute: &Attribute, node: &Node, spot: &Spot) -> Result<(), Denial> {
        let shape = attribute.shape;
        if let Some(token) = whole_token(node) {
            return self.whole(token, shape, spot);
        }
        match (shape, node) {
            (Shape::Text, Node::Text(text)) => self.text(text, spot),
            (Shape::Number, Node::Number(_)) | (Shape::Flag, Node::Bool(_)) => Ok(()),
            (Shape::Texts, Node::List(items)) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.text_of(item, shape, &spot.item(index))),
            (Shape::TextMap, Node::Map(entries)) => entries.iter().try_for_each(|(key, item)| {
                let spot = Spot {
                    name: spot.name.clone(),
                    pointer: pointer::join(&spot.pointer, key),
                };
                self.text_of(item, shape, &spot)
            }),
            _ => Err(self.misshapen(shape, spot)),
        }
    }

    fn text_of(&self, node: &Node, shape: Shape, spot: &Spot) -> Result<(), Denial> {
        match (whole_token(node), node) {
            (Some(token), _) => self.whole(token, Shape::Text, spot),
            (None, Node::Text(text)) => self.text(text, spot),
            _ => Err(self.misshapen(shape, spot)),
        }
    }

    fn misshapen(&self, shape: Shape, spot: &Spot) -> Denial {
        self.denied(
            codes::SHAPE,
            spot,
            format!("its value is not {}", shape.words()),
            "mend the value, or leave it out",
        )
    }

    /// A text with tokens in it. A literal text is any text: `${` and `%{` in it are printed as
    /// themselves.
    pub(super) fn text(&self, text: &Templated, spot: &Spot) -> Result<(), Denial> {
        check_text(text, self.view).map_err(|error| {
            self.denied(
                codes::REFERENCE,
                spot,
                error.to_string(),
                "read another value, or write the text out",
            )
        })
    }

    fn whole(&self, token: &Token, shape: Shape, spot: &Spot) -> Result<(), Denial> {
        let Some(format) = self.view.format(token) else {
            let error = SpellingError::UnknownToken {
                token: token.to_string(),
            };
            return Err(self.denied(
                codes::REFERENCE,
                spot,
                error.to_string(),
                "read an attribute that the host's rules for the type have, of a block of this root",
            ));
        };
        if fits(&format, shape) {
            Ok(())
        } else {
            let reason = format!(
                "{token} has the format {format}, and the value has to be {}",
                shape.words()
            );
            Err(self.denied(codes::REFERENCE, spot, reason, "read another value"))
        }
    }

    fn targets(
        &mut self,
        kinds: &[&str],
        risk: Risk,
        node: &Node,
        spot: &Spot,
    ) -> Result<(), Denial> {
        match node {
            Node::Text(text) => self.target(kinds, risk, text, spot),
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Node::Text(text) = item {
                        self.target(kinds, risk, text, &spot.item(index))?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A target is a block of the root, a fact, or a literal that needs a grant. A value that a
    /// block of the root only repeats would launder a literal, so it is none of them.
    fn target(
        &mut self,
        kinds: &[&str],
        risk: Risk,
        text: &Templated,
        spot: &Spot,
    ) -> Result<(), Denial> {
        let denied = |body: &Self, reason: String| {
            let help = "name a resource of this root by the value that identifies it, a fact, or a literal that the grant lists";
            Err(body.denied(codes::REFERENCE, spot, reason, help))
        };
        match text.as_token() {
            Some(token @ Token::Fact(_)) => {
                return match self.view.format(token) {
                    Some(format) if identifies(&format) => Ok(()),
                    _ => denied(
                        self,
                        format!(
                            "{token} is a fact whose format is not that of an id, an ARN or a name of DNS"
                        ),
                    ),
                };
            }
            Some(Token::Resource(token)) => {
                let identified = self
                    .view
                    .read(token)
                    .and_then(|(export, _)| export.identifies);
                return match identified {
                    Some(kind) if kinds.contains(&kind) => Ok(()),
                    _ => denied(
                        self,
                        format!(
                            "@{{{}}} does not identify a resource that may stand here",
                            token.address()
                        ),
                    ),
                };
            }
            None => {}
        }
        let spelled = match spell(text, self.view) {
            Ok(spelled) => spelled,
            Err(error) => return denied(self, error.to_string()),
        };
        let first = text.tokens().next();
        if spelled.own && first.is_some_and(|token| self.identifies_one_of(token, kinds)) {
            return Ok(());
        }
        self.request(TerraformRequest::Target {
            kind: self.block.kind.clone(),
            attribute: spot.name.clone(),
            value: spelled.text,
            risk,
        });
        Ok(())
    }

    fn identifies_one_of(&self, token: &Token, kinds: &[&str]) -> bool {
        match token {
            Token::Resource(token) => self
                .view
                .read(token)
                .and_then(|(export, _)| export.identifies)
                .is_some_and(|kind| kinds.contains(&kind)),
            Token::Fact(_) => false,
        }
    }
}

/// Formats of facts that can name infrastructure.
fn identifies(format: &Format) -> bool {
    match format {
        Format::AwsId | Format::Arn | Format::DnsName | Format::HttpsUrl => true,
        Format::List(inner) => identifies(inner),
        _ => false,
    }
}

/// Tokens in a longer text read embeddable values, and nothing before one of them would make it
/// mean something else.
pub(super) fn check_text(text: &Templated, tokens: &dyn Tokens) -> Result<(), SpellingError> {
    let segments = text.segments();
    for (index, segment) in segments.iter().enumerate() {
        match segment {
            Segment::Literal(literal)
                if index + 1 < segments.len() && literal.ends_with(['$', '%']) =>
            {
                return Err(SpellingError::Splice);
            }
            Segment::Literal(_) => {}
            Segment::Token(token) => {
                let token_text = token.to_string();
                let Some(format) = tokens.format(token) else {
                    return Err(SpellingError::UnknownToken { token: token_text });
                };
                if segments.len() > 1 && !format.embeddable() {
                    return Err(SpellingError::NotEmbeddable {
                        token: token_text,
                        format,
                    });
                }
            }
        }
    }
    Ok(())
}

fn whole_token(node: &Node) -> Option<&Token> {
    match node {
        Node::Text(text) => text.as_token(),
        _ => None,
    }
}

/// Whether Terraform can take every value of the format for the shape.
fn fits(format: &Format, shape: Shape) -> bool {
    match (shape, format) {
        (Shape::Text, format) => format.is_scalar(),
        (Shape::Number, Format::Number | Format::Port) | (Shape::Flag, Format::Boolean) => true,
        (Shape::Texts, Format::List(inner)) | (Shape::TextMap, Format::Map(inner)) => {
            inner.is_scalar()
        }
        _ => false,
    }
}
