//! A root as its tokens see it.

use std::collections::BTreeMap;

use crate::capability::DeclaredFacts;
use crate::capability::iam::Tokens;
use crate::capability::terraform::types::{self, Export, ExportFormat};
use crate::fact::Format;
use crate::proposal::{TerraformBlock, TerraformRoot};
use crate::template::{Mode, PathStep, ResourceToken, Token};

/// The blocks of a root by address, and the facts that its tokens may name.
pub(super) struct View<'a> {
    blocks: BTreeMap<String, Mode>,
    facts: &'a DeclaredFacts,
}

/// The address of a block.
pub(super) fn address(mode: Mode, block: &TerraformBlock) -> String {
    match mode {
        Mode::Managed => format!("{}.{}", block.kind, block.name),
        Mode::Data => format!("data.{}.{}", block.kind, block.name),
    }
}

impl<'a> View<'a> {
    pub(super) fn new(root: &TerraformRoot, facts: &'a DeclaredFacts) -> Self {
        let resources = root
            .resources
            .iter()
            .map(|block| (address(Mode::Managed, block), Mode::Managed));
        let data = root
            .data
            .iter()
            .map(|block| (address(Mode::Data, block), Mode::Data));
        Self {
            blocks: resources.chain(data).collect(),
            facts,
        }
    }

    /// Whether the root has the block.
    pub(super) fn has(&self, address: &str) -> bool {
        self.blocks.contains_key(address)
    }

    /// What a token reads, and its format; `None` when the root has no such block or the block's
    /// type no such value.
    pub(super) fn read(&self, token: &ResourceToken) -> Option<(Export, Format)> {
        if !self.has(&token.address()) {
            return None;
        }
        let export = match types::policy_of(token.mode, &token.kind) {
            Some(policy) => policy.export(token.attribute())?,
            // Nobody knows what the values of an unchecked type look like: they can be used whole,
            // as text.
            None => {
                return Some((Export::unknown(), Format::Text));
            }
        };
        let whole = export.format.format();
        let format = match token.path.get(1..) {
            None | Some([]) => whole,
            Some([step]) => match (whole, step) {
                (Format::List(inner), PathStep::Index(_))
                | (Format::Map(inner), PathStep::Attribute(_)) => *inner,
                _ => return None,
            },
            Some(_) => return None,
        };
        Some((export, format))
    }
}

impl Tokens for View<'_> {
    fn format(&self, token: &Token) -> Option<Format> {
        match token {
            Token::Fact(token) => {
                let fact = self.facts.get(&token.fact)?;
                fact.format.at(&token.pointer).cloned()
            }
            Token::Resource(token) => match self.read(token) {
                Some((export, _)) if export.secret => None,
                Some((_, format)) => Some(format),
                None => None,
            },
        }
    }

    fn own(&self, token: &Token) -> Option<&'static str> {
        let Token::Resource(token) = token else {
            return None;
        };
        let (export, format) = self.read(token)?;
        // An ARN names the thing everywhere; an id does only where a service expects one.
        let names = export.identifies.is_some()
            && export.format == ExportFormat::Arn
            && format == Format::Arn;
        (token.mode == Mode::Managed && names).then_some(export.inside)
    }
}
