//! The parts of the stack's settings that the stage reads.

use aegis_plugin::{Failure, Problems};
use serde::Deserialize;

use crate::syntax;

/// What the stage type declares of the settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub git: Option<Git>,
    pub oidc: Option<Oidc>,
}

/// `git`: where the platform's objects are delivered from. Other stages may read more of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Git {
    /// `https://host/path`.
    pub repository: String,
    /// A branch that is followed, or a commit.
    #[serde(default = "main_branch")]
    pub revision: String,
    /// The folder of the tree within the repository; its root when there is none.
    pub path: Option<String>,
}

fn main_branch() -> String {
    "main".to_owned()
}

impl Git {
    /// The folder of the tree that holds what goes to a cluster.
    pub fn folder_of(&self, cluster: &str) -> String {
        match &self.path {
            Some(path) => format!("{path}/clusters/{cluster}"),
            None => format!("clusters/{cluster}"),
        }
    }
}

/// `oidc`: where people sign in. Other stages may read more of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Oidc {
    /// `https://host/path`, as the provider's discovery document says it.
    pub issuer: String,
    /// The client that the provider knows Argo CD by.
    pub client_id: String,
}

impl Settings {
    /// Everything that has to be well-formed before it is put into a document of Argo CD's.
    ///
    /// # Errors
    /// `Failure::InvalidConfig` with each problem; the pointers are of the settings.
    pub fn check(&self) -> Result<(), Failure> {
        let mut problems = Problems::default();
        if let Some(git) = &self.git {
            problems.require(
                syntax::is_repository(&git.repository),
                "/git/repository",
                "in the stack's settings: is not a repository such as `https://github.com/example/shop`",
            );
            problems.require(
                syntax::is_revision(&git.revision),
                "/git/revision",
                "in the stack's settings: is neither a branch nor a 40-digit commit",
            );
            problems.require(
                git.path.as_deref().is_none_or(syntax::is_path),
                "/git/path",
                "in the stack's settings: is not a folder of the repository",
            );
        }
        if let Some(oidc) = &self.oidc {
            problems.require(
                syntax::is_https_url(&oidc.issuer),
                "/oidc/issuer",
                "in the stack's settings: is not a URL such as `https://login.example.com`",
            );
            problems.require(
                syntax::is_word(&oidc.client_id),
                "/oidc/client-id",
                "in the stack's settings: is not a client's name",
            );
        }
        problems.finish()
    }
}
