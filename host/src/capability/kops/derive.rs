//! `derive`: from the documents of a cluster to requests.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Identifier, pointer, untrusted};

use super::content::FactTokens;
use super::fields::{self, Entry, Found, Otherwise, Rule, Shape};
use super::values::{Judged, judge};
use super::{KopsRequest, KopsUse, codes, groups};
use crate::capability::iam::Tokens;
use crate::capability::{Denial, DeriveContext, Request, Risk};
use crate::fact::Format;
use crate::proposal::{Change, KopsCluster};
use crate::template::{Node, Templated, Token};

/// Everything that the documents imply, sorted, each once. Where the secrets go is derived with the
/// tokens of all changes.
pub fn derive(
    kops: &KopsCluster,
    change: &Change,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    derive_all(kops, change, context).map_err(|denial| denial.of(&change.id))
}

fn derive_all(
    kops: &KopsCluster,
    change: &Change,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let Some(cluster) = &change.cluster else {
        return Err(Denial::forbidden(
            codes::NAME,
            "a kOps cluster",
            "the change does not say which cluster it is",
            "set the change's `cluster`",
        ));
    };
    let mut walk = Walk {
        cluster,
        tokens: FactTokens {
            facts: &context.facts,
        },
        requests: BTreeSet::new(),
    };
    groups::check(kops)?;
    walk.document(&kops.spec, "spec", "/spec")?;
    for group in &kops.instance_groups {
        walk.document(
            &group.spec,
            "instanceGroup.spec",
            &format!("/instance-groups/{}/spec", group.name),
        )?;
    }
    Ok(walk.requests.into_iter().map(Request::Kops).collect())
}

/// The documents of a cluster while they are walked.
pub(super) struct Walk<'a> {
    cluster: &'a Identifier,
    pub(super) tokens: FactTokens<'a>,
    requests: BTreeSet<KopsRequest>,
}

/// Where in a document: the path that a grant names, and the pointer.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) path: String,
    pub(super) pointer: String,
}

impl Spot {
    pub(super) fn key(&self, key: &str) -> Self {
        Self {
            path: format!("{}.{key}", self.path),
            pointer: pointer::join(&self.pointer, key),
        }
    }

    pub(super) fn item(&self, index: usize) -> Self {
        Self {
            path: self.path.clone(),
            pointer: format!("{}/{index}", self.pointer),
        }
    }
}

