//! Stages become an ordered graph.
//!
//! An edge comes from a fact that one stage provides and another requires, or from an explicit
//! `needs:`. The graph is built over *instances*, a stage in a cluster or in the stack, so that clusters do not
//! wait for each other unless a fact says so.

mod build;
mod problem;
mod render;

pub use build::{Edge, Graph, InstanceNode, Provider, Resolved, StageNode, Supplied, SuppliedFact};
pub use problem::GraphProblem;
pub use render::{dot, mermaid, svg, text};

#[cfg(test)]
mod tests;
