//! `aegis plugin`

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use aegis_document::untrusted;
use aegis_registry::lock::LockedPlugin;
use aegis_registry::source::resolve;
use aegis_registry::verify::{VersionRule, verify};
use aegis_registry::{
    Capabilities, Expectation, Location, Lock, Manifest, Metadata, Package, PluginName,
    VerifiedComponent,
};
use semver::VersionReq;
use serde_json::{Value, json};

use super::key::{KEY, key_name, store};
use crate::capability::{CapabilitySet, Risk};
use crate::cli::args::{Global, Plugin, PluginCommand};
use crate::cli::failure::{Exit, Failure, USAGE, plain, refusal};
use crate::cli::session::{Project, home, runtime};
use crate::cli::ui::{Tone, Ui};
use crate::library::workshop::{self, WorkshopError};
use crate::library::{self, LibraryError, capabilities, host_version};
use crate::sandbox::Compiler;
use crate::stack::Diagnostic;

const LOCK: &str = "AEG0630";
const SOURCE: &str = "AEG0631";
const PACKAGE: &str = "AEG0632";
const NOT_ACCEPTED: &str = "AEG0633";

pub fn run(ui: &Ui, global: &Global, options: &Plugin) -> Result<Exit, Failure> {
    match &options.command {
        PluginCommand::Add {
            plugin,
            from,
            accept,
            key,
        } => add(ui, global, plugin, from, *accept, key),
        PluginCommand::Remove { plugin } => remove(ui, global, plugin),
        PluginCommand::List => list(ui, global),
        PluginCommand::Inspect { package } => inspect(ui, package),
        PluginCommand::Verify { package } => check(ui, package),
        PluginCommand::Package {
            component,
            manifest,
            out,
        } => pack(ui, component, manifest, out),
        PluginCommand::Sign { package, key } => sign(ui, package, key),
    }
}

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

fn compiler() -> Result<Compiler, Failure> {
    Ok(Compiler::this_program().map_err(LibraryError::from)?)
}

// ---- the lock file ------------------------------------------------------------------------------

fn parse_name(text: &str) -> Result<(PluginName, VersionReq), Failure> {
    let problem = |what: String| {
        Failure::new(Diagnostic::new(USAGE, what).help(
            "write PUBLISHER/PLUGIN or PUBLISHER/PLUGIN@REQUIREMENT, for example acme/mesh@^2.1",
        ))
    };
    let (name, requirement) = text.split_once('@').unwrap_or((text, "*"));
    let name = name
        .parse()
        .map_err(|error| problem(format!("`{}`: {error}", untrusted(text))))?;
    let requirement = VersionReq::parse(requirement)
        .map_err(|error| problem(format!("`{}`: {error}", untrusted(text))))?;
    Ok((name, requirement))
}

fn load_lock(project: &Project) -> Result<Lock, Failure> {
    let path = project.lock_file();
    if !path.exists() {
        return Ok(Lock::new(project.name.clone()));
    }
    let lock = Lock::load(&path).map_err(|error| refusal(LOCK, &error))?;
    if *lock.stack() != project.name {
        return Err(LibraryError::OtherStack {
            expected: project.name.clone(),
            found: lock.stack().clone(),
        }
        .into());
    }
    Ok(lock)
}

