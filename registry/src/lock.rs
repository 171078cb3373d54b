//! `aegis.lock`: which plugins a stack uses, exactly, and what an operator granted to each.
//!
//! The file lies in a repository, where everybody who can open a pull request can edit it. So what
//! decides in it stands under an operator's signature, and [`Lock::verify`] is the only way to a
//! [`VerifiedLock`].

mod acceptance;
mod error;
mod text;
mod toml_json;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aegis_document::{Digest, Identifier, canonical};
use semver::{Version, VersionReq};

use crate::statement::sign_detached;
use crate::verify::{Expectation, HostVersion, Locked, VersionRule};
use crate::{Capabilities, Kind, Location, PluginName, SecretKey, Trust, VerifiedComponent, file};

pub use acceptance::{Acceptance, AcceptedTerms};
pub use error::LockError;

/// The plugins of one stack. Nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    stack: Identifier,
    plugins: BTreeMap<PluginName, LockedPlugin>,
}

/// One plugin: what was chosen, what it is, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPlugin {
    /// Publisher and plugin.
    pub name: PluginName,
    /// The versions that the stack allows.
    pub requirement: VersionReq,
    /// The chosen version.
    pub version: Version,
    /// Where it comes from.
    pub source: Location,
    /// Its kind.
    pub kind: Kind,
    /// The contract that it is written against.
    pub contract: Version,
    /// The component's digest.
    pub component: Digest,
    /// The digest of the signed statement's envelope.
    pub statement: Digest,
    /// The fingerprints of the keys that signed the statement.
    pub signers: BTreeSet<Digest>,
    /// What an operator granted.
    pub grant: Capabilities,
    /// The operators' signatures.
    pub acceptances: Vec<Acceptance>,
}

/// A lock file in which an operator has accepted every plugin with exactly its digests and grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLock(Lock);

impl Lock {
    /// An empty lock file for a stack. The stack's name is under every acceptance, so that one given
    /// for a test stack is not good for another.
    pub const fn new(stack: Identifier) -> Self {
        Self {
            stack,
            plugins: BTreeMap::new(),
        }
    }

    /// Reads a lock file. Nothing is verified.
    pub fn load(path: &Path) -> Result<Self, LockError> {
        Self::parse(&file::read_foreign(path, text::FILE_MAX)?)
    }

    /// Reads the text of a lock file. Nothing is verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, LockError> {
        text::parse(bytes)
    }

    /// The text: sorted by name, the same bytes for the same content.
    pub fn to_toml(&self) -> Result<String, LockError> {
        text::print(self)
    }

    /// Replaces the file as a whole.
    pub fn save(&self, path: &Path) -> Result<(), LockError> {
        Ok(file::replace(path, self.to_toml()?.as_bytes())?)
    }

    /// The digest of the content. Comments and order in the file do not change it.
    pub fn digest(&self) -> Result<Digest, LockError> {
        Ok(Digest::of(self.to_toml()?))
    }

    /// The stack's name.
    pub const fn stack(&self) -> &Identifier {
        &self.stack
    }

    /// The plugins by name: to show them, not to act on them.
    pub const fn plugins(&self) -> &BTreeMap<PluginName, LockedPlugin> {
        &self.plugins
    }

    /// Adds a plugin or takes another version of it, and gives back the entry that was replaced.
    pub fn insert(&mut self, plugin: LockedPlugin) -> Option<LockedPlugin> {
        self.plugins.insert(plugin.name.clone(), plugin)
    }

    /// Removes a plugin.
    pub fn remove(&mut self, plugin: &PluginName) -> Option<LockedPlugin> {
        self.plugins.remove(plugin)
    }

    /// Signs an entry as it stands, with an operator's key. Signing twice changes nothing.
    pub fn accept(&mut self, plugin: &PluginName, key: &SecretKey) -> Result<(), LockError> {
        let Some(entry) = self.plugins.get_mut(plugin) else {
            return Err(LockError::NotLocked(plugin.clone()));
        };
        let acceptance = Acceptance {
            key: key.public().fingerprint(),
            signature: sign_detached(&entry.terms(&self.stack)?, key)?,
        };
        entry
            .acceptances
            .retain(|other| other.key != acceptance.key);
        entry.acceptances.push(acceptance);
        entry.acceptances.sort();
        Ok(())
    }

    /// Checks that enough operators have accepted every entry as it stands, and that nothing in it
    /// is revoked.
    pub fn verify(self, trust: &Trust) -> Result<VerifiedLock, LockError> {
        for plugin in self.plugins.values() {
            if !plugin.requirement.matches(&plugin.version) {
                return Err(LockError::Requirement {
                    plugin: plugin.name.clone(),
                    requirement: plugin.requirement.clone(),
                    version: plugin.version.clone(),
                });
            }
            acceptance::check(plugin, &self.stack, trust)?;
        }
        Ok(VerifiedLock(self))
    }
}

impl LockedPlugin {
    /// The entry of a verified component. It is not accepted yet.
    pub fn new(
        component: &VerifiedComponent,
        requirement: VersionReq,
        source: Location,
        grant: Capabilities,
    ) -> Self {
        let manifest = component.manifest();
        Self {
            name: manifest.plugin.clone(),
            requirement,
            version: manifest.version.clone(),
            source,
            kind: manifest.kind,
            contract: manifest.contract.clone(),
            component: component.component_digest(),
            statement: component.statement_digest(),
            signers: component.signers().clone(),
            grant,
            acceptances: Vec::new(),
        }
    }

    /// The digest of the grant.
    pub fn granted(&self) -> Result<Digest, canonical::CanonicalError> {
        self.grant.digest()
    }

    /// What a component must be to be this one.
    pub fn expectation(&self, host: HostVersion) -> Expectation {
        Expectation {
            plugin: self.name.clone(),
            version: VersionRule::Exactly(self.version.clone()),
            kind: Some(self.kind),
            host,
            locked: Some(Locked {
                component: self.component,
                statement: self.statement,
                signers: self.signers.clone(),
            }),
        }
    }

    /// What an operator signs when accepting the entry.
    fn terms(&self, stack: &Identifier) -> Result<AcceptedTerms, canonical::CanonicalError> {
        Ok(AcceptedTerms {
            stack: stack.clone(),
            plugin: self.name.clone(),
            version: self.version.clone(),
            kind: self.kind,
            contract: self.contract.clone(),
            component: self.component,
            statement: self.statement,
            signers: self.signers.clone(),
            granted: self.granted()?,
        })
    }
}

impl VerifiedLock {
    /// The lock file.
    pub const fn lock(&self) -> &Lock {
        &self.0
    }

    /// The entry of a plugin, accepted as it stands.
    pub fn plugin(&self, name: &PluginName) -> Result<&LockedPlugin, LockError> {
        let entry = self.0.plugins.get(name);
        entry.ok_or_else(|| LockError::NotLocked(name.clone()))
    }

    /// All entries, sorted by name.
    pub fn plugins(&self) -> impl Iterator<Item = &LockedPlugin> {
        self.0.plugins.values()
    }
}

#[cfg(test)]
mod tests;
