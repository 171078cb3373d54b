//! `aegis trust`

use aegis_document::shown_path;
use std::path::Path;

use aegis_registry::{PublicKey, Role, Trust};
use serde_json::json;

use super::key::{KEY, create, key_name, store};
use crate::cli::args::{RoleName, Trust as Options, TrustCommand};
use crate::cli::failure::{Exit, Failure, plain};
use crate::cli::session::home;
use crate::cli::ui::Ui;
use crate::stack::Diagnostic;

const TRUST: &str = "AEG0621";

pub fn run(ui: &Ui, options: &Options) -> Result<Exit, Failure> {
    match &options.command {
        TrustCommand::Init { key } => init(ui, key),
        TrustCommand::Add {
            publisher,
            role,
            key,
            key_file,
        } => {
            let role = match (publisher, role) {
                (_, Some(RoleName::Operators)) => Role::Operators,
                (_, Some(RoleName::Approvers)) => Role::Approvers,
                (Some(publisher), None) => Role::Publisher(key_name(publisher)?),
                (None, None) => return Err(plain(TRUST, &"name a publisher or a role")),
            };
            add(ui, role, key.as_deref(), key_file.as_deref())
        }
        TrustCommand::List => list(ui),
    }
}

fn init(ui: &Ui, name: &str) -> Result<Exit, Failure> {
    let path = home()?.trust_file();
    if path.exists() {
        return Err(Failure::new(
            Diagnostic::new(TRUST, format!("{} is there already", shown_path(&path)))
                .help("`aegis trust add` adds to it, `aegis trust list` shows it"),
        ));
    }
    let name = key_name(name)?;
    let known = store()?.list().map_err(|error| plain(KEY, &error))?;
    let public = if known.contains_key(&name) {
        store()?
            .load(&name)
            .map_err(|error| plain(KEY, &error))?
            .public()
    } else {
        create(&name)?.0
    };
    let mut trust = Trust::default();
    trust
        .add(Role::Operators, public.clone())
        .map_err(|error| plain(TRUST, &error))?;
    trust
        .add(Role::Approvers, public.clone())
        .map_err(|error| plain(TRUST, &error))?;
    save(&trust)?;
    let answer = json!({ "file": path, "operator": public });
    ui.answer(&answer, || {
        format!(
            "{}: the key `{name}` accepts plugins and approves plans\n",
            shown_path(&path)
        )
    })?;
    Ok(Exit::Done)
}

/// Reads the trust file, or starts an empty one.
fn load() -> Result<Trust, Failure> {
    let path = home()?.trust_file();
    if path.exists() {
        Trust::load(&path).map_err(|error| plain(TRUST, &error))
    } else {
        Ok(Trust::default())
    }
}

fn save(trust: &Trust) -> Result<(), Failure> {
    let path = home()?.trust_file();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    trust.save(&path).map_err(|error| plain(TRUST, &error))
}

fn add(ui: &Ui, role: Role, key: Option<&str>, file: Option<&Path>) -> Result<Exit, Failure> {
    let text = match (key, file) {
        (Some(key), _) => key.to_owned(),
        (None, Some(file)) => {
            std::fs::read_to_string(file).map_err(|error| Failure::file(file, &error))?
        }
        (None, None) => return Err(plain(TRUST, &"give a key with --key or --key-file")),
    };
    let key: PublicKey = text.trim().parse().map_err(|error| plain(TRUST, &error))?;
    let mut trust = load()?;
    let words = role.to_string();
    trust
        .add(role, key.clone())
        .map_err(|error| plain(TRUST, &error))?;
    save(&trust)?;
    let answer = json!({ "role": words, "key": key, "fingerprint": key.fingerprint() });
    ui.answer(&answer, || format!("{words}: {key} is trusted\n"))?;
    Ok(Exit::Done)
}

fn list(ui: &Ui) -> Result<Exit, Failure> {
    let trust = load()?;
    let roles: Vec<_> = trust
        .roles()
        .iter()
        .map(|(role, ring)| {
            let keys: Vec<_> = ring.keys().map(ToString::to_string).collect();
            json!({ "role": role.to_string(), "threshold": ring.threshold(), "keys": keys })
        })
        .collect();
    let answer = json!({
        "roles": roles,
        "revoked-keys": trust.revoked_keys(),
        "revoked-components": trust.revoked_components(),
    });
    ui.answer(&answer, || {
        let mut text = String::new();
        for (role, ring) in trust.roles() {
            text.push_str(&format!(
                "{role}, {} of {} must sign\n",
                ring.threshold(),
                ring.keys().count()
            ));
            for key in ring.keys() {
                text.push_str(&format!("  {key}\n"));
            }
        }
        for (what, reason) in trust
            .revoked_keys()
            .iter()
            .chain(trust.revoked_components())
        {
            text.push_str(&format!(
                "revoked {what}: {}\n",
                aegis_document::untrusted(reason)
            ));
        }
        if text.is_empty() {
            "nobody is trusted yet; begin with `aegis trust init`\n".to_owned()
        } else {
            text
        }
    })?;
    Ok(Exit::Done)
}