fn add(
    ui: &Ui,
    global: &Global,
    text: &str,
    from: &Path,
    accept: bool,
    key: &str,
) -> Result<Exit, Failure> {
    let (name, requirement) = parse_name(text)?;
    let project = Project::open(global)?;
    let home = home()?;
    let trust = library::trust(&home)?;
    let key = store()?
        .load(&key_name(key)?)
        .map_err(|error| plain(KEY, &error))?;

    let location = Location::folder(from).map_err(|error| plain(SOURCE, &error))?;
    let source = location
        .open(&std::env::current_dir().map_err(|error| Failure::file(Path::new("."), &error))?);
    let version =
        resolve(source.as_ref(), &name, &requirement).map_err(|error| plain(SOURCE, &error))?;
    let fetched = source
        .fetch(&name, &version)
        .map_err(|error| plain(SOURCE, &error))?;
    let expected = Expectation {
        plugin: name.clone(),
        version: VersionRule::Exactly(version),
        kind: None,
        host: host_version()?,
        locked: None,
    };
    let component = verify(fetched.component, &fetched.statement, &trust, &expected)
        .map_err(LibraryError::from)?;
    confirm_descriptor(&component)?;

    let mut lock = load_lock(&project)?;
    let asks = capabilities(&name, component.manifest().capabilities.as_slice())?;
    if !accept && !ask(ui, &component, &asks, lock.plugins().get(&name))? {
        return Err(Failure::refused(
            Diagnostic::new(NOT_ACCEPTED, format!("{name} was not accepted"))
                .help("nothing was changed"),
        ));
    }
    let grant = asks.to_value().as_array().cloned().unwrap_or_default();
    let grant = Capabilities::new(grant).map_err(|error| plain(LOCK, &error))?;
    let written = Location::folder(&relative(from, &project.folder))
        .map_err(|error| plain(SOURCE, &error))?;
    let entry = LockedPlugin::new(&component, requirement, written, grant);
    let version = entry.version.clone();
    lock.insert(entry);
    lock.accept(&name, &key)
        .map_err(|error| plain(LOCK, &error))?;
    lock.save(&project.lock_file())
        .map_err(|error| plain(LOCK, &error))?;
    let answer =
        json!({ "plugin": name, "version": version, "component": component.component_digest() });
    ui.answer(&answer, || {
        format!(
            "{name} {version} is locked, {} capabilities granted\n",
            asks.entries().len()
        )
    })?;
    Ok(Exit::Done)
}

/// The signed descriptor is what the component answers.
fn confirm_descriptor(component: &VerifiedComponent) -> Result<(), Failure> {
    let signed = library::descriptor(component)?;
    let sandbox = crate::sandbox::Sandbox::new().map_err(LibraryError::from)?;
    let cache = library::cache(&home()?);
    let plugin = sandbox
        .load(component, cache.as_ref(), &compiler()?)
        .map_err(LibraryError::from)?;
    let said = runtime()?.block_on(plugin.describe()).map_err(|error| {
        Failure::refused(Diagnostic::new(error.code(), error.to_string()).help(error.help()))
    })?;
    if said == signed {
        Ok(())
    } else {
        Err(LibraryError::DescriptorDisagrees {
            plugin: component.manifest().plugin.clone(),
        }
        .into())
    }
}

/// A path as the lock file spells it: from the lock file's folder where the given one is relative.
fn relative(from: &Path, folder: &Path) -> std::path::PathBuf {
    if from.is_absolute() || folder == Path::new(".") {
        return from.to_owned();
    }
    let (Ok(from_full), Ok(folder_full)) = (from.canonicalize(), folder.canonicalize()) else {
        return from.to_owned();
    };
    let shared = from_full
        .components()
        .zip(folder_full.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = folder_full
        .components()
        .skip(shared)
        .map(|_| std::path::Component::ParentDir);
    let path: std::path::PathBuf = up.chain(from_full.components().skip(shared)).collect();
    if path.as_os_str().is_empty() {
        ".".into()
    } else {
        path
    }
}

/// Shows what a plugin asks for and takes the answer from the terminal.
fn ask(
    ui: &Ui,
    component: &VerifiedComponent,
    asks: &CapabilitySet,
    before: Option<&LockedPlugin>,
) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::refused(
            Diagnostic::new(
                NOT_ACCEPTED,
                "there is no terminal to ask whether the plugin is accepted",
            )
            .help("look at it with `aegis plugin inspect`, then add it with `--accept`"),
        ));
    }
    let manifest = component.manifest();
    ui.note(format_args!(
        "{} {} ({})",
        manifest.plugin,
        manifest.version,
        manifest.kind.as_str()
    ));
    ui.note(untrusted(&component.metadata().description));
    for signer in component.signers() {
        ui.note(format_args!("signed by {signer}"));
    }
    if let Some(before) = before {
        ui.note(format_args!("locked now: {}", before.version));
        if before.signers != *component.signers() {
            ui.note(ui.paint(Tone::Bad, "signed by other keys than the locked version"));
        }
    }
    ui.note("it asks for:");
    ui.note(asked_for(ui, asks));
    eprint!("accept? [y/N] ");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::file(Path::new("standard input"), &error))?;
    Ok(matches!(line.trim(), "y" | "yes"))
}

