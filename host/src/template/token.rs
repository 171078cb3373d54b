//! What stands between `@{` and `}`.

use std::fmt;

use aegis_document::pointer;

use crate::fact::FactRef;

/// A reference to a value that is not known to the plugin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// `use1/network.vpc-id` or `state.bucket`, with an optional `#/json/pointer`.
    Fact(FactToken),
    /// `resource:aws_vpc.main.id` or `data:aws_partition.current.partition`: another block of the same
    /// Terraform root.
    Resource(ResourceToken),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactToken {
    pub fact: FactRef,
    /// A JSON pointer into the value; empty for the whole.
    pub pointer: String,
}

/// Whether a Terraform block manages something or reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    Managed,
    Data,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceToken {
    pub mode: Mode,
    /// Terraform type, `aws_vpc`.
    pub kind: String,
    pub name: String,
    /// The attribute, then indices and attributes below it; never empty.
    pub path: Vec<PathStep>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    Attribute(String),
    Index(u32),
}

impl Token {
    /// Parses the text between the braces; `None` when it is no token.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("resource:") {
            return ResourceToken::parse(Mode::Managed, rest).map(Self::Resource);
        }
        if let Some(rest) = text.strip_prefix("data:") {
            return ResourceToken::parse(Mode::Data, rest).map(Self::Resource);
        }
        let (fact, pointer) = match text.split_once('#') {
            Some((fact, pointer)) if !pointer.is_empty() => (fact, pointer),
            Some(_) => return None,
            None => (text, ""),
        };
        pointer::tokens(pointer)?;
        Some(Self::Fact(FactToken {
            fact: fact.parse().ok()?,
            pointer: pointer.to_owned(),
        }))
    }
}

impl ResourceToken {
    fn parse(mode: Mode, text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let kind = parts.next().filter(|p| is_terraform_name(p, false))?;
        let name = parts.next().filter(|p| is_terraform_name(p, true))?;
        let path = parts
            .map(|part| match part.parse::<u32>() {
                Ok(index) if part == "0" || !part.starts_with(['0', '+']) => {
                    Some(PathStep::Index(index))
                }
                _ => is_terraform_name(part, false).then(|| PathStep::Attribute(part.to_owned())),
            })
            .collect::<Option<Vec<_>>>()?;
        matches!(path.first(), Some(PathStep::Attribute(_))).then(|| Self {
            mode,
            kind: kind.to_owned(),
            name: name.to_owned(),
            path,
        })
    }

    /// The address of the block, `aws_vpc.main` or `data.aws_partition.current`.
    pub fn address(&self) -> String {
        match self.mode {
            Mode::Managed => format!("{}.{}", self.kind, self.name),
            Mode::Data => format!("data.{}.{}", self.kind, self.name),
        }
    }

    /// The first step of the path.
    pub fn attribute(&self) -> &str {
        match self.path.first() {
            Some(PathStep::Attribute(name)) => name,
            _ => "",
        }
    }
}

/// Terraform's rule for names, ASCII only: a letter or `_`, then letters, digits, `_`, and `-` where the
/// name is one that the author chose.
pub(crate) fn is_terraform_name(text: &str, dashes: bool) -> bool {
    text.len() <= 128
        && text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || (dashes && b == b'-'))
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(token) => token.fmt(f),
            Self::Resource(token) => token.fmt(f),
        }
    }
}

impl fmt::Display for FactToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = if self.pointer.is_empty() { "" } else { "#" };
        write!(f, "@{{{}{hash}{}}}", self.fact, self.pointer)
    }
}

impl fmt::Display for ResourceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            Mode::Managed => "resource",
            Mode::Data => "data",
        };
        write!(f, "@{{{mode}:{}.{}", self.kind, self.name)?;
        for step in &self.path {
            match step {
                PathStep::Attribute(name) => write!(f, ".{name}")?,
                PathStep::Index(index) => write!(f, ".{index}")?,
            }
        }
        f.write_str("}")
    }
}
