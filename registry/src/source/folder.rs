//! A folder of `*.wasm` files with their `*.wasm.dsse.json` files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use semver::Version;

use super::{Fetched, Listing, Offer, Skipped, Source, SourceError};
use crate::file::{self, FileError, shown};
use crate::package::COMPONENT_MAX;
use crate::statement::{self, ENVELOPE_MAX, Envelope};
use crate::{PluginName, Statement};

/// A folder of packages. Files are found by listing it and known by their statements: no path is
/// ever made from a plugin's name.
#[derive(Debug, Clone)]
pub struct FolderSource {
    folder: PathBuf,
}

/// The most entries of a folder that are looked at.
const ENTRIES_MAX: usize = 10_000;

#[derive(Default)]
struct Scan {
    found: BTreeMap<Offer, PathBuf>,
    skipped: Vec<Skipped>,
}

impl FolderSource {
    /// The source of this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    fn scan(&self) -> Result<Scan, SourceError> {
        let mut scan = Scan::default();
        for path in self.components()? {
            match claimed(&path) {
                Ok(offer) => {
                    if let Some(first) = scan.found.insert(offer.clone(), path.clone()) {
                        return Err(SourceError::Twice {
                            source_name: self.name(),
                            offer: Box::new(offer),
                            first: file_name(&first),
                            second: file_name(&path),
                        });
                    }
                }
                Err(reason) => scan.skipped.push(Skipped {
                    file: file_name(&path),
                    reason,
                }),
            }
        }
        Ok(scan)
    }

    /// The `*.wasm` entries, sorted.
    fn components(&self) -> Result<Vec<PathBuf>, SourceError> {
        let unreadable = |e| file::io_error(&self.folder, "list", e);
        let mut paths = Vec::new();
        for (count, entry) in fs::read_dir(&self.folder).map_err(unreadable)?.enumerate() {
            if count >= ENTRIES_MAX {
                return Err(SourceError::TooMany {
                    source_name: self.name(),
                    limit: ENTRIES_MAX,
                });
            }
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|ending| ending == "wasm") {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }
}

/// What the statement beside a component says it is, or why it says nothing.
fn claimed(component: &Path) -> Result<Offer, String> {
    let bytes = match file::read_foreign(&statement::beside(component), ENVELOPE_MAX) {
        Ok(bytes) => bytes,
        Err(FileError::Missing { .. }) => {
            return Err("it is not signed; sign it with `aegis plugin sign`".to_owned());
        }
        Err(error) => return Err(error.to_string()),
    };
    let envelope = Envelope::<Statement>::parse(&bytes).map_err(|e| e.to_string())?;
    let manifest = envelope.unverified().map_err(|e| e.to_string())?.manifest;
    Ok(Offer {
        plugin: manifest.plugin,
        version: manifest.version,
    })
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| shown(Path::new(name)))
        .unwrap_or_default()
}

impl Source for FolderSource {
    fn name(&self) -> String {
        format!("the folder `{}`", shown(&self.folder))
    }

    fn list(&self) -> Result<Listing, SourceError> {
        let scan = self.scan()?;
        Ok(Listing {
            offers: scan.found.into_keys().collect(),
            skipped: scan.skipped,
        })
    }

