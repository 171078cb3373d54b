//! Fuzz targets for everything that reads foreign bytes.
//!
//! A target is one function from bytes to nothing. It panics when what it claims does not hold: that
//! what was read prints and reads back to the same, that an authenticated thing with one bit
//! flipped is never taken for the thing, that an error holds no control characters. Every target
//! has seeds: files in `seeds/NAME/`, one for each finding of the past too, and texts that it
//! makes itself.
//!
//! `cargo test -p aegis-fuzz` runs the seeds and a fixed number of damaged copies of each.
//! `cargo xtask fuzz` looks for more with libFuzzer, guided by coverage.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod authentic;
mod check;
mod mutate;
pub mod peer;
mod store;
mod targets;

use std::path::{Path, PathBuf};

pub use mutate::mutations;
pub use targets::TARGETS;

/// A parser of foreign bytes, and what is claimed of it.
pub struct Target {
    /// The name of its file in `src/targets/` and of its folder in `seeds/`.
    pub name: &'static str,
    /// Panics when a claim does not hold for these bytes.
    pub run: fn(&[u8]),
    /// Seeds that are made, besides those in files.
    pub made: fn() -> Vec<Vec<u8>>,
}

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// The folder of a target's seeds.
pub fn seed_folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target.name)
}

/// All seeds of a target: its files in order of name, then those that it makes.
pub fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(seed_folder(target))
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("the folder of seeds can be listed").path())
        .collect();
    files.sort();
    let mut seeds: Vec<Vec<u8>> = files
        .iter()
        .map(|file| std::fs::read(file).expect("a seed can be read"))
        .collect();
    seeds.extend((target.made)());
    seeds
}
