//! Packages: look into them, verify, make and sign them.

use std::path::Path;

use aegis_document::{shown_path, untrusted};
use aegis_registry::{Manifest, Metadata, Package};
use serde_json::{Value, json};

use super::{asked_for, compiler};
use crate::capability::CapabilitySet;
use crate::cli::command::key::{KEY, key_name, store};
use crate::cli::failure::{Exit, Failure, plain};
use crate::cli::files;
use crate::cli::session::{home, runtime};
use crate::cli::ui::Ui;
use crate::library::workshop::{self, WorkshopError};
use crate::library::{self, capabilities};
use crate::stack::Diagnostic;

const PACKAGE: &str = "AEG0632";

impl From<WorkshopError> for Failure {
    fn from(error: WorkshopError) -> Self {
        match error {
            WorkshopError::Library(error) => error.into(),
            WorkshopError::Call(error) => Diagnostic::new(error.code(), error.to_string())
                .help(error.help())
                .into(),
            other => plain(PACKAGE, &other),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::file(path, &error))
}

/// The statement beside a package; empty when there is none, which verification calls unsigned.
fn read_statement(package: &Path) -> Result<Vec<u8>, Failure> {
    let path = workshop::statement_file(package);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Failure::file(&path, &error)),
    }
}

pub fn inspect(ui: &Ui, path: &Path) -> Result<Exit, Failure> {
    let bytes = read(path)?;
    let metadata = Package::read(&bytes)
        .map_err(|error| plain(PACKAGE, &error))?
        .into_metadata();
    let plugin = workshop::load(&bytes, &metadata.manifest, &compiler()?)?;
    let asks = capabilities(
        &metadata.manifest.plugin,
        metadata.manifest.capabilities.as_slice(),
    )?;
    let abilities = plugin.surface().abilities();
    let digest = aegis_document::Digest::of(&bytes);
    ui.answer(
        &json!({
            "metadata": describe(&metadata),
            "component": digest,
            "bytes": bytes.len(),
            "imports": plugin.surface().imports,
            "exports": plugin.surface().exports,
            "capabilities": asks.to_value(),
            "descriptor": metadata.descriptor,
        }),
        || inspection(ui, &metadata, digest, bytes.len(), &abilities, &asks),
    )?;
    Ok(Exit::Done)
}

fn describe(metadata: &Metadata) -> Value {
    let Manifest {
        plugin,
        version,
        kind,
        contract,
        minimum_host,
        ..
    } = &metadata.manifest;
    json!({
        "plugin": plugin, "version": version, "kind": kind, "contract": contract, "minimum-host": minimum_host,
        "description": metadata.description, "licence": metadata.licence,
    })
}

fn inspection(
    ui: &Ui,
    metadata: &Metadata,
    digest: aegis_document::Digest,
    size: usize,
    abilities: &[String],
    asks: &CapabilitySet,
) -> String {
    let manifest = &metadata.manifest;
    let mut text = format!(
        "{} {} ({}), contract {}, {} KiB\nit says: {}\n{digest}\n\nwhat its component can do at most:\n",
        manifest.plugin,
        manifest.version,
        manifest.kind.as_str(),
        manifest.contract,
        size.div_ceil(1024),
        untrusted(&metadata.description),
    );
    for ability in abilities {
        text.push_str(&format!("  {ability}\n"));
    }
    text.push_str("\nwhat it asks for:\n");
    text.push_str(&asked_for(ui, asks));
    if let Some(Value::Array(stage_types)) = metadata.descriptor.get("stage-types") {
        text.push_str("\nstage types:\n");
        for stage_type in stage_types {
            let field = |name: &str| {
                stage_type
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            text.push_str(&format!(
                "  {:16} {}\n",
                untrusted(field("name")),
                untrusted(field("title"))
            ));
        }
    }
    text
}

pub fn check(ui: &Ui, path: &Path) -> Result<Exit, Failure> {
    let trust = library::trust(&home()?)?;
    let component = workshop::check_signature(read(path)?, &read_statement(path)?, &trust)?;
    let manifest = component.manifest();
    ui.answer(
        &json!({
            "plugin": manifest.plugin, "version": manifest.version, "kind": manifest.kind,
            "component": component.component_digest(), "signers": component.signers(),
        }),
        || {
            let signers: String = component
                .signers()
                .iter()
                .map(|key| format!("  signed by {key}\n"))
                .collect();
            format!(
                "{} {} is signed by keys that you trust\n{signers}",
                manifest.plugin, manifest.version
            )
        },
    )?;
    Ok(Exit::Done)
}

pub fn pack(ui: &Ui, component: &Path, manifest: &Path, out: &Path) -> Result<Exit, Failure> {
    let text =
        std::fs::read_to_string(manifest).map_err(|error| Failure::file(manifest, &error))?;
    let packed = runtime()?.block_on(workshop::package(&read(component)?, &text, &compiler()?));
    let (bytes, metadata) = packed.map_err(|error| match error {
        WorkshopError::Manifest(error) => {
            plain(PACKAGE, &format!("{}: {error}", shown_path(manifest)))
        }
        other => other.into(),
    })?;
    files::replace_with(out, &bytes)?;
    ui.answer(
        &json!({ "package": out, "metadata": describe(&metadata) }),
        || {
            format!(
                "{}: {} {}\n",
                shown_path(out),
                metadata.manifest.plugin,
                metadata.manifest.version
            )
        },
    )?;
    Ok(Exit::Done)
}

pub fn sign(ui: &Ui, path: &Path, key: &str) -> Result<Exit, Failure> {
    let key = store()?
        .load(&key_name(key)?)
        .map_err(|error| plain(KEY, &error))?;
    let existing = read_statement(path)?;
    let existing = (!existing.is_empty()).then_some(existing.as_slice());
    let envelope = workshop::sign(&read(path)?, existing, &key)?;
    let statement = workshop::statement_file(path);
    files::replace_with(&statement, &envelope)?;
    let fingerprint = key.public().fingerprint();
    ui.answer(
        &json!({ "statement": statement, "signer": fingerprint }),
        || format!("{}: signed by {fingerprint}\n", shown_path(&statement)),
    )?;
    Ok(Exit::Done)
}
