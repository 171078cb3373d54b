//! `aegis graph`

use serde_json::json;

use crate::cli::args::{Global, GraphFormat, GraphOptions};
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::{Project, home};
use crate::cli::ui::Ui;
use crate::graph;
use crate::plan::planner;

pub fn run(ui: &Ui, global: &Global, options: &GraphOptions) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let loaded = project.load(&home()?)?;
    let graph = planner::graph(&project.stack, &loaded.stages)?;
    if ui.json() {
        let instances: Vec<_> = graph
            .instances
            .iter()
            .map(|instance| instance.id.to_string())
            .collect();
        let edges: Vec<_> = graph
            .edges()
            .into_iter()
            .map(|edge| json!({ "from": instances.get(edge.from), "to": instances.get(edge.to), "facts": edge.facts }))
            .collect();
        ui.print_json(&json!({ "instances": instances, "edges": edges }))?;
        return Ok(Exit::Done);
    }
    match options.format {
        GraphFormat::Text => ui.print(&graph::text(&graph))?,
        GraphFormat::Dot => ui.print_raw(&graph::dot(&graph))?,
        GraphFormat::Mermaid => ui.print_raw(&graph::mermaid(&graph))?,
        GraphFormat::Svg => ui.print_raw(&graph::svg(&graph))?,
    }
    Ok(Exit::Done)
}
