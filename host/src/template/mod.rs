//! Documents with tokens.
//!
//! A plugin's documents are JSON whose strings may hold tokens, `@{use1/network.vpc-id}`. Tokens are
//! parsed once, when a proposal comes in, into [`Segment`]s. From then on a document is a tree of
//! typed [`Node`]s: values are put in by replacing a segment, never by replacing text, and what was
//! put in is never scanned for tokens again. So a value cannot become a token, and two harmless halves
//! cannot meet and become one.

mod bind;
mod node;
mod text;
mod token;

pub use bind::{BindError, Binding};
pub use node::{Node, NodeError, Place};
pub use text::{Segment, TemplateError, Templated};
pub use token::{FactToken, Mode, PathStep, ResourceToken, Token};
