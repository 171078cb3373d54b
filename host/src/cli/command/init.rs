//! `aegis init`

use aegis_document::shown_path;
use std::fmt::Write as _;
use std::io::Write as _;

use crate::cli::args::{Global, Init};
use crate::cli::failure::{Exit, Failure, USAGE};
use crate::cli::ui::Ui;
use crate::stack::{self, Diagnostic};

pub fn run(ui: &Ui, global: &Global, options: &Init) -> Result<Exit, Failure> {
    let text = stack_file(options)?;
    // Whoever asks for something that cannot be read back is told so before anything is written.
    stack::parse(&shown_path(&global.file), &text)?;
    let mut file = std::fs::File::create_new(&global.file).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::new(
                Diagnostic::new(
                    USAGE,
                    format!("{} is there already", shown_path(&global.file)),
                )
                .help("it was left as it is; choose another name with --file"),
            )
        } else {
            Failure::file(&global.file, &error)
        }
    })?;
    file.write_all(text.as_bytes())
        .map_err(|error| Failure::file(&global.file, &error))?;
    ui.note(format_args!(
        "{} is written. Next: `aegis trust init`, `aegis plugin add …` for each plugin, then `aegis plan`.",
        shown_path(&global.file)
    ));
    Ok(Exit::Done)
}

fn stack_file(options: &Init) -> Result<String, Failure> {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "aegis: 1\nname: {}\ndomain: {}\npreset: standard\nclusters:",
        options.name, options.domain
    );
    for (index, cluster) in options.clusters.iter().enumerate() {
        let Some((name, region)) = cluster.split_once('=') else {
            return Err(Failure::new(
                Diagnostic::new(
                    USAGE,
                    format!("`{}` is not a cluster", aegis_document::untrusted(cluster)),
                )
                .help("write NAME=REGION, for example use1=us-east-1"),
            ));
        };
        let _ = writeln!(
            text,
            "  {name}: {{region: {region}, zones: 3, cidr: 10.{index}.0.0/16}}"
        );
    }
    // Stores stay where they are, wherever clusters come and go.
    if let (Some((_, region)), true) = (
        options
            .clusters
            .first()
            .and_then(|first| first.split_once('=')),
        options.clusters.len() > 1,
    ) {
        let _ = writeln!(
            text,
            "stages:\n  foundation: {{config: {{region: {region}}}}}"
        );
    }
    Ok(text)
}
