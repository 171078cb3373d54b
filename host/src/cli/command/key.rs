//! `aegis key`

use std::path::PathBuf;

use aegis_document::{Identifier, shown_path, untrusted};
use aegis_registry::{KeyStore, PublicKey};
use serde_json::json;

use crate::cli::args::{Key, KeyCommand};
use crate::cli::failure::{Exit, Failure, USAGE, plain};
use crate::cli::files;
use crate::cli::session::home;
use crate::cli::ui::Ui;
use crate::stack::Diagnostic;

pub const KEY: &str = "AEG0620";

pub fn run(ui: &Ui, options: &Key) -> Result<Exit, Failure> {
    match &options.command {
        KeyCommand::Generate { name } => generate(ui, name),
        KeyCommand::List => list(ui),
    }
}

/// The operator's key store.
pub fn store() -> Result<KeyStore, Failure> {
    KeyStore::open(home()?.keys()).map_err(|error| plain(KEY, &error))
}

pub fn key_name(text: &str) -> Result<Identifier, Failure> {
    Identifier::new(text).map_err(|error| {
        Failure::new(Diagnostic::new(
            USAGE,
            format!("`{}`: {error}", untrusted(text)),
        ))
    })
}

/// Makes a key and writes its public half beside it, for others to trust.
pub fn create(name: &Identifier) -> Result<(PublicKey, PathBuf), Failure> {
    let store = store()?;
    let public = store
        .create(name)
        .map_err(|error| plain(KEY, &error))?
        .public();
    let file = store.folder().join(format!("{name}.pub"));
    files::replace_with(&file, format!("{public}\n").as_bytes())?;
    Ok((public, file))
}

fn generate(ui: &Ui, name: &str) -> Result<Exit, Failure> {
    let (public, file) = create(&key_name(name)?)?;
    let answer = json!({ "name": name, "public": public, "fingerprint": public.fingerprint(), "file": file });
    ui.answer(&answer, || {
        format!(
            "{name}  {public}\nfingerprint {}\npublic half in {}\n",
            public.fingerprint(),
            shown_path(&file)
        )
    })?;
    Ok(Exit::Done)
}

fn list(ui: &Ui) -> Result<Exit, Failure> {
    let keys = store()?.list().map_err(|error| plain(KEY, &error))?;
    let answer: Vec<_> = keys
        .iter()
        .map(|(name, key)| match key {
            Ok(key) => json!({ "name": name, "public": key, "fingerprint": key.fingerprint() }),
            Err(error) => json!({ "name": name, "error": error.to_string() }),
        })
        .collect();
    ui.answer(&answer, || {
        let line = |(name, key): (&Identifier, &Result<PublicKey, _>)| match key {
            Ok(key) => format!("{name:20} {key}\n"),
            Err(error) => format!("{name:20} {error}\n"),
        };
        if keys.is_empty() {
            "there are no keys; `aegis key generate --name NAME` makes one\n".to_owned()
        } else {
            keys.iter().map(line).collect()
        }
    })?;
    Ok(Exit::Done)
}
