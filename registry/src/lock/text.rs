//! The text of `aegis.lock`.

use std::collections::BTreeSet;

use aegis_document::{Digest, Identifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::{Acceptance, Lock, LockError, LockedPlugin, toml_json};
use crate::{Kind, Location, PluginName, toml_text};

pub(super) const VERSION: u32 = 1;
pub(super) const FILE_MAX: usize = 4 << 20;

const HEADER: &str = "\
# Written by `aegis plugin`. Keep it in version control and review its changes: `grant` is what a
# plugin may do. An entry counts only as an operator has signed it.

";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockFile<Grant> {
    version: u32,
    stack: Identifier,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    plugin: Vec<Entry<Grant>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<Grant> {
    name: PluginName,
    requirement: VersionReq,
    version: Version,
    source: Location,
    kind: Kind,
    contract: Version,
    component: Digest,
    statement: Digest,
    signers: BTreeSet<Digest>,
    granted: Digest,
    grant: Vec<Grant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acceptance: Vec<Signed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    key: Digest,
    signature: String,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Lock, LockError> {
    let file: LockFile<toml::Table> = toml_text::read(bytes, FILE_MAX)?;
    if file.version != VERSION {
        return Err(LockError::Version(file.version));
    }
    let mut lock = Lock::new(file.stack);
    for entry in file.plugin {
        let plugin = read_entry(entry)?;
        if let Some(other) = lock.insert(plugin) {
            return Err(LockError::Twice(other.name));
        }
    }
    Ok(lock)
}

fn read_entry(entry: Entry<toml::Table>) -> Result<LockedPlugin, LockError> {
    let name = entry.name;
    let grant = toml_json::from_toml(entry.grant).map_err(|problem| LockError::Grant {
        plugin: name.clone(),
        problem,
    })?;
    if grant.digest()? != entry.granted {
        return Err(LockError::GrantEdited(name));
    }
    let read = |signed: Signed| -> Option<Acceptance> {
        Some(Acceptance {
            key: signed.key,
            signature: STANDARD.decode(signed.signature).ok()?.try_into().ok()?,
        })
    };
    let acceptances: Option<BTreeSet<_>> = entry.acceptance.into_iter().map(read).collect();
    let Some(acceptances) = acceptances else {
        return Err(LockError::Signature(name));
    };
    Ok(LockedPlugin {
        name,
        requirement: entry.requirement,
        version: entry.version,
        source: entry.source,
        kind: entry.kind,
        contract: entry.contract,
        component: entry.component,
        statement: entry.statement,
        signers: entry.signers,
        grant,
        acceptances: acceptances.into_iter().collect(),
    })
}

pub(super) fn print(lock: &Lock) -> Result<String, LockError> {
    let entries = lock.plugins.values().map(write_entry);
    let file = LockFile {
        version: VERSION,
        stack: lock.stack.clone(),
        plugin: entries.collect::<Result<_, _>>()?,
    };
    Ok(format!("{HEADER}{}", toml::to_string(&file)?))
}

fn write_entry(plugin: &LockedPlugin) -> Result<Entry<toml::Value>, LockError> {
    let write = |acceptance: &Acceptance| Signed {
        key: acceptance.key,
        signature: STANDARD.encode(acceptance.signature),
    };
    Ok(Entry {
        name: plugin.name.clone(),
        requirement: plugin.requirement.clone(),
        version: plugin.version.clone(),
        source: plugin.source.clone(),
        kind: plugin.kind,
        contract: plugin.contract.clone(),
        component: plugin.component,
        statement: plugin.statement,
        signers: plugin.signers.clone(),
        granted: plugin.granted()?,
        grant: toml_json::to_toml(&plugin.grant),
        acceptance: plugin.acceptances.iter().map(write).collect(),
    })
}
