//! Argo CD applications.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::cluster::is_empty;
use super::grant::{Grant, Problem};
use super::path::PathPattern;
use super::sorted::{Clusters, Patterns, Sorted};
use super::{Reach, Request, Risk, words};

/// Stands for the stack's own repository and branch. No URL, and a branch of this name is not it either, unless it
/// is the stack's.
const OWN: &str = "own";

/// `application`. One line has to allow an application as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApplicationGrant {
    /// Clusters whose Argo CD runs the application.
    pub clusters: Clusters,
    /// Exact names. `default`, which allows everything, is none of them.
    pub projects: Patterns,
    /// Exact URLs; `own` is the repository that holds the stack's tree, whatever its URL.
    pub repositories: Patterns,
    /// Branches that may be followed; `own` is the one that is delivered. Commits always may.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub branches: Patterns,
    pub paths: Sorted<PathPattern>,
    /// Clusters where the content lands.
    pub destinations: Clusters,
    pub namespaces: Patterns,
}

/// One application.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApplicationRequest {
    pub cluster: Identifier,
    pub name: String,
    pub project: String,
    pub repository: String,
    /// The branch, unless the revision is a commit.
    pub branch: Option<String>,
    /// It is the stack's own repository at the branch that is delivered.
    pub own: bool,
    pub path: String,
    pub destination: Identifier,
    pub namespace: String,
}

impl ApplicationRequest {
    /// Deputy: Argo CD applies what is at the path.
    pub const fn risk(&self) -> Risk {
        Risk::Deputy
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

impl fmt::Display for ApplicationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revision = self.branch.as_deref().unwrap_or("a fixed commit");
        write!(
            f,
            "have Argo CD of cluster {} apply {} of {} at {} as application {} of project {} to namespace {} of cluster {}",
            self.cluster,
            untrusted(&self.path),
            untrusted(&self.repository),
            untrusted(revision),
            untrusted(&self.name),
            untrusted(&self.project),
            untrusted(&self.namespace),
            self.destination
        )
    }
}

impl Grant for ApplicationGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Application(request) = request else {
            return false;
        };
        let covers = |patterns: &Patterns, text: &str| {
            let own = request.own && patterns.covers(OWN, request.risk());
            own || patterns.covers(text, request.risk())
        };
        self.projects.covers(&request.project, request.risk())
            && covers(&self.repositories, &request.repository)
            && request
                .branch
                .as_deref()
                .is_none_or(|branch| covers(&self.branches, branch))
            && self.paths.iter().any(|path| path.matches(&request.path))
            && self.namespaces.matches(&request.namespace)
            && self.destinations.covers(&request.destination, reach)
            && self.clusters.covers(&request.cluster, reach)
    }

    fn describe(&self) -> String {
        let branches = if self.branches.is_empty() {
            "fixed commits".to_owned()
        } else {
            format!(
                "fixed commits and the branches {}",
                words::list(self.branches.iter())
            )
        };
        format!(
            "have Argo CD apply the paths {} of {} at {branches}, as projects {},{}{}",
            words::list(self.paths.iter()),
            words::list(self.repositories.iter()),
            words::list(self.projects.iter()),
            words::namespaces(&self.namespaces),
            words::clusters(&self.destinations)
        )
    }

    fn risk(&self) -> Risk {
        Risk::Deputy
    }

    fn problem(&self) -> Option<Problem> {
        self.projects.matches("default").then_some(Problem {
            pointer: "/projects",
            message: "the project `default` allows everything and cannot be granted",
        })
    }
}
