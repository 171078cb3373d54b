//! Another program that makes plans, in the same run.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::{Budget, Row, process as sampled};
use crate::error::Error;
use crate::process;
use crate::workspace::create_folder;

/// `terraform plan` of as many resources as a plan of Aegis has documents, of the one type that needs no
/// provider to be fetched. `None` where there is no Terraform.
pub fn terraform(folder: &Path, resources: usize) -> Result<Option<Row<'static>>, Error> {
    if !process::succeeds(terraform_in(Path::new(".")).arg("version")) {
        return Ok(None);
    }
    create_folder(folder)?;
    let file = folder.join("main.tf.json");
    fs::write(&file, configuration(resources).to_string()).map_err(Error::file(&file))?;
    process::output(terraform_in(folder).args(["init", "-input=false", "-no-color"]))?;
    let folder = folder.to_owned();
    Ok(Some(Row {
        what: format!("peer: terraform plan, {resources} resources"),
        budget: Budget::default(),
        most_runs: 5,
        sample: Box::new(move || {
            sampled::sample(terraform_in(&folder).args(["plan", "-input=false", "-no-color"]))
        }),
    }))
}

/// Terraform without the settings of the person who measures, and without a look for newer versions.
fn terraform_in(folder: &Path) -> Command {
    let mut terraform = Command::new("terraform");
    terraform
        .current_dir(folder)
        .env_remove("TF_CLI_CONFIG_FILE")
        .env("TF_IN_AUTOMATION", "1")
        .env("CHECKPOINT_DISABLE", "1");
    terraform
}

/// Resources that each wait for nothing, with an input of a few fields.
fn configuration(resources: usize) -> Value {
    let resources: Map<String, Value> = (0..resources)
        .map(|index| {
            let input =
                json!({ "name": format!("document-{index}"), "replicas": 3, "tags": ["a", "b"] });
            (format!("d{index}"), json!({ "input": input }))
        })
        .collect();
    json!({ "resource": { "terraform_data": resources } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_resources_as_documents() {
        let written = configuration(12);
        let resources = written["resource"]["terraform_data"].as_object();
        assert_eq!(resources.map(Map::len), Some(12));
    }
}
