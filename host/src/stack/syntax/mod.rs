//! A strict reader for the YAML of stack files.
//!
//! A stack file is read by people first, so the reader takes the part of YAML that everybody reads
//! alike: one document, maps with unique text keys, lists and scalars of the YAML 1.2 core schema.
//! Anchors, aliases, merge keys, tags and directives are refused: they let a small file mean a huge
//! one, or something else than it seems to. Every node knows where it stands.

mod invisible;
mod node;
mod position;
mod reader;
mod scalar;

pub(crate) use invisible::showable;
pub(crate) use node::object;
pub use node::{Entry, Node, SpanMap, Value};
pub(crate) use position::Positions;
pub use position::{Span, Spanned};
pub(crate) use reader::read;
pub use reader::{MOST_BYTES, MOST_LEVELS, MOST_NODES};
pub use scalar::{NumberProblem, Scalar, Style, Typed};
