//! `derive`: from the documents of a cluster to requests.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Identifier, pointer, untrusted};

use super::fields::{self, Entry, Found, Otherwise, Rule, Shape};
use super::values::{Judged, judge};
use super::{KopsRequest, KopsUse, codes};
use crate::capability::iam::{Policy, PolicyKind, Tokens, spell};
use crate::capability::{DeclaredFacts, Denial, DeriveContext, Request, Risk};
use crate::fact::Format;
use crate::proposal::{Change, KopsCluster, KopsRoll};
use crate::template::{Node, Templated, Token};

/// Everything that the documents imply, sorted, each once. Where the secrets go is derived with the tokens of all changes.
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
        facts: &context.facts,
        requests: BTreeSet::new(),
    };
    check_groups(kops)?;
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

/// Instance groups have names of their own and roles, and whoever names a group names one of these.
fn check_groups(kops: &KopsCluster) -> Result<(), Denial> {
    let mut names = BTreeSet::new();
    for group in &kops.instance_groups {
        let asked = format!("instance group {}", group.name);
        let at = format!("/instance-groups/{}", group.name);
        if !names.insert(group.name.as_str()) {
            let reason = "two instance groups have this name";
            return Err(Denial::forbidden(
                codes::NAME,
                asked,
                reason,
                "give each a name of its own",
            )
            .at(at));
        }
        if group.spec.get("role").and_then(Node::as_str).is_none() {
            let reason = "it does not say its role";
            return Err(
                Denial::forbidden(codes::NAME, asked, reason, "state `role` as a literal").at(at),
            );
        }
    }
    let dangling = |asked: String, at: String| {
        Denial::forbidden(
            codes::REFERENCE,
            asked,
            "the proposal has no instance group of that name",
            "name an instance group of this proposal as a literal",
        )
        .at(at)
    };
    if let KopsRoll::Groups(groups) = &kops.roll {
        if let Some(name) = groups.iter().find(|name| !names.contains(name.as_str())) {
            return Err(dangling(
                format!("roll instance group {name}"),
                "/roll".to_owned(),
            ));
        }
    }
    let lists = |node: Option<&Node>| node.and_then(Node::as_list).unwrap_or_default().to_vec();
    for (index, etcd) in lists(kops.spec.get("etcdClusters")).iter().enumerate() {
        let mut members = BTreeSet::new();
        for (member_index, member) in lists(etcd.get("etcdMembers")).iter().enumerate() {
            let at = format!("/spec/etcdClusters/{index}/etcdMembers/{member_index}");
            let group = member.get("instanceGroup").and_then(Node::as_str);
            if !group.is_some_and(|group| names.contains(group)) {
                return Err(dangling("an etcd member's instance group".to_owned(), at));
            }
            let name = member
                .get("name")
                .and_then(Node::as_str)
                .unwrap_or_default();
            if name.is_empty() || !members.insert(name.to_owned()) {
                return Err(Denial::forbidden(
                    codes::NAME,
                    "an etcd member",
                    "its name is not a literal, or another member has it",
                    "give each member a literal name of its own",
                )
                .at(at));
            }
        }
    }
    Ok(())
}

struct Walk<'a> {
    cluster: &'a Identifier,
    facts: &'a DeclaredFacts,
    requests: BTreeSet<KopsRequest>,
}

/// Where in a document: the path that a grant names, and the pointer.
#[derive(Clone, Debug)]
struct Spot {
    path: String,
    pointer: String,
}

impl Spot {
    fn key(&self, key: &str) -> Self {
        Self {
            path: format!("{}.{key}", self.path),
            pointer: pointer::join(&self.pointer, key),
        }
    }

    fn item(&self, index: usize) -> Self {
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
        if map.is_empty() {
            // Its presence alone can mean something: `calico: {}` is the choice of a network.
            self.request(&spot.path, KopsUse::Field { risk: Risk::Plain });
        }
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
        match node {
            Node::Map(map) => self.map(map, spot),
            Node::List(items) => {
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

    /// What the value means beyond being set.
    fn content(
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
            .and_then(|policy| policy.allows(&FactTokens { facts: self.facts }))
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
        match (FactTokens { facts: self.facts }).format(token) {
            Some(format) if format.fits(wanted) => Ok(()),
            _ => {
                let reason =
                    format!("{token} is not a fact of the format {wanted} that the stage requires");
                Err(self.denied(codes::REFERENCE, spot, reason, "name another fact"))
            }
        }
    }

    fn spelled(&self, text: &Templated, spot: &Spot) -> Result<String, Denial> {
        spell(text, &FactTokens { facts: self.facts })
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

    fn shape(&self, shape: Shape, node: &Node, spot: &Spot) -> Result<(), Denial> {
        let scalar = |node: &Node| matches!(node, Node::Text(_) | Node::Number(_) | Node::Bool(_));
        let is_text = |node: &Node| matches!(node, Node::Text(_));
        let token = match node {
            Node::Text(text) => text.as_token(),
            _ => None,
        };
        let fits = match (shape, node) {
            (Shape::Text | Shape::Image, node) => is_text(node),
            (Shape::Number, Node::Number(_)) | (Shape::Flag, Node::Bool(_)) => true,
            (Shape::Quantity, Node::Number(_) | Node::Text(_)) => true,
            (Shape::Texts | Shape::Policies, Node::List(items)) => items.iter().all(is_text),
            (Shape::Map, Node::Map(entries)) => entries.values().all(scalar),
            (Shape::Empty, Node::Map(entries)) => entries.is_empty(),
            (Shape::Statements, Node::List(items)) => !items.is_empty(),
            (Shape::StatementsByRole | Shape::PoliciesByRole, Node::Map(entries)) => {
                !entries.is_empty()
            }
            // A list of texts can be one fact.
            (Shape::Texts, _) if token.is_some() => true,
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(self.misshapen(spot))
        }
    }

    /// Tokens stand where a value of the cloud belongs; everything that decides what is allowed is literal.
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
            if (FactTokens { facts: self.facts }).format(token).is_none() {
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

    fn request(&mut self, path: &str, what: KopsUse) {
        self.requests.insert(KopsRequest {
            cluster: self.cluster.clone(),
            path: path.to_owned(),
            what,
        });
    }

    fn misshapen(&self, spot: &Spot) -> Denial {
        let reason = "its value does not have the shape that kOps has for it";
        self.denied(
            codes::SHAPE,
            spot,
            reason,
            "mend the value, or leave it out",
        )
    }

    fn denied(
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

/// The tokens of a kOps document are facts: nothing of a Terraform root is here.
struct FactTokens<'a> {
    facts: &'a DeclaredFacts,
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