/// What is asked for, the dangerous first.
fn asked_for(ui: &Ui, asks: &CapabilitySet) -> String {
    let mut lines: Vec<(Risk, String)> = asks
        .entries()
        .iter()
        .map(|line| (line.risk(), line.describe()))
        .collect();
    lines.sort_by_key(|(risk, _)| std::cmp::Reverse(*risk));
    lines
        .into_iter()
        .map(|(risk, words)| {
            let tone = match risk {
                Risk::Plain => Tone::Faint,
                Risk::Power => Tone::Warn,
                Risk::Code | Risk::Deputy | Risk::Opaque => Tone::Bad,
            };
            format!(
                "  {} {}\n",
                ui.paint(tone, format_args!("{:6}", risk.to_string())),
                untrusted(&words)
            )
        })
        .collect()
}

fn remove(ui: &Ui, global: &Global, text: &str) -> Result<Exit, Failure> {
    let (name, _) = parse_name(text)?;
    let project = Project::open(global)?;
    let mut lock = load_lock(&project)?;
    if lock.remove(&name).is_none() {
        return Err(plain(LOCK, &format!("{name} is not in the lock file")));
    }
    lock.save(&project.lock_file())
        .map_err(|error| plain(LOCK, &error))?;
    ui.answer(&json!({ "removed": name }), || {
        format!("{name} is removed from the lock file\n")
    })?;
    Ok(Exit::Done)
}

fn list(ui: &Ui, global: &Global) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let lock = load_lock(&project)?;
    let answer: Vec<Value> = lock
        .plugins()
        .values()
        .map(|plugin| {
            json!({
                "plugin": plugin.name,
                "version": plugin.version,
                "kind": plugin.kind,
                "source": plugin.source.to_string(),
                "component": plugin.component,
                "signers": plugin.signers,
                "capabilities": plugin.grant.as_slice().len(),
            })
        })
        .collect();
    ui.answer(&answer, || {
        lock.plugins()
            .values()
            .map(|plugin| {
                format!(
                    "{:28} {:10} {:13} {}  {}\n",
                    plugin.name.to_string(),
                    plugin.version.to_string(),
                    plugin.kind.as_str(),
                    plugin.component.short(),
                    plugin.source
                )
            })
            .collect()
    })?;
    Ok(Exit::Done)
}

// ---- packages -----------------------------------------------------------------------------------

fn inspect(ui: &Ui, path: &Path) -> Result<Exit, Failure> {
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
        "{} {} ({}), contract {}, {} KiB\n{}\n{digest}\n\nwhat its component can do at most:\n",
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

fn check(ui: &Ui, path: &Path) -> Result<Exit, Failure> {
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

fn pack(ui: &Ui, component: &Path, manifest: &Path, out: &Path) -> Result<Exit, Failure> {
    let text =
        std::fs::read_to_string(manifest).map_err(|error| Failure::file(manifest, &error))?;
    let packed = runtime()?.block_on(workshop::package(&read(component)?, &text, &compiler()?));
    let (bytes, metadata) = packed.map_err(|error| match error {
        WorkshopError::Manifest(error) => {
            plain(PACKAGE, &format!("{}: {error}", manifest.display()))
        }
        other => other.into(),
    })?;
    std::fs::write(out, &bytes).map_err(|error| Failure::file(out, &error))?;
    ui.answer(
        &json!({ "package": out, "metadata": describe(&metadata) }),
        || {
            format!(
                "{}: {} {}\n",
                out.display(),
                metadata.manifest.plugin,
                metadata.manifest.version
            )
        },
    )?;
    Ok(Exit::Done)
}

fn sign(ui: &Ui, path: &Path, key: &str) -> Result<Exit, Failure> {
    let key = store()?
        .load(&key_name(key)?)
        .map_err(|error| plain(KEY, &error))?;
    let existing = read_statement(path)?;
    let existing = (!existing.is_empty()).then_some(existing.as_slice());
    let envelope = workshop::sign(&read(path)?, existing, &key)?;
    let statement = workshop::statement_file(path);
    std::fs::write(&statement, envelope).map_err(|error| Failure::file(&statement, &error))?;
    let fingerprint = key.public().fingerprint();
    ui.answer(
        &json!({ "statement": statement, "signer": fingerprint }),
        || format!("{}: signed by {fingerprint}\n", statement.display()),
    )?;
    Ok(Exit::Done)
}
