//! Plugins of a stack: add, update, remove, list.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use aegis_document::{shown_path, untrusted};
use aegis_registry::lock::LockedPlugin;
use aegis_registry::source::resolve;
use aegis_registry::verify::{VersionRule, verify};
use aegis_registry::{
    Capabilities, Expectation, Location, Lock, PluginName, Role, VerifiedComponent,
};
use semver::VersionReq;
use serde_json::{Value, json};

use super::{asked_for, compiler};
use crate::capability::CapabilitySet;
use crate::cli::args::Global;
use crate::cli::command::key::{KEY, key_name, store};
use crate::cli::failure::{Exit, Failure, USAGE, plain, refusal};
use crate::cli::session::{Project, home, runtime};
use crate::cli::ui::{Tone, Ui};
use crate::library::{self, LibraryError, capabilities, host_version};
use crate::stack::Diagnostic;

const LOCK: &str = "AEG0630";
const SOURCE: &str = "AEG0631";
const NOT_ACCEPTED: &str = "AEG0633";

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

/// How a plugin is to be locked.
pub struct Wish<'a> {
    pub accept: bool,
    pub grant: Option<&'a Path>,
    pub key: &'a str,
    /// A plugin that is locked already: what was granted is kept, and other signers are not accepted unasked.
    pub keep: bool,
    /// An older version than the locked one is meant.
    pub downgrade: bool,
}

pub fn add(
    ui: &Ui,
    global: &Global,
    text: &str,
    from: &Path,
    wish: &Wish<'_>,
) -> Result<Exit, Failure> {
    let (name, requirement) = parse_name(text)?;
    let project = Project::open(global)?;
    let location = Location::folder(&relative(from, &project.folder))
        .map_err(|error| plain(SOURCE, &error))?;
    lock_in(ui, &project, name, requirement, location, wish)
}

pub fn update(
    ui: &Ui,
    global: &Global,
    text: &str,
    from: Option<&Path>,
    wish: &Wish<'_>,
) -> Result<Exit, Failure> {
    let (name, requirement) = parse_name(text)?;
    let project = Project::open(global)?;
    let lock = load_lock(&project)?;
    let locked = lock.plugins().get(&name).ok_or_else(|| {
        Failure::refused(
            Diagnostic::new(LOCK, format!("{name} is not in the lock file"))
                .help(format!("add it: `aegis plugin add {name} --from FOLDER`")),
        )
    })?;
    let requirement = if text.contains('@') {
        requirement
    } else {
        locked.requirement.clone()
    };
    let location = match from {
        Some(from) => Location::folder(&relative(from, &project.folder))
            .map_err(|error| plain(SOURCE, &error))?,
        None => locked.source.clone(),
    };
    lock_in(ui, &project, name, requirement, location, wish)
}

/// Finds the highest version that fits, verifies it, shows what it asks for and records the operator's answer.
fn lock_in(
    ui: &Ui,
    project: &Project,
    name: PluginName,
    requirement: VersionReq,
    location: Location,
    wish: &Wish<'_>,
) -> Result<Exit, Failure> {
    let home = home()?;
    let trust = library::trust(&home)?;
    let key = store()?
        .load(&key_name(wish.key)?)
        .map_err(|error| plain(KEY, &error))?;
    let fingerprint = key.public().fingerprint();
    if !trust
        .keys(&Role::Operators)
        .any(|known| known.fingerprint() == fingerprint)
    {
        return Err(Failure::refused(
            Diagnostic::new(
                NOT_ACCEPTED,
                format!(
                    "the key `{}` is no operator's, so it cannot accept plugins",
                    wish.key
                ),
            )
            .help("choose an operator's key with --key; `aegis trust list` shows whom you trust"),
        ));
    }
    let source = location.open(&project.folder);
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

    let mut lock = load_lock(project)?;
    let asks = capabilities(&name, component.manifest().capabilities.as_slice())?;
    let before = lock.plugins().get(&name).cloned();
    if let Some(before) = before
        .as_ref()
        .filter(|before| component.manifest().version < before.version)
        && wish.keep
        && !wish.downgrade
    {
        let (offered, locked) = (&component.manifest().version, &before.version);
        return Err(Failure::refused(
            Diagnostic::new(
                NOT_ACCEPTED,
                format!("{name} is locked at {locked}, and the folder offers only {offered}"),
            )
            .help(
                "an older version may lack a security fix; `--downgrade` accepts it all the same",
            ),
        ));
    }
    let granted = match (wish.grant, &before) {
        (Some(file), _) => read_grant(&name, file)?,
        // What the operator once granted stays what is granted.
        (None, Some(before)) if wish.keep => capabilities(&name, before.grant.as_slice())?,
        (None, _) => asks.clone(),
    };
    if let Some(before) = before
        .as_ref()
        .filter(|before| wish.keep && before.signers != *component.signers())
    {
        let signers: Vec<String> = before.signers.iter().map(ToString::to_string).collect();
        if wish.accept {
            return Err(Failure::refused(
                Diagnostic::new(NOT_ACCEPTED, format!("{name} is signed by other keys than the locked version ({})", signers.join(", ")))
                    .help("look at it with `aegis plugin inspect`; `aegis plugin add` accepts it with its new signers"),
            ));
        }
    }
    if !wish.accept && !ask(ui, &component, &asks, &granted, before.as_ref())? {
        return Err(Failure::refused(
            Diagnostic::new(NOT_ACCEPTED, format!("{name} was not accepted"))
                .help("nothing was changed"),
        ));
    }
    let grant = granted.to_value().as_array().cloned().unwrap_or_default();
    let grant = Capabilities::new(grant).map_err(|error| plain(LOCK, &error))?;
    let entry = LockedPlugin::new(&component, requirement, location, grant);
    let version = entry.version.clone();
    lock.insert(entry);
    lock.accept(&name, &key)
        .map_err(|error| plain(LOCK, &error))?;
    lock.save(&project.lock_file())
        .map_err(|error| plain(LOCK, &error))?;
    let answer = json!({
        "plugin": name, "version": version, "component": component.component_digest(), "grant": granted.to_value(),
    });
    ui.answer(&answer, || {
        let (given, asked) = (granted.entries().len(), asks.entries().len());
        format!("{name} {version} is locked, {given} of {asked} capabilities granted\n")
    })?;
    Ok(Exit::Done)
}

/// A grant that the operator wrote: the `[[capability]]` tables of a `plugin.toml`, or fewer.
fn read_grant(plugin: &PluginName, file: &Path) -> Result<CapabilitySet, Failure> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Grant {
        #[serde(default)]
        capability: Vec<Value>,
    }
    let text = std::fs::read_to_string(file).map_err(|error| Failure::file(file, &error))?;
    let grant: Grant = toml::from_str(&text)
        .map_err(|error| plain(LOCK, &format!("{}: {error}", shown_path(file))))?;
    Ok(capabilities(plugin, &grant.capability)?)
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

/// A path as the lock file spells it, and as it is opened: from the lock file's folder where the given one is relative.
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
    granted: &CapabilitySet,
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
    ui.note(format_args!(
        "it says: {}",
        untrusted(&component.metadata().description)
    ));
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
    if granted != asks {
        ui.note("it would be granted:");
        ui.note(asked_for(ui, granted));
    }
    ui.note("accept? [y/N]");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::file(Path::new("standard input"), &error))?;
    Ok(matches!(line.trim(), "y" | "yes"))
}

pub fn remove(ui: &Ui, global: &Global, text: &str) -> Result<Exit, Failure> {
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

pub fn list(ui: &Ui, global: &Global) -> Result<Exit, Failure> {
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
