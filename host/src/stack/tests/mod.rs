//! The stack file from end to end: text in, stack or diagnostics out.

mod meaning;
mod random;
mod refusals;
mod rendering;
mod syntax;

use std::path::{Path, PathBuf};

use super::{Diagnostic, Stack, parse};

/// Six lines that make a good stack; what a case adds starts on line 7.
const HEAD: &str = "\
aegis: 1
name: shop
domain: shop.example.com
preset: standard
clusters:
  use1: {region: us-east-1, cidr: 10.0.0.0/16}
";

fn with(rest: &str) -> String {
    format!("{HEAD}{rest}")
}

fn good(text: &str) -> Stack {
    parse("aegis.yaml", text).unwrap_or_else(|problems| {
        let list: Vec<&Diagnostic> = problems.iter().collect();
        panic!("refused: {list:#?}")
    })
}

fn bad(text: &str) -> Vec<Diagnostic> {
    match parse("aegis.yaml", text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(problems) => problems.iter().cloned().collect(),
    }
}

/// The folder of the examples that people copy.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// Names and texts of all example stack files.
pub(super) fn example_files() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(examples())
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path().join("aegis.yaml");
            let text = std::fs::read_to_string(&path).ok()?;
            Some((path.display().to_string(), text))
        })
        .collect();
    files.sort();
    files
}

/// A file that uses every key.
pub(super) const EVERY_KEY: &str = include_str!("every-key.yaml");
