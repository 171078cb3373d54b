//! Paths in the Git tree, and patterns of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest segment, in bytes.
const MAX_SEGMENT: usize = 100;
/// The most segments of a path.
const MAX_SEGMENTS: usize = 32;

/// Why a path cannot be written or read by a plugin at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathProblem {
    #[error(
        "a path is made of segments of letters, digits, `.`, `_` and `-`, joined by `/`; a segment starts with a letter, digit or `_` and has at most {MAX_SEGMENT} characters"
    )]
    Syntax,
    #[error("a segment cannot end in a dot: some file systems drop it")]
    TrailingDot,
    #[error("the name means a device to Windows")]
    Device,
    #[error("Git itself reads this file, or it decides who may change the repository")]
    Git,
    #[error(
        "Terraform reads every such file in its folder: it can only come from a `terraform` change"
    )]
    Terraform,
    #[error("the stack file, the lock file and the host's own folder are the operator's")]
    Aegis,
    #[error("a workflow can only come from a `workflow` change")]
    Workflow,
    #[error("Argo CD takes this file as instructions for how to make the objects of a folder")]
    Recipe,
}

/// Names without which Windows opens a device, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Checks a path that a plugin names. A segment may start with a dot here; only a pattern that spells
/// the segment out allows it.
pub fn check(path: &str) -> Result<(), PathProblem> {
    let segments: Vec<&str> = path.split('/').collect();
    if segments.len() > MAX_SEGMENTS {
        return Err(PathProblem::Syntax);
    }
    for segment in &segments {
        check_segment(segment)?;
    }
    let lower: Vec<String> = segments
        .iter()
        .map(|segment| segment.to_ascii_lowercase())
        .collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    if let [".github", "workflows" | "actions", ..] = lower.as_slice() {
        return Err(PathProblem::Workflow);
    }
    lower
        .iter()
        .find_map(|segment| forbidden(segment))
        .map_or(Ok(()), Err)
}

fn check_segment(segment: &str) -> Result<(), PathProblem> {
    let body = segment.strip_prefix('.').unwrap_or(segment);
    let first = body
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    let inner = body
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if !first || !inner || segment.len() > MAX_SEGMENT {
        return Err(PathProblem::Syntax);
    }
    if segment.ends_with('.') {
        return Err(PathProblem::TrailingDot);
    }
    Ok(())
}

/// What a segment in lower case must not be, wherever it stands.
fn forbidden(segment: &str) -> Option<PathProblem> {
    let stem = segment.split('.').next().unwrap_or(segment);
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    if DEVICES.contains(&stem) || numbered("com") || numbered("lpt") {
        return Some(PathProblem::Device);
    }
    // `.github` is Git's in name only; what in it is dangerous is caught by its whole path. A folder with a `HEAD`
    // can be a repository to Git, with settings of its own that run programs.
    if (segment.starts_with(".git") && segment != ".github")
        || [".mailmap", "codeowners", "head"].contains(&segment)
    {
        return Some(PathProblem::Git);
    }
    // What a step of a workflow runs when it names the folder.
    if ["action.yml", "action.yaml"].contains(&segment) {
        return Some(PathProblem::Workflow);
    }
    let parts = segment.split('.').skip(1);
    let terraform = [
        "tf",
        "tofu",
        "tfvars",
        "tfstate",
        "tftest",
        "tfquery",
        "tfbackend",
        "tfrc",
        "tfplan",
    ];
    if parts
        .clone()
        .any(|part| terraform.contains(&part) || part.starts_with("tf"))
        || [".terraform", ".terraformrc", "terraform.rc"].contains(&segment)
        || segment.starts_with(".terraform")
    {
        return Some(PathProblem::Terraform);
    }
    // Kustomize takes its file without `apiVersion` and `kind`, and fetches what it names; Argo CD lets
    // `.argocd-source.yaml` override the parameters of an application.
    let recipe = [
        "kustomization",
        "kustomization.yaml",
        "kustomization.yml",
        "chart.yaml",
    ]
    .contains(&segment)
        || segment.starts_with(".argocd-")
        || [".jsonnet", ".libsonnet"]
            .iter()
            .any(|ending| segment.ends_with(ending));
    if recipe {
        return Some(PathProblem::Recipe);
    }
    if segment == ".aegis"
        || ["aegis.yaml", "aegis.yml", "aegis.lock"].contains(&segment)
        || segment.ends_with(".aegis")
    {
        return Some(PathProblem::Aegis);
    }
    None
}

/// A pattern of paths: segments that are exact, `*` (any one segment) or end in `*`; the last may be `**`
/// (everything below). A star never reaches a segment that starts with a dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern(String);

/// Why a text is not a pattern of paths.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a pattern of paths is segments joined by `/`, each exact, `*` or ending in one `*`; the last may be `**`"
)]
pub struct PathPatternError;

impl PathPattern {
    /// Whether the pattern has the path. A folder's own path belongs to what is below it.
    pub fn matches(&self, path: &str) -> bool {
        let mut segments = if path.is_empty() {
            Vec::new()
        } else {
            path.split('/').collect::<Vec<_>>()
        }
        .into_iter();
        for pattern in self.0.split('/') {
            if pattern == "**" {
                return segments.all(|segment| !segment.starts_with('.'));
            }
            let Some(segment) = segments.next() else {
                return false;
            };
            let fits = match pattern.strip_suffix('*') {
                Some(prefix) => !segment.starts_with('.') && segment.starts_with(prefix),
                None => segment == pattern,
            };
            if !fits {
                return false;
            }
        }
        segments.next().is_none()
    }
}

