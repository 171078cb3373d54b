//! Inert text in the Git tree.

mod manifest;

use aegis_document::untrusted;

use manifest::Sight;

use super::no_cluster;
use crate::capability::denial::Denial;
use crate::capability::file::FileRequest;
use crate::capability::{Request, codes, path};
use crate::proposal::{Change, File};
use crate::template::Segment;

pub(super) fn derive(file: &File, change: &Change) -> Result<Vec<Request>, Denial> {
    let asked = format!("write the file {}", untrusted(&file.path));
    no_cluster(change, &asked)?;
    path::check(&file.path).map_err(|problem| {
        let (code, help) = match problem {
            path::PathProblem::Syntax | path::PathProblem::TrailingDot => {
                (codes::MALFORMED_NAME, "choose another path")
            }
            _ => (
                codes::FORBIDDEN,
                "no grant helps: this file cannot come from a `file` change",
            ),
        };
        Denial::forbidden(code, asked.clone(), problem.to_string(), help)
    })?;
    let literal: String = file
        .content
        .segments()
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => text.as_str(),
            // A value cannot hold a line's beginning.
            Segment::Token(_) => "x",
        })
        .collect();
    // Two of them end a line for some readers of YAML and not for others.
    let steers = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if literal
        .chars()
        .any(|c| steers(c) && !matches!(c, '\n' | '\t'))
    {
        return Err(Denial::forbidden(
            codes::MALFORMED_FIELD,
            asked,
            "the text holds control characters",
            "only new lines and tabs are allowed",
        ));
    }
    let reason = match manifest::look(&literal) {
        Sight::Object => {
            "the text has `apiVersion` and `kind`: it is a Kubernetes object in disguise"
        }
        Sight::Doubtful if is_read_as_manifest(&file.path, &literal) => {
            "the text is neither YAML nor JSON, but has `apiVersion` and `kind`: some reader may find an object in it"
        }
        _ if is_template(&file.path, &literal) => {
            "a chart makes objects of its templates, and this one decides by itself which"
        }
        _ => {
            return Ok(vec![Request::File(FileRequest {
                path: file.path.clone(),
            })]);
        }
    };
    Err(Denial::forbidden(
        codes::FORBIDDEN,
        asked,
        reason,
        "propose it as an `apply` change, so that it is checked as what it is",
    ))
}

/// Whether `kubectl`, Argo CD, Helm or Kustomize take a file for manifests: by its name, by the folder that the
/// delivery reads or a chart renders, or because it starts as JSON does.
fn is_read_as_manifest(path: &str, text: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|ending| path.ends_with(ending))
        || path.starts_with("clusters/")
        || is_of_chart(&path)
        || text
            .trim_start_matches('\u{feff}')
            .trim_start()
            .starts_with('{')
}

/// Whether Helm would run the text as a template.
fn is_template(path: &str, text: &str) -> bool {
    is_of_chart(&path.to_ascii_lowercase()) && text.contains("{{")
}

/// Helm renders every file in a folder of this name, whatever its ending.
fn is_of_chart(path: &str) -> bool {
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    folders.contains(&"templates")
}
