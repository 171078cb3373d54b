//! What a publisher signs about a plugin and the package repeats.

use aegis_document::Identifier;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Capabilities, Kind, PluginName};

/// The part of a package's metadata that its statement repeats and that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Manifest {
    /// Publisher and plugin.
    pub plugin: PluginName,
    /// The plugin's version.
    pub version: Version,
    /// What it may do at most.
    pub kind: Kind,
    /// The version of the WIT package that it is written against.
    pub contract: Version,
    /// What it asks for.
    pub capabilities: Capabilities,
    /// The oldest host that can run it.
    pub minimum_host: Version,
}

/// Why a manifest was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Versions that differ in nothing but build metadata have no order.
    #[error("`{0}` holds a version with build metadata (`+…`); leave that part out")]
    BuildMetadata(&'static str),
    /// A version that nobody can read.
    #[error("`{0}` holds a version of more than {max} characters", max = Manifest::VERSION_MAX)]
    LongVersion(&'static str),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Wire {
    publisher: Identifier,
    name: Identifier,
    version: Version,
    kind: Kind,
    contract: Version,
    capabilities: Capabilities,
    minimum_host: Version,
}

impl Manifest {
    /// The longest version, in characters.
    pub const VERSION_MAX: usize = 64;
}

impl From<Manifest> for Wire {
    fn from(manifest: Manifest) -> Self {
        Self {
            publisher: manifest.plugin.publisher,
            name: manifest.plugin.plugin,
            version: manifest.version,
            kind: manifest.kind,
            contract: manifest.contract,
            capabilities: manifest.capabilities,
            minimum_host: manifest.minimum_host,
        }
    }
}

impl TryFrom<Wire> for Manifest {
    type Error = ManifestError;

    fn try_from(wire: Wire) -> Result<Self, ManifestError> {
        for (field, version) in [
            ("version", &wire.version),
            ("contract", &wire.contract),
            ("minimum-host", &wire.minimum_host),
        ] {
            if !version.build.is_empty() {
                return Err(ManifestError::BuildMetadata(field));
            }
            if version.to_string().len() > Self::VERSION_MAX {
                return Err(ManifestError::LongVersion(field));
            }
        }
        Ok(Self {
            plugin: PluginName::new(wire.publisher, wire.name),
            version: wire.version,
            kind: wire.kind,
            contract: wire.contract,
            capabilities: wire.capabilities,
            minimum_host: wire.minimum_host,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::manifest;

    #[test]
    fn a_manifest_reads_back() {
        let value = serde_json::to_value(manifest()).unwrap();
        assert_eq!(
            serde_json::from_value::<Manifest>(value).unwrap(),
            manifest()
        );
    }

    #[test]
    fn versions_without_an_order_are_refused() {
        for field in ["version", "contract", "minimum-host"] {
            let long = format!("1.0.0-{}", "a".repeat(60));
            for version in ["1.0.0+1", "1.0", "v1.0.0", "01.0.0", "", &long] {
                let mut value = serde_json::to_value(manifest()).unwrap();
                value[field] = json!(version);
                assert!(
                    serde_json::from_value::<Manifest>(value).is_err(),
                    "{field} {version}"
                );
            }
        }
    }
}
