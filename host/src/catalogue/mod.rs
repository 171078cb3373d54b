//! The chart catalogue: which charts there are, and exactly which archive each name means.
//!
//! A plugin names an entry and nothing else. The catalogue is the operator's: the built-in list can be
//! changed and extended in `catalogue.toml` in the operator's configuration folder, where an entry can also
//! be pinned by the digest of its archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aegis_document::{Digest, Identifier, shown_path, untrusted};
use serde::Deserialize;

use crate::driver::document::ChartPin;

/// The charts that the first-party stages use.
const BUILT_IN: &str = include_str!("built-in.toml");

/// Bytes of a catalogue file.
const MAX: u64 = 1 << 20;

/// Charts by name.
#[derive(Clone, Debug)]
pub struct Catalogue(BTreeMap<Identifier, ChartPin>);

/// Why a catalogue was not read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("{}: {error}", shown_path(path))]
    Read {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{}: the file has more than 1 MiB", shown_path(path))]
    TooLarge { path: PathBuf },
    #[error("{place}: {}", untrusted(error.message()))]
    Form {
        place: String,
        error: toml::de::Error,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    chart: BTreeMap<Identifier, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    repository: String,
    chart: String,
    version: String,
    /// SHA-256 of the archive.
    digest: Option<Digest>,
}

impl Catalogue {
    /// The built-in list with the operator's file over it; a file that does not exist changes nothing.
    pub fn load(file: &Path) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::built_in()?;
        let read_error = |error| CatalogueError::Read {
            path: file.to_owned(),
            error,
        };
        match std::fs::metadata(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(catalogue),
            Err(error) => return Err(read_error(error)),
            Ok(metadata) if metadata.len() > MAX => {
                return Err(CatalogueError::TooLarge {
                    path: file.to_owned(),
                });
            }
            Ok(_) => {}
        }
        let text = std::fs::read_to_string(file).map_err(read_error)?;
        catalogue.0.extend(parse(&shown_path(file), &text)?);
        Ok(catalogue)
    }

    /// The built-in list.
    pub fn built_in() -> Result<Self, CatalogueError> {
        parse("the built-in catalogue", BUILT_IN).map(Self)
    }

    pub fn entries(&self) -> &BTreeMap<Identifier, ChartPin> {
        &self.0
    }
}

fn parse(place: &str, text: &str) -> Result<BTreeMap<Identifier, ChartPin>, CatalogueError> {
    let file: File = toml::from_str(text).map_err(|error| CatalogueError::Form {
        place: place.to_owned(),
        error,
    })?;
    Ok(file
        .chart
        .into_iter()
        .map(|(name, entry)| {
            let pin = ChartPin {
                repository: entry.repository,
                chart: entry.chart,
                version: entry.version,
                digest: entry.digest,
            };
            (name, pin)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_is_sound() {
        let catalogue = Catalogue::built_in().unwrap();
        for name in ["cert-manager", "trust-manager", "argo-cd"] {
            assert!(catalogue.entries().contains_key(name), "{name}");
        }
    }

    #[test]
    fn the_operator_can_pin_and_add() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalogue.toml");
        let digest = Digest::of("archive");
        let text = format!(
            "[chart.cert-manager]\nrepository = \"oci://mirror\"\nchart = \"cert-manager\"\nversion = \"v1.2.3\"\ndigest = \"{digest}\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let catalogue = Catalogue::load(&file).unwrap();
        assert_eq!(catalogue.entries()["cert-manager"].digest, Some(digest));
        assert!(catalogue.entries().contains_key("argo-cd"));
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalogue.toml");
        std::fs::write(&file, "[chart.x]\nrepo = \"a\"\n").unwrap();
        assert!(matches!(
            Catalogue::load(&file),
            Err(CatalogueError::Form { .. })
        ));
        assert!(Catalogue::load(&folder.path().join("absent")).is_ok());
    }
}
