//! The forms of single values. Each function takes the text and gives the value, or the reason and
//! the next step.

use std::fmt;

use semver::{Version, VersionReq};

use crate::date::Date;

/// Why a text does not have the form that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormError {
    /// Stands under the marked text.
    pub(crate) reason: String,
    /// The next step.
    pub(crate) help: String,
}

pub(super) type Form<T> = Result<T, FormError>;

pub(super) fn wrong<T>(reason: impl Into<String>, help: impl Into<String>) -> Form<T> {
    Err(FormError {
        reason: reason.into(),
        help: help.into(),
    })
}

/// Names of stacks, clusters and stages: `[a-z][a-z0-9-]{0,30}` that does not end in `-`, because
/// they become labels of DNS names.
pub(crate) fn identifier(text: &str) -> Form<String> {
    identifier_of(text, 31)
}

fn identifier_of(text: &str, most: usize) -> Form<String> {
    let fits = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(is_label_byte)
        && !text.ends_with('-')
        && text.len() <= most;
    if fits {
        return Ok(text.to_owned());
    }
    let help = format!(
        "use lower-case letters, digits and `-`, starting with a letter and ending with a letter \
         or digit, at most {most} characters"
    );
    if text.len() > most {
        return wrong(
            format!("this has {} characters", text.chars().count()),
            help,
        );
    }
    wrong("this is no identifier", help)
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// A DNS name of at least two labels, lower case, without a final dot (RFC 1035 §2.3.1).
pub(crate) fn domain(text: &str) -> Form<String> {
    let help = "write the name as in `shop.example.com`: lower case, labels of letters, digits and \
                `-`, no final dot";
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return wrong(
            "DNS names are written in lower case here",
            format!("write `{}`", text.to_ascii_lowercase()),
        );
    }
    if text.len() > MOST_DOMAIN {
        return wrong(
            "this is too long",
            format!(
                "a cluster's name has to fit in front of it; use at most {MOST_DOMAIN} characters"
            ),
        );
    }
    let labels: Vec<&str> = text.split('.').collect();
    if labels.len() < 2 {
        return wrong("this has only one label", help);
    }
    let last_is_number = labels
        .last()
        .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if last_is_number || !labels.iter().all(|label| is_label(label)) {
        return wrong("this is no DNS name", help);
    }
    Ok(text.to_owned())
}

/// 253 characters of a DNS name less a cluster's 31 and the dot.
const MOST_DOMAIN: usize = 253 - 32;

pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(is_label_byte)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// An AWS account id.
pub(crate) fn account(text: &str) -> Form<String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    wrong(
        "an account id has twelve digits",
        "`aws sts get-caller-identity` prints it; write it in quotes",
    )
}

/// A complete Kubernetes version, `1.36.3`.
pub(crate) fn kubernetes_version(text: &str) -> Form<Version> {
    if let Ok(version) = Version::parse(text)
        && version.pre.is_empty()
        && version.build.is_empty()
    {
        return Ok(version);
    }
    if let Some(rest) = text.strip_prefix('v')
        && Version::parse(rest).is_ok()
    {
        return wrong("a version without the `v`", format!("write `{rest}`"));
    }
    if Version::parse(&format!("{text}.0")).is_ok() {
        return wrong(
            "the patch version is missing",
            format!("name it, for example `{text}.3`: a cluster must not change by itself"),
        );
    }
    wrong(
        "this is no version",
        "write the three numbers, for example `1.36.3`",
    )
}

/// The name of a fact: dotted, lower case, at most 63 characters.
pub(crate) fn fact_name(text: &str) -> Form<String> {
    let part = |part: &str| identifier_of(part, 63).is_ok();
    if text.len() <= 63 && text.split('.').all(part) {
        return Ok(text.to_owned());
    }
    wrong(
        "this is no fact's name",
        "fact names look like `network.vpc-id`; `aegis facts list` shows those that the stack asks for",
    )
}

/// What a stage runs: a plugin, one of its stage types, and the versions that are acceptable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRef {
    pub publisher: String,
    pub plugin: String,
    /// `None` when the plugin has only one stage type.
    pub stage_type: Option<String>,
    /// `*` when the file names none; the lock file pins the version either way.
    pub requirement: VersionReq,
}

impl fmt::Display for PluginRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.publisher, self.plugin)?;
        if let Some(stage_type) = &self.stage_type {
            write!(formatter, "/{stage_type}")?;
        }
        if self.requirement != VersionReq::STAR {
            write!(formatter, "@{}", self.requirement)?;
        }
        Ok(())
    }
}

/// `publisher/plugin[/stage-type][@requirement]`.
pub(crate) fn plugin(text: &str) -> Form<PluginRef> {
    let help = "write `publisher/plugin`, for example `acme/linkerd` or `acme/linkerd/mesh@^2.1`";
    let (name, requirement) = match text.split_once('@') {
        Some((name, requirement)) => (name, Some(requirement)),
        None => (text, None),
    };
    let requirement = match requirement {
        None => VersionReq::STAR,
        Some(text) => match VersionReq::parse(text) {
            Ok(requirement) => requirement,
            Err(error) => {
                return wrong(
                    format!("the part after `@` is no version requirement: {error}"),
                    "requirements look like `^2.1`, `=2.1.4` or `>=2, <3`",
                );
            }
        },
    };
    let parts: Vec<&str> = name.split('/').collect();
    let (publisher, plugin, stage_type) = match parts.as_slice() {
        [publisher, plugin] => (*publisher, *plugin, None),
        [publisher, plugin, stage_type] => (*publisher, *plugin, Some(*stage_type)),
        _ => return wrong("this names no plugin", help),
    };
    for part in [Some(publisher), Some(plugin), stage_type]
        .into_iter()
        .flatten()
    {
        if identifier_of(part, 63).is_err() {
            return wrong("the parts of a plugin's name are identifiers", help);
        }
    }
    Ok(PluginRef {
        publisher: publisher.to_owned(),
        plugin: plugin.to_owned(),
        stage_type: stage_type.map(str::to_owned),
        requirement,
    })
}

/// `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Form<Date> {
    match text.parse() {
        Ok(date) => Ok(date),
        Err(_) => wrong(
            "this is no date",
            "write year, month and day, for example `2027-01-31`",
        ),
    }
}

/// The identifier of a control, for example `kops-etcd-encrypted` or `CIS-5.2.1`.
pub(crate) fn control(text: &str) -> Form<String> {
    let characters = text.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b':')
    });
    if (1..=128).contains(&text.len()) && characters {
        return Ok(text.to_owned());
    }
    wrong(
        "this is no control's identifier",
        "`aegis validate` prints the identifiers of all controls",
    )
}

/// A text for people: one paragraph, not empty.
pub(crate) fn sentence(text: &str) -> Form<String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return wrong(
            "this is empty",
            "say it in a sentence; it is shown in plans and reports",
        );
    }
    if trimmed.chars().count() > MOST_SENTENCE {
        return wrong(
            "this is too long",
            format!("use at most {MOST_SENTENCE} characters"),
        );
    }
    Ok(trimmed.to_owned())
}

const MOST_SENTENCE: usize = 500;

#[cfg(test)]
#[path = "formats_tests.rs"]
mod tests;
