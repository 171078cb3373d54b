//! From a path to a stack.

use aegis_document::shown_path;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;

use miette::NamedSource;

use super::codes;
use super::error::{Diagnostic, Problems, Report};
use super::file;
use super::model::Stack;
use super::resolve::resolve;
use super::syntax::{self, MOST_BYTES, Positions};

/// Reads the stack file at `path`.
///
/// # Errors
/// Everything that is wrong with the file, at once.
pub fn load(path: &Path) -> Result<Stack, Problems> {
    let bytes = read_bytes(path)?;
    let name = shown_path(path);
    match String::from_utf8(bytes) {
        Ok(text) => parse(&name, &text),
        Err(error) => {
            Err(not_utf8(&name, error.as_bytes(), error.utf8_error().valid_up_to()).into())
        }
    }
}

/// Reads a stack file that is already in memory. `name` is what messages call it.
///
/// # Errors
/// Everything that is wrong with the text, at once.
pub fn parse(name: &str, text: &str) -> Result<Stack, Problems> {
    if text.len() > MOST_BYTES {
        return Err(too_large(name).into());
    }
    let source = Arc::new(NamedSource::new(name, syntax::showable(text)));
    let mut report = Report::new(source);
    let stack = syntax::read(text, &mut report).and_then(|root| {
        let file = file::decode(&root, &mut report);
        resolve(file, &mut report)
    });
    report.finish(stack)
}

/// Reads at most one byte more than is allowed, whatever the file claims to be.
fn read_bytes(path: &Path) -> Result<Vec<u8>, Problems> {
    let unreadable = |error: std::io::Error| {
        let shown = shown_path(path);
        let problem = match error.kind() {
            ErrorKind::NotFound => {
                Diagnostic::new(codes::NOT_FOUND, format!("there is no stack file {shown}"))
                    .help("write one with `aegis init`, or name another with `--file`")
            }
            ErrorKind::IsADirectory => folder(path),
            _ => Diagnostic::new(
                codes::UNREADABLE,
                format!("the stack file {shown} cannot be read: {error}"),
            )
            .help("check the file's permissions"),
        };
        Problems::from(problem)
    };
    let opened = File::open(path).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(folder(path).into());
    }
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    opened
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() > MOST_BYTES {
        return Err(too_large(&shown_path(path)).into());
    }
    Ok(bytes)
}

fn folder(path: &Path) -> Diagnostic {
    let shown = shown_path(path);
    let inside = path.join("aegis.yaml");
    let help = if inside.is_file() {
        format!("did you mean `--file {}`?", shown_path(&inside))
    } else {
        "name the file itself with `--file`".to_owned()
    };
    Diagnostic::new(
        codes::FOLDER,
        format!("{shown} is a folder, not a stack file"),
    )
    .help(help)
}

fn too_large(name: &str) -> Diagnostic {
    Diagnostic::new(codes::TOO_LARGE, format!("{name} is larger than 1 MiB"))
        .help("a stack file holds a few hundred lines; check that this is the right file")
}

fn not_utf8(name: &str, bytes: &[u8], valid: usize) -> Diagnostic {
    let help = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        "this looks like UTF-16: save the file as UTF-8"
    } else {
        "save the file as UTF-8"
    };
    let text = String::from_utf8_lossy(bytes);
    let span = Positions::new(&text).span(valid, valid + char::REPLACEMENT_CHARACTER.len_utf8());
    let source = Arc::new(NamedSource::new(name, syntax::showable(&text)));
    Diagnostic::new(codes::NOT_UTF8, format!("{name} is not UTF-8 text"))
        .at(span, "the first byte that is not")
        .help(help)
        .with_source(&source)
}
