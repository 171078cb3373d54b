//! The graph as text, DOT, Mermaid and SVG.
//!
//! Names are [`Identifier`](aegis_document::Identifier)s, which mean nothing in any of the formats; they are escaped
//! all the same, because that is decided elsewhere.

use std::fmt::Write as _;

use aegis_document::escape;

use super::build::{Edge, Graph};

fn reason(edge: &Edge) -> String {
    let facts: Vec<&str> = edge.facts.iter().map(|fact| fact.as_str()).collect();
    if facts.is_empty() {
        "needs".to_owned()
    } else {
        facts.join(", ")
    }
}

/// One line for each instance, indented by level, with what it waits for.
pub fn text(graph: &Graph) -> String {
    let levels = levels(graph);
    let mut out = String::new();
    for (instance, level) in graph.instances.iter().zip(&levels) {
        let _ = write!(out, "{:indent$}{}", "", instance.id, indent = level * 2);
        let before: Vec<String> = instance
            .edges
            .iter()
            .filter_map(|&edge| graph.instances.get(edge))
            .map(|other| other.id.to_string())
            .collect();
        if !before.is_empty() {
            let _ = write!(out, "  ← {}", before.join(", "));
        }
        out.push('\n');
    }
    out
}

/// Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph stack {\n  rankdir=LR;\n  node [shape=box];\n");
    for instance in &graph.instances {
        let _ = writeln!(out, "  \"{}\";", escape::dot(&instance.id.to_string()));
    }
    for edge in graph.edges() {
        if let (Some(from), Some(to)) =
            (graph.instances.get(edge.from), graph.instances.get(edge.to))
        {
            let _ = writeln!(
                out,
                "  \"{}\" -> \"{}\" [label=\"{}\"];",
                escape::dot(&from.id.to_string()),
                escape::dot(&to.id.to_string()),
                escape::dot(&reason(&edge))
            );
        }
    }
    out.push_str("}\n");
    out
}

/// Mermaid, as GitHub shows it in Markdown.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (index, instance) in graph.instances.iter().enumerate() {
        let id = escape::mermaid(&instance.id.to_string());
        let _ = writeln!(out, "  n{index}[\"{id}\"]");
    }
    for edge in graph.edges() {
        let _ = writeln!(
            out,
            "  n{} -->|\"{}\"| n{}",
            edge.from,
            escape::mermaid(&reason(&edge)),
            edge.to
        );
    }
    out
}

/// A picture: columns are levels, arrows go from left to right.
pub fn svg(graph: &Graph) -> String {
    const WIDTH: usize = 190;
    const HEIGHT: usize = 30;
    const GAP_X: usize = 90;
    const GAP_Y: usize = 18;
    const MARGIN: usize = 20;

    let levels = levels(graph);
    let mut rows: Vec<usize> = Vec::new();
    let places: Vec<(usize, usize)> = levels
        .iter()
        .map(|&level| {
            if rows.len() <= level {
                rows.resize(level + 1, 0);
            }
            let row = rows.get_mut(level).map_or(0, |row| {
                *row += 1;
                *row - 1
            });
            (
                MARGIN + level * (WIDTH + GAP_X),
                MARGIN + row * (HEIGHT + GAP_Y),
            )
        })
        .collect();
    let width = 2 * MARGIN + rows.len() * (WIDTH + GAP_X);
    let height = 2 * MARGIN + rows.iter().max().unwrap_or(&0) * (HEIGHT + GAP_Y);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n"
    );
    for edge in graph.edges() {
        if let (Some(&(x1, y1)), Some(&(x2, y2))) = (places.get(edge.from), places.get(edge.to)) {
            let (x1, y1, y2) = (x1 + WIDTH, y1 + HEIGHT / 2, y2 + HEIGHT / 2);
            let middle = GAP_X / 2;
            let _ = writeln!(
                out,
                "<path d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#555\" marker-end=\"url(#arrow)\"><title>{}</title></path>",
                x1 + middle,
                x2.saturating_sub(middle),
                escape::html(&reason(&edge))
            );
        }
    }
    for (instance, (x, y)) in graph.instances.iter().zip(&places) {
        let fill = if instance.id.cluster.is_some() {
            "#e8f0fe"
        } else {
            "#fef7e0"
        };
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"4\" fill=\"{fill}\" stroke=\"#555\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            x + WIDTH / 2,
            y + HEIGHT / 2 + 4,
            escape::html(&instance.id.to_string())
        );
    }
    out.push_str("</svg>\n");
    out
}

fn levels(graph: &Graph) -> Vec<usize> {
    let mut levels: Vec<usize> = Vec::with_capacity(graph.instances.len());
    for instance in &graph.instances {
        let level = instance
            .edges
            .iter()
            .filter_map(|&edge| levels.get(edge))
            .map(|level| level + 1)
            .max();
        levels.push(level.unwrap_or(0));
    }
    levels
}