    fn fetch(&self, plugin: &PluginName, version: &Version) -> Result<Fetched, SourceError> {
        let mut scan = self.scan()?;
        let offer = Offer {
            plugin: plugin.clone(),
            version: version.clone(),
        };
        let Some(path) = scan.found.remove(&offer) else {
            let listing = Listing {
                offers: scan.found.into_keys().collect(),
                skipped: scan.skipped,
            };
            return Err(listing.lacks(self.name(), plugin, &format!("={version}")));
        };
        Ok(Fetched {
            component: file::read_foreign(&path, COMPONENT_MAX)?,
            statement: file::read_foreign(&statement::beside(&path), ENVELOPE_MAX)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::resolve;
    use crate::testing::{expectation, key, metadata, signed_as, trust};
    use crate::verify;

    fn put(folder: &Path, file: &str, version: &str) {
        let mut metadata = metadata();
        metadata.manifest.version = version.parse().unwrap();
        let (component, statement) = signed_as(&metadata, &[&key(1)]);
        fs::write(folder.join(file), component).unwrap();
        fs::write(statement::beside(&folder.join(file)), statement).unwrap();
    }

    fn plugin() -> PluginName {
        "acme/linkerd".parse().unwrap()
    }

    #[test]
    fn a_version_is_found_by_its_statement_and_verifies() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "old.wasm", "2.1.0");
        put(folder.path(), "misleading-9.9.9.wasm", "2.2.0");
        put(folder.path(), "next.wasm", "3.0.0-rc.1");
        fs::write(folder.path().join("README.md"), "").unwrap();
        let source = FolderSource::new(folder.path());
        let version = resolve(&source, &plugin(), &"2".parse().unwrap()).unwrap();
        assert_eq!(version, Version::new(2, 2, 0));
        let fetched = source.fetch(&plugin(), &version).unwrap();
        let expected = expectation();
        verify(fetched.component, &fetched.statement, &trust(), &expected).unwrap();
        let offers = source.list().unwrap().offers;
        let versions: Vec<_> = offers.iter().map(|o| o.version.to_string()).collect();
        assert_eq!(versions, ["2.1.0", "2.2.0", "3.0.0-rc.1"]);
    }

    #[test]
    fn what_is_missing_is_said_with_what_there_is() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "a.wasm", "2.1.0");
        fs::write(folder.path().join("unsigned.wasm"), "").unwrap();
        fs::write(folder.path().join("bad.wasm"), "").unwrap();
        fs::write(folder.path().join("bad.wasm.dsse.json"), "{}").unwrap();
        let source = FolderSource::new(folder.path());
        let error = resolve(&source, &plugin(), &"3".parse().unwrap());
        let text = error.unwrap_err().to_string();
        assert!(text.contains("satisfies `^3`; it has 2.1.0;"), "{text}");
        assert!(
            text.contains("`unsigned.wasm` was passed over: it is not signed"),
            "{text}"
        );
        assert!(text.contains("`bad.wasm` was passed over"), "{text}");
        let other = "acme/other".parse().unwrap();
        assert!(matches!(
            resolve(&source, &other, &"*".parse().unwrap()),
            Err(SourceError::NoPlugin { .. })
        ));
        assert!(matches!(
            source.fetch(&plugin(), &Version::new(9, 0, 0)),
            Err(SourceError::NoVersion { .. })
        ));
        let absent = FolderSource::new(folder.path().join("absent"));
        assert!(matches!(absent.list(), Err(SourceError::File(_))));
    }

    #[test]
    fn the_same_version_twice_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "a.wasm", "2.1.0");
        put(folder.path(), "b.wasm", "2.1.0");
        let error = FolderSource::new(folder.path()).list().unwrap_err();
        assert!(error.to_string().contains("in `a.wasm` and `b.wasm`"));
    }

    #[test]
    fn links_are_not_followed_and_caps_hold() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        put(elsewhere.path(), "a.wasm", "2.1.0");
        for file in ["a.wasm", "a.wasm.dsse.json"] {
            let target = elsewhere.path().join(file);
            std::os::unix::fs::symlink(target, folder.path().join(file)).unwrap();
        }
        let source = FolderSource::new(folder.path());
        let listing = source.list().unwrap();
        assert!(listing.offers.is_empty());
        assert!(listing.skipped[0].reason.contains("not an ordinary file"));

        put(folder.path(), "b.wasm", "2.1.0");
        let large = fs::File::create(folder.path().join("b.wasm")).unwrap();
        large.set_len(COMPONENT_MAX as u64 + 1).unwrap();
        assert!(matches!(
            source.fetch(&plugin(), &Version::new(2, 1, 0)),
            Err(SourceError::File(FileError::TooLarge { .. }))
        ));
    }
}
