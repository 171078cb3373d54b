//! Where plugins come from.

mod folder;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use aegis_document::untrusted;
use semver::{Version, VersionReq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{FileError, PluginName};

pub use folder::FolderSource;

/// A place that holds packages and their statements. Nothing that it says is trusted.
pub trait Source {
    /// Its name in errors, safe to show.
    fn name(&self) -> String;

    /// What it offers, by the names and versions that the statements claim.
    fn list(&self) -> Result<Listing, SourceError>;

    /// The component and the statement of one version, unverified.
    fn fetch(&self, plugin: &PluginName, version: &Version) -> Result<Fetched, SourceError>;
}

/// What a source offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Plugins and versions, sorted.
    pub offers: Vec<Offer>,
    /// What was passed over, and why; sorted.
    pub skipped: Vec<Skipped>,
}

/// One version of a plugin, as its unverified statement names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// The plugin.
    pub plugin: PluginName,
    /// Its version.
    pub version: Version,
}

/// Something in a source that is no signed package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The file, safe to show.
    pub file: String,
    /// Why, and what to do.
    pub reason: String,
}

/// A component and its statement, unverified.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The component's bytes.
    pub component: Vec<u8>,
    /// The envelope's bytes.
    pub statement: Vec<u8>,
}

/// Why a source has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file was not read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not the spelling of a source.
    #[error("a source is written `folder:PATH`, in characters that show as what they are")]
    Spelling,
    /// The plugin is not there.
    #[error("{source_name} has no plugin `{plugin}`{skipped}")]
    NoPlugin {
        /// The source.
        source_name: String,
        /// The plugin.
        plugin: PluginName,
        /// What was passed over, as the end of a sentence.
        skipped: String,
    },
    /// No version of it will do.
    #[error(
        "{source_name} has no version of `{plugin}` that satisfies `{requirement}`; it has {found}"
    )]
    NoVersion {
        /// The source.
        source_name: String,
        /// The plugin.
        plugin: Box<PluginName>,
        /// The wanted versions.
        requirement: String,
        /// The versions there are, and what was passed over.
        found: String,
    },
    /// Two files are the same version of the same plugin.
    #[error("{source_name} has {offer} twice, in `{first}` and `{second}`; remove one")]
    Twice {
        /// The source.
        source_name: String,
        /// Plugin and version.
        offer: Box<Offer>,
        /// One file, safe to show.
        first: String,
        /// The other file, safe to show.
        second: String,
    },
    /// A folder with more files than are looked at.
    #[error("{source_name} has more than {limit} entries; keep plugins in a folder of their own")]
    TooMany {
        /// The source.
        source_name: String,
        /// The most entries that are looked at.
        limit: usize,
    },
}

/// Where a source is, as a lock file spells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location(Place);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Folder(String),
}

impl Location {
    const FOLDER: &'static str = "folder:";

    /// `folder:PATH`. A relative path starts at the lock file's folder.
    pub fn folder(path: &Path) -> Result<Self, SourceError> {
        let path = path.to_str().ok_or(SourceError::Spelling)?;
        // The path is shown to people who review a lock file.
        if path.is_empty() || untrusted(path).to_string() != path {
            return Err(SourceError::Spelling);
        }
        Ok(Self(Place::Folder(path.to_owned())))
    }

    /// Opens the source. `base` is the folder of the lock file.
    pub fn open(&self, base: &Path) -> Box<dyn Source> {
        match &self.0 {
            Place::Folder(path) => Box::new(FolderSource::new(base.join(path))),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Folder(path) => write!(f, "{}{path}", Self::FOLDER),
        }
    }
}

