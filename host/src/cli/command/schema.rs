//! `aegis schema`

use crate::cli::args::{Global, Schema};
use crate::cli::failure::{Exit, Failure, OUTPUT, USAGE, plain};
use crate::cli::session::{Project, home};
use crate::cli::ui::Ui;
use crate::stack::{self, Diagnostic};

pub fn run(ui: &Ui, global: &Global, options: &Schema) -> Result<Exit, Failure> {
    let schema = match &options.stage {
        None => stack::schema(),
        Some(name) => {
            let loaded = Project::open(global)?.load(&home()?)?;
            let stage = loaded
                .stages
                .iter()
                .find(|stage| stage.name.as_str() == name);
            let stage = stage.ok_or_else(|| {
                let names: Vec<&str> = loaded
                    .stages
                    .iter()
                    .map(|stage| stage.name.as_str())
                    .collect();
                Failure::new(
                    Diagnostic::new(
                        USAGE,
                        format!(
                            "the stack has no stage `{}`",
                            aegis_document::untrusted(name)
                        ),
                    )
                    .help(format!("its stages are {}", names.join(", "))),
                )
            })?;
            stage.stage_type().config_schema.clone()
        }
    };
    if ui.json() {
        ui.print_json(&schema)?;
    } else {
        let schema =
            aegis_document::escape::json_pretty(&schema).map_err(|error| plain(OUTPUT, &error))?;
        ui.print_raw(&format!("{schema}\n"))?;
    }
    Ok(Exit::Done)
}