impl Walk<'_> {
    fn document(&mut self, node: &Node, path: &str, at: &str) -> Result<(), Denial> {
        let spot = Spot {
            path: path.to_owned(),
            pointer: at.to_owned(),
        };
        match node.as_map() {
            Some(map) => self.map(map, &spot),
            None => Err(self.denied(
                codes::SHAPE,
                &spot,
                "it is not a map",
                "write a JSON object",
            )),
        }
    }

    fn map(&mut self, map: &BTreeMap<String, Node>, spot: &Spot) -> Result<(), Denial> {
        for (key, node) in map {
            let spot = spot.key(key);
            // A dot in a key would be the path of another field.
            let found = if key.contains('.') {
                None
            } else {
                fields::at(&spot.path)
            };
            match found {
                Some(Found::Field(entry)) => self.field(entry, node, &spot)?,
                Some(Found::Inner) => self.inner(node, &spot)?,
                None => {
                    let reason = "the host has no rule for this field";
                    return Err(self.denied(codes::FIELD, &spot, reason, "leave it out"));
                }
            }
        }
        Ok(())
    }

    fn inner(&mut self, node: &Node, spot: &Spot) -> Result<(), Denial> {
        match (fields::is_list(&spot.path), node) {
            (false, Node::Map(map)) => {
                if map.is_empty() {
                    // Its presence alone can mean something: `calico: {}` is the choice of a network.
                    self.request(&spot.path, KopsUse::Field { risk: Risk::Plain });
                }
                self.map(map, spot)
            }
            (true, Node::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let spot = spot.item(index);
                    match item.as_map() {
                        Some(map) => self.map(map, &spot)?,
                        None => return Err(self.misshapen(&spot)),
                    }
                }
                Ok(())
            }
            _ => Err(self.misshapen(spot)),
        }
    }

    fn field(&mut self, entry: &Entry, node: &Node, spot: &Spot) -> Result<(), Denial> {
        let field = entry.field;
        match field.rule {
            Rule::Host => {
                let reason = "the host writes this field, from the stack file and the operator's configuration";
                return Err(self.denied(codes::HOST_FIELD, spot, reason, "leave it out"));
            }
            Rule::Never(reason) => {
                return Err(self.denied(codes::NEVER, spot, reason, "leave it out"));
            }
            Rule::Any(_) | Rule::Guarded { .. } => {}
        }
        self.shape(field.shape, node, spot)?;
        self.tokens(field.tokens, node, spot)?;
        let (path, whole) = &entry.granted_as;
        let set = |risk: Risk| KopsUse::Field {
            risk: whole.map_or(risk, |whole| whole.max(risk)),
        };
        let what = match field.rule {
            Rule::Guarded {
                values,
                risk,
                otherwise,
            } => match (judge(values, node), otherwise) {
                (Judged::Within, _) => set(risk),
                (Judged::Beyond, Otherwise::Exposing) => KopsUse::Exposing,
                (Judged::Beyond, Otherwise::Never(reason)) | (Judged::Never(reason), _) => {
                    return Err(self.denied(
                        codes::NEVER,
                        spot,
                        reason,
                        "mend the value, or leave it out",
                    ));
                }
            },
            Rule::Any(risk) => set(risk),
            Rule::Host | Rule::Never(_) => set(Risk::Opaque),
        };
        self.request(path, what);
        self.content(field.shape, node, path, spot)
    }

    fn shape(&self, shape: Shape, node: &Node, spot: &Spot) -> Result<(), Denial> {
        let whole = |node: &Node| node.as_text().and_then(Templated::as_token).cloned();
        // A fact that is all of a text becomes the value itself. What is no fact is refused with its token.
        let becomes = |token: &Token, fits: fn(&Format) -> bool| {
            self.tokens.format(token).is_none_or(|format| fits(&format))
        };
        let is_text = |node: &Node| {
            matches!(node, Node::Text(_))
                && whole(node).is_none_or(|token| becomes(&token, Format::is_text))
        };
        let scalar = |node: &Node| match whole(node) {
            Some(token) => becomes(&token, Format::is_scalar),
            None => matches!(node, Node::Text(_) | Node::Number(_) | Node::Bool(_)),
        };
        let fits = match (shape, node) {
            (Shape::Text | Shape::Image, node) => is_text(node),
            (Shape::Number, Node::Number(_)) | (Shape::Flag, Node::Bool(_)) => true,
            (Shape::Quantity, node) => is_text(node) || matches!(node, Node::Number(_)),
            (Shape::Texts | Shape::Policies, Node::List(items)) => items.iter().all(is_text),
            (Shape::Map, Node::Map(entries)) => entries.values().all(scalar),
            (Shape::Empty, Node::Map(entries)) => entries.is_empty(),
            (Shape::Statements, Node::List(items)) => !items.is_empty(),
            (Shape::StatementsByRole | Shape::PoliciesByRole, Node::Map(entries)) => {
                !entries.is_empty()
            }
            // A list of texts can be one fact.
            (Shape::Texts, node) => whole(node).is_some_and(|token| {
                becomes(
                    &token,
                    |format| matches!(format, Format::List(inner) if inner.is_text()),
                )
            }),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(self.misshapen(spot))
        }
    }

    /// Tokens stand where a value of the cloud belongs; everything that decides what is allowed is
    /// literal.
    fn tokens(&self, allowed: bool, node: &Node, spot: &Spot) -> Result<(), Denial> {
        // Statements have rules of their own for tokens.
        let statements = matches!(fields::at(&spot.path), Some(Found::Field(entry))
            if matches!(entry.field.shape, Shape::Statements | Shape::StatementsByRole));
        if statements || !node.has_tokens() {
            return Ok(());
        }
        if !allowed {
            let reason = "it decides what is authorised, so it is literal and holds no token";
            return Err(self.denied(codes::SHAPE, spot, reason, "write the value itself"));
        }
        let mut unknown = None;
        node.for_each_token(&mut |token| {
            if self.tokens.format(token).is_none() {
                unknown.get_or_insert_with(|| token.to_string());
            }
        });
        match unknown {
            None => Ok(()),
            Some(token) => {
                let reason = format!("{token} is not a fact that the stage requires");
                Err(self.denied(codes::REFERENCE, spot, reason, "name another fact"))
            }
        }
    }

    pub(super) fn request(&mut self, path: &str, what: KopsUse) {
        self.requests.insert(KopsRequest {
            cluster: self.cluster.clone(),
            path: path.to_owned(),
            what,
        });
    }

    pub(super) fn misshapen(&self, spot: &Spot) -> Denial {
        let reason = "its value does not have the shape that kOps has for it";
        self.denied(
            codes::SHAPE,
            spot,
            reason,
            "mend the value, or leave it out",
        )
    }

    pub(super) fn denied(
        &self,
        code: &'static str,
        spot: &Spot,
        reason: impl Into<String>,
        help: impl Into<String>,
    ) -> Denial {
        let asked = format!(
            "{} of the kOps cluster {}",
            untrusted(&spot.path),
            self.cluster
        );
        Denial::forbidden(code, asked, reason, help).at(&spot.pointer)
    }
}