impl FromStr for Location {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let path = text
            .strip_prefix(Self::FOLDER)
            .ok_or(SourceError::Spelling)?;
        Self::folder(Path::new(path))
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Listing {
    /// The versions of one plugin, lowest first.
    pub fn versions(&self, plugin: &PluginName) -> Vec<&Version> {
        let offers = self.offers.iter();
        let offers = offers.filter(|offer| offer.plugin == *plugin);
        offers.map(|offer| &offer.version).collect()
    }

    /// The highest version that satisfies a requirement, as cargo chooses: a pre-release only when
    /// the requirement names one of the same version.
    pub fn highest(&self, plugin: &PluginName, requirement: &VersionReq) -> Option<&Version> {
        let versions = self.versions(plugin).into_iter();
        versions.filter(|v| requirement.matches(v)).max()
    }

    /// The error that says what there is instead of what was wanted.
    fn lacks(&self, source_name: String, plugin: &PluginName, requirement: &str) -> SourceError {
        let skipped = self.skipped.iter();
        let skipped: String = skipped
            .map(|s| format!("; `{}` was passed over: {}", s.file, s.reason))
            .collect();
        let versions = self.versions(plugin).into_iter();
        let versions: Vec<_> = versions.map(Version::to_string).collect();
        if versions.is_empty() {
            return SourceError::NoPlugin {
                source_name,
                plugin: plugin.clone(),
                skipped,
            };
        }
        SourceError::NoVersion {
            source_name,
            plugin: Box::new(plugin.clone()),
            requirement: requirement.to_owned(),
            found: versions.join(", ") + &skipped,
        }
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} of `{}`", self.version, self.plugin)
    }
}

/// The highest version that a source has for a requirement, or an error that says what there is.
pub fn resolve(
    source: &dyn Source,
    plugin: &PluginName,
    requirement: &VersionReq,
) -> Result<Version, SourceError> {
    let listing = source.list()?;
    match listing.highest(plugin, requirement) {
        Some(version) => Ok(version.clone()),
        None => Err(listing.lacks(source.name(), plugin, &requirement.to_string())),
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("component", &self.component.len())
            .field("statement", &self.statement.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(versions: &[&str]) -> Listing {
        let plugin: PluginName = "acme/linkerd".parse().unwrap();
        let offer = |version: &&str| Offer {
            plugin: plugin.clone(),
            version: version.parse().unwrap(),
        };
        Listing {
            offers: versions.iter().map(offer).collect(),
            skipped: Vec::new(),
        }
    }

    #[test]
    fn the_highest_version_is_chosen_as_cargo_does() {
        let all = [
            "0.3.1",
            "0.3.9",
            "0.4.0",
            "1.0.0",
            "1.9.0",
            "1.10.0",
            "2.0.0-rc.1",
            "2.0.0-rc.2",
        ];
        let plugin = "acme/linkerd".parse().unwrap();
        for (requirement, chosen) in [
            ("*", Some("1.10.0")),
            ("1", Some("1.10.0")),
            ("^1.2", Some("1.10.0")),
            ("~1.9", Some("1.9.0")),
            ("0.3", Some("0.3.9")),
            ("=1.0.0", Some("1.0.0")),
            ("<1.0.0", Some("0.4.0")),
            ("2", None),
            (">=1.10", Some("1.10.0")),
            ("2.0.0-rc.1", Some("2.0.0-rc.2")),
            (">=2.0.0-alpha", Some("2.0.0-rc.2")),
            ("3", None),
        ] {
            let requirement: VersionReq = requirement.parse().unwrap();
            let highest = listing(&all).highest(&plugin, &requirement).cloned();
            assert_eq!(highest, chosen.map(|v| v.parse().unwrap()), "{requirement}");
        }
    }

    #[test]
    fn a_location_reads_back_and_others_are_refused() {
        for text in [
            "folder:plugins",
            "folder:../shared/plugins",
            "folder:/opt/aegis",
        ] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "plugins",
            "folder:",
            "oci:ghcr.io/x",
            "folder:a\nb",
            "Folder:x",
            "folder:a\u{202e}b",
        ] {
            assert!(text.parse::<Location>().is_err(), "{text:?}");
        }
    }
}
