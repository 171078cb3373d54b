//! What an operator can set of the foundation.

use std::collections::BTreeSet;

use aegis_plugin::{Failure, Problems, Request};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::naming::{UserTags, check_tags};

/// What the whole stack stands on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Where the stores are; may be left out while all clusters are in one region. Moving it makes new stores.
    pub(crate) region: Option<String>,
    /// Days for which earlier versions of an object in the state store are kept, 1 to 3650.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) keep_versions_days: u32,
    /// Who read and wrote the stores.
    pub(crate) access_logs: AccessLogs,
    /// Whether AWS already knows GitHub as an identity provider. An account knows it once, whatever the number of its stacks.
    pub(crate) github_provider: GithubProvider,
    /// Tags of everything that takes tags.
    pub(crate) tags: UserTags,
}

/// S3 server access logs, in a bucket of their own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct AccessLogs {
    /// Whether they are kept at all.
    pub(crate) enabled: bool,
    /// Days until a record is deleted, 1 to 3650.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) retention_days: u32,
}

/// GitHub as an identity provider of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GithubProvider {
    /// This stack makes it known.
    #[default]
    Create,
    /// The account knows it already.
    Existing,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            region: None,
            keep_versions_days: 90,
            access_logs: AccessLogs::default(),
            github_provider: GithubProvider::default(),
            tags: UserTags::new(),
        }
    }
}

impl Default for AccessLogs {
    fn default() -> Self {
        Self {
            enabled: true,
            retention_days: 365,
        }
    }
}

impl Config {
    /// Adds what is wrong.
    pub(crate) fn check(&self, problems: &mut Problems) {
        for (days, at) in [
            (self.keep_versions_days, "/keep-versions-days"),
            (
                self.access_logs.retention_days,
                "/access-logs/retention-days",
            ),
        ] {
            problems.require(
                (1..=3650).contains(&days),
                at,
                "a number of days from 1 to 3650",
            );
        }
        check_tags(&self.tags, problems);
    }

    /// Where the stores are. With clusters in several regions it has to be said: a default would move the stores when
    /// a cluster comes or goes.
    pub(crate) fn region(&self, request: &Request, problems: &mut Problems) -> String {
        let regions: BTreeSet<&String> = request
            .clusters
            .iter()
            .map(|cluster| &cluster.region)
            .collect();
        let only = if regions.len() == 1 {
            regions.first().copied()
        } else {
            None
        };
        let region = self.region.as_ref().or(only).cloned().unwrap_or_default();
        problems.require(
            is_region(&region),
            "/region",
            if self.region.is_none() && regions.len() > 1 {
                "the clusters are in several regions: name the one in which the stack's stores are"
            } else {
                "name a region, as in `us-east-1`"
            },
        );
        region
    }
}

/// Two letters, a word and a number with dashes between them, `us-east-1`, with a further word where the partition has one.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [geography, words @ .., number] = parts.as_slice() else {
        return false;
    };
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    geography.len() == 2
        && word(geography)
        && (1..=2).contains(&words.len())
        && words.iter().all(word)
        && number.len() == 1
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// The part of the stack's settings that the foundation reads.
#[derive(Debug, Deserialize)]
struct Settings {
    github: Option<Github>,
}

/// The repository whose workflows deliver. Other stages may read more of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Github {
    /// `OWNER/NAME`.
    pub(crate) repository: String,
    /// The environment that a workflow has to run in: GitHub asks its reviewers, and admits the branches it names.
    #[serde(default)]
    pub(crate) environment: String,
}

/// GitHub's part of the settings, checked; `None` when the stack has none.
pub(crate) fn github(
    request: &Request,
    problems: &mut Problems,
) -> Result<Option<Github>, Failure> {
    let Settings { github } = request.settings()?;
    if let Some(github) = &github {
        let repository = github.repository.split_once('/');
        problems.require(
            repository.is_some_and(|(owner, name)| {
                is_github_name(owner, 39) && is_github_name(name, 100)
            }),
            "/github/repository",
            "in the stack's settings: a repository is written `OWNER/NAME`, without a wildcard",
        );
        problems.require(
            is_github_name(&github.environment, 100),
            "/github/environment",
            "in the stack's settings: name the environment whose workflows may deliver, as in `prod`, without a wildcard",
        );
    }
    Ok(github)
}

/// What GitHub takes for owners and repositories, and for environments the part of it that is written the same way in
/// the subject of a token.
fn is_github_name(text: &str, longest: usize) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=longest).contains(&text.len()) && text.bytes().all(plain)
}
