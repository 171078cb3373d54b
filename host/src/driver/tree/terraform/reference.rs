//! References, from tokens.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::pointer;
use serde_json::{Map, Value, json};

use super::super::render::{RenderContext, RenderError};
use super::error::TerraformError;
use crate::driver::document::TerraformDocument;
use crate::fact::{FactRef, Format};
use crate::template::{FactToken, Mode, Node, PathStep, ResourceToken, Token};

/// What the tokens of a root may refer to: its own blocks, and a variable for each fact.
pub(super) struct References<'a> {
    blocks: BTreeSet<String>,
    facts: BTreeMap<FactRef, Variable<'a>>,
}

struct Variable<'a> {
    name: String,
    format: &'a Format,
}

impl<'a> References<'a> {
    pub(super) fn of(
        document: &TerraformDocument,
        context: &RenderContext<'a>,
    ) -> Result<Self, RenderError> {
        let managed = document
            .resources
            .iter()
            .map(|block| format!("{}.{}", block.kind, block.name));
        let data = document
            .data
            .iter()
            .map(|block| format!("data.{}.{}", block.kind, block.name));
        let mut named = BTreeSet::new();
        for body in bodies(document) {
            body.for_each_token(&mut |token| {
                if let Token::Fact(token) = token {
                    named.insert(token.fact.clone());
                }
            });
        }
        let mut facts = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for fact in named {
            let format = context.format(&fact)?;
            facts.insert(
                fact.clone(),
                Variable {
                    name: unique(&fact, &mut taken),
                    format,
                },
            );
        }
        Ok(Self {
            blocks: managed.chain(data).collect(),
            facts,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The variable blocks.
    pub(super) fn variables(&self) -> Map<String, Value> {
        let block = |(fact, variable): (&FactRef, &Variable<'_>)| {
            let about = format!("The fact {fact} ({}).", variable.format);
            let declared =
                json!({"description": about, "nullable": false, "type": type_of(variable.format)});
            (variable.name.clone(), declared)
        };
        self.facts.iter().map(block).collect()
    }

    /// The values of the variables whose facts are known; the others are added to `waits_for`.
    pub(super) fn values(
        &self,
        context: &RenderContext<'_>,
        waits_for: &mut BTreeSet<FactRef>,
    ) -> Result<Map<String, Value>, RenderError> {
        let mut values = Map::new();
        for (fact, variable) in &self.facts {
            match context.value(fact)? {
                Some(value) => {
                    values.insert(variable.name.clone(), value.clone());
                }
                None => {
                    waits_for.insert(fact.clone());
                }
            }
        }
        Ok(values)
    }

    /// The expression of a token. `embedded` in a longer text it must be a scalar that cannot leave its
    /// place.
    pub(super) fn expression(
        &self,
        token: &Token,
        embedded: bool,
    ) -> Result<String, TerraformError> {
        match token {
            Token::Resource(token) => self.block(token),
            Token::Fact(token) => {
                let (expression, format) = self.fact(token)?;
                if embedded && !format.embeddable() {
                    let format = format.to_string();
                    return Err(TerraformError::NotEmbeddable {
                        token: token.to_string(),
                        format,
                    });
                }
                Ok(expression)
            }
        }
    }

    fn block(&self, token: &ResourceToken) -> Result<String, TerraformError> {
        let address = token.address();
        if !self.blocks.contains(&address) {
            return Err(TerraformError::NoSuchBlock(token.to_string()));
        }
        let mut expression = match token.mode {
            Mode::Managed | Mode::Data => address,
        };
        for step in &token.path {
            match step {
                PathStep::Attribute(name) => {
                    expression.push('.');
                    expression.push_str(name);
                }
                PathStep::Index(index) => expression.push_str(&format!("[{index}]")),
            }
        }
        Ok(expression)
    }

    fn fact(&self, token: &FactToken) -> Result<(String, &'a Format), TerraformError> {
        let wrong = || TerraformError::Pointer(token.to_string());
        let variable = self.facts.get(&token.fact).ok_or_else(wrong)?;
        let steps = pointer::tokens(&token.pointer).ok_or_else(wrong)?;
        let mut expression = format!("var.{}", variable.name);
        let mut at = String::new();
        let mut format = variable.format;
        for step in steps {
            at = pointer::join(&at, &step);
            let inner = variable.format.at(&at).ok_or_else(wrong)?;
            match format {
                Format::List(_) => expression.push_str(&format!("[{step}]")),
                _ if is_plain_key(&step) => expression.push_str(&format!("[\"{step}\"]")),
                _ => return Err(wrong()),
            }
            format = inner;
        }
        Ok((expression, format))
    }
}

/// Everything of a root that may hold references; the backend takes none.
pub(super) fn bodies(document: &TerraformDocument) -> impl Iterator<Item = &Node> {
    let blocks = document
        .resources
        .iter()
        .chain(&document.data)
        .map(|block| &block.body);
    blocks.chain(document.outputs.iter().map(|output| &output.value))
}

/// `use1/network.vpc-id` becomes `fact_use1_network_vpc_id`; when another fact has that name already, a
/// number is added.
fn unique(fact: &FactRef, taken: &mut BTreeSet<String>) -> String {
    let plain: String = fact
        .to_string()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let mut name = format!("fact_{plain}");
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("fact_{plain}_{number}");
        number += 1;
    }
    name
}

/// A key that means itself inside of quotes.
fn is_plain_key(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_./:+=@".contains(&b))
}

/// Terraform's type of a format. Attribute names of an object type cannot hold a dot.
fn type_of(format: &Format) -> String {
    match format {
        Format::AwsId
        | Format::Arn
        | Format::Cidr
        | Format::DnsName
        | Format::HttpsUrl
        | Format::Text
        | Format::Pem => "string".to_owned(),
        Format::Port | Format::Number => "number".to_owned(),
        Format::Boolean => "bool".to_owned(),
        Format::List(inner) => format!("list({})", type_of(inner)),
        Format::Map(inner) => format!("map({})", type_of(inner)),
        Format::Record(fields) if fields.keys().any(|name| name.as_str().contains('.')) => {
            "any".to_owned()
        }
        Format::Record(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, format)| format!("{name} = {}", type_of(format)))
                .collect();
            format!("object({{ {} }})", fields.join(", "))
        }
    }
}