impl FromStr for PathPattern {
    type Err = PathPatternError;

    fn from_str(text: &str) -> Result<Self, PathPatternError> {
        let segments: Vec<&str> = text.split('/').collect();
        let fits = segments.iter().enumerate().all(|(index, segment)| {
            let last = index + 1 == segments.len();
            match segment.strip_suffix('*') {
                None => check_segment(segment).is_ok(),
                Some("*") => last,
                Some("") => true,
                Some(prefix) => {
                    !prefix.starts_with('.') && check_segment(&format!("{prefix}x")).is_ok()
                }
            }
        });
        if fits && segments.len() <= MAX_SEGMENTS {
            Ok(Self(text.to_owned()))
        } else {
            Err(PathPatternError)
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for PathPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_paths() {
        for path in [
            "a",
            "docs/README.md",
            "clusters/use1/.well-known/x",
            ".github/labels.yml",
            "a/_b/c-d.e",
            "outfit.txt",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_path_cannot_leave_the_tree_or_be_read_in_two_ways() {
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/../b",
            "./a",
            "a\\b",
            "C:",
            "C:/x",
            "a b",
            "a\nb",
            "a\u{200b}",
            ".g\u{200c}it/config",
            "GIT~1/config",
            "-rf",
            "a/-b",
            "~/x",
            "a*",
            "...",
            "..a",
            "\u{444}ile",
        ] {
            assert_eq!(check(path), Err(PathProblem::Syntax), "{path:?}");
        }
        assert_eq!(check("a./b"), Err(PathProblem::TrailingDot));
        assert_eq!(check(&"a".repeat(101)), Err(PathProblem::Syntax));
        assert_eq!(check(&["a"; 33].join("/")), Err(PathProblem::Syntax));
    }

    #[test]
    fn names_that_other_programs_obey_are_forbidden() {
        for (path, problem) in [
            (".git/hooks/pre-commit", PathProblem::Git),
            ("a/.GIT/config", PathProblem::Git),
            (".gitattributes", PathProblem::Git),
            ("x/.gitmodules", PathProblem::Git),
            ("docs/CodeOwners", PathProblem::Git),
            ("docs/.mailmap", PathProblem::Git),
            ("docs/HEAD", PathProblem::Git),
            ("docs/head", PathProblem::Git),
            ("con", PathProblem::Device),
            ("a/NUL.txt", PathProblem::Device),
            ("com1.log", PathProblem::Device),
            ("terraform/use1/override.tf.json", PathProblem::Terraform),
            ("x/main.TF", PathProblem::Terraform),
            ("x/z.auto.tfvars", PathProblem::Terraform),
            ("x/z.auto.tfvars.json", PathProblem::Terraform),
            ("x/main.tofu", PathProblem::Terraform),
            (".terraform.lock.hcl", PathProblem::Terraform),
            ("terraform.tfstate", PathProblem::Terraform),
            ("aegis.yaml", PathProblem::Aegis),
            ("sub/AEGIS.lock", PathProblem::Aegis),
            (".aegis/inventory.json", PathProblem::Aegis),
            ("clusters/x.yaml.aegis", PathProblem::Aegis),
            ("clusters/use1/Kustomization.yaml", PathProblem::Recipe),
            ("clusters/use1/Chart.yaml", PathProblem::Recipe),
            ("clusters/use1/main.jsonnet", PathProblem::Recipe),
            ("apps/.argocd-source.yaml", PathProblem::Recipe),
            ("apps/.argocd-source-orders.yaml", PathProblem::Recipe),
            (".github/workflows/x.yml", PathProblem::Workflow),
            (".GitHub/Actions/x/action.yml", PathProblem::Workflow),
            ("ci/setup/Action.yaml", PathProblem::Workflow),
        ] {
            assert_eq!(check(path), Err(problem), "{path}");
        }
    }

    #[test]
    fn stars_never_reach_dot_segments() {
        for (pattern, path, matches) in [
            ("docs/**", "docs/a/b.md", true),
            ("docs/**", "docs", true),
            ("docs/**", "docs/.hidden/b", false),
            ("docs/**", "docs/a/.b", false),
            ("**", ".github/x", false),
            ("**", "", true),
            ("*", ".x", false),
            (".github/*", ".github/labels.yml", true),
            (".github/*", ".github/.x", false),
            ("clusters/*/apps/**", "clusters/use1/apps/a", true),
            ("clusters/*/apps/**", "clusters/use1/rbac", false),
            ("a/b*", "a/bc", true),
            ("a/b*", "a/bc/d", false),
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
        ] {
            assert_eq!(
                pattern.parse::<PathPattern>().unwrap().matches(path),
                matches,
                "{pattern} {path}"
            );
        }
        for text in ["", "a//b", "**/a", "a*b", "***", "../a", "a/.x*", "a/."] {
            assert!(text.parse::<PathPattern>().is_err(), "{text}");
        }
    }
}
