//! What an operator can set. Everything has a default that is safe; the comments become the
//! descriptions of the configuration's JSON Schema.

use std::collections::BTreeSet;

use aegis_plugin::cidr::Block;
use aegis_plugin::{Failure, Problems};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::settings::Settings;
use crate::syntax;

/// Argo CD, which delivers from Git what comes after it. People sign in with the OpenID Connect provider of
/// the setting `oidc`; there is no administrator with a password. What is delivered is in the repository of
/// the setting `git`: its `repository`, there the folder `clusters/` and the cluster's name below `path`,
/// at `revision`, a branch or a commit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// The host name of the user interface and of the API: `argocd.` and the stack's own domain, one below it
    /// or one that the cluster's authority may issue for. Without this, `argocd.` and the cluster's DNS name.
    pub host: Option<String>,
    /// Pods of the server and of the repository server. With two or more, an eviction never takes the
    /// last one. The controller is one Pod: it divides its work by clusters, and has one.
    #[schemars(range(min = 1, max = 5))]
    pub replicas: u8,
    /// How Argo CD talks with the OpenID Connect provider.
    pub sign_in: SignIn,
    /// Which groups may do what. Nobody else sees anything.
    pub access: Access,
    /// What the project `platform`, to which everything delivered belongs, may do besides.
    pub project: Project,
    /// What the components may reach, and who may reach them.
    pub network: Network,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: None,
            replicas: 2,
            sign_in: SignIn::default(),
            access: Access::default(),
            project: Project::default(),
            network: Network::default(),
        }
    }
}

/// How Argo CD talks with the OpenID Connect provider.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SignIn {
    /// The Secret with the client's secret, for a provider that wants one. Without this, people sign in
    /// with PKCE (RFC 7636), which needs none.
    pub client_secret: Option<SecretKey>,
    /// The claim that lists a person's groups.
    pub groups_claim: String,
    /// The scopes that are asked for.
    #[schemars(length(min = 1, max = 16))]
    pub scopes: Vec<String>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            client_secret: None,
            groups_claim: "groups".to_owned(),
            scopes: ["openid", "profile", "email", "groups"]
                .map(str::to_owned)
                .into(),
        }
    }
}

/// A key of a Secret in namespace `argocd`, which the operator makes and labels
/// `app.kubernetes.io/part-of: argocd`: Argo CD reads no other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretKey {
    /// The Secret's name.
    pub name: String,
    /// The key in it.
    pub key: String,
}

/// Which groups may do what.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Access {
    /// Groups that see the platform's applications and synchronise them. What an application is, Git says.
    #[schemars(length(max = 64))]
    pub administrators: Vec<String>,
    /// Groups that see the platform's applications.
    #[schemars(length(max = 64))]
    pub readers: Vec<String>,
}

/// What the project `platform` may do besides.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Project {
    /// Further repositories, of Git or of charts, that applications may come from: exact URLs.
    #[schemars(length(max = 64))]
    pub repositories: Vec<String>,
    /// Further namespaces that applications may go to, besides those of the platform's own stages.
    #[schemars(length(max = 256))]
    pub namespaces: Vec<String>,
    /// Further kinds without a namespace that applications may hold.
    #[schemars(length(max = 64))]
    pub cluster_kinds: Vec<GroupKind>,
}

/// A kind of objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GroupKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

/// What the components may reach, and who may reach them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Network {
    /// Address blocks of the API server as a Pod's network policy sees them. Without this, the
    /// cluster's network.
    #[schemars(length(max = 16))]
    pub api_server_cidrs: Vec<String>,
    /// The API server's port on its machines.
    #[schemars(range(min = 1))]
    pub api_server_port: u16,
    /// Address blocks in which Git, charts and the OpenID Connect provider are reached, all with HTTPS. Network
    /// policies know no host names; without this, every address but the cluster's own network and the
    /// machines' metadata.
    #[schemars(length(max = 32))]
    pub https_cidrs: Vec<String>,
    /// Namespaces whose Pods may reach the user interface and the API, for example that of an ingress
    /// gateway. None by default: `kubectl port-forward` works without.
    #[schemars(length(max = 16))]
    pub clients: Vec<String>,
    /// The namespace whose Pods may read metrics. Without this, nobody may.
    pub metrics_from: Option<String>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            api_server_cidrs: Vec::new(),
            api_server_port: 443,
            https_cidrs: Vec::new(),
            clients: Vec::new(),
            metrics_from: None,
        }
    }
}

impl Access {
    /// Whether nobody may do anything.
    pub fn is_empty(&self) -> bool {
        self.administrators.is_empty() && self.readers.is_empty()
    }
}

impl Config {
    /// Everything that the schema cannot say.
    ///
    /// # Errors
    /// `Failure::InvalidConfig` with each problem and its place.
    pub fn check(&self, settings: &Settings) -> Result<(), Failure> {
        let mut problems = Problems::default();
        problems.require(
            self.host
                .as_deref()
                .is_none_or(|host| host.starts_with("argocd.") && syntax::is_dns_name(host)),
            "/host",
            "is not a host name that begins with `argocd.`: the stage may have a certificate for no other",
        );
        problems.require(
            (1..=5).contains(&self.replicas),
            "/replicas",
            "has to be 1 to 5",
        );
        self.sign_in.check(&mut problems);
        self.access.check(settings, &mut problems);
        self.project.check(&mut problems);
        self.network.check(&mut problems);
        problems.finish()
    }
}

/// Requires something of each item of a list.
fn each(
    problems: &mut Problems,
    pointer: &str,
    items: &[String],
    holds: impl Fn(&str) -> bool,
    message: &str,
) {
    for (index, item) in items.iter().enumerate() {
        problems.require(
            holds(item),
            format!("{pointer}/{index}"),
            format!("`{item}` {message}"),
        );
    }
}

impl SignIn {
    fn check(&self, problems: &mut Problems) {
        if let Some(secret) = &self.client_secret {
            problems.require(
                syntax::is_dns_name(&secret.name),
                "/sign-in/client-secret/name",
                "is not the name of a Secret",
            );
            problems.require(
                syntax::is_secret_key(&secret.key),
                "/sign-in/client-secret/key",
                "is not a key of a Secret",
            );
        }
        problems.require(
            syntax::is_word(&self.groups_claim),
            "/sign-in/groups-claim",
            "is not a claim",
        );
        each(
            problems,
            "/sign-in/scopes",
            &self.scopes,
            syntax::is_word,
            "is not a scope",
        );
        problems.require(
            self.scopes.iter().any(|scope| scope == "openid"),
            "/sign-in/scopes",
            "has to hold `openid`",
        );
    }
}

impl Access {
    fn check(&self, settings: &Settings, problems: &mut Problems) {
        problems.require(
            self.is_empty() || settings.oidc.is_some(),
            "/access",
            "names groups, but the stack's settings have no `oidc` that would say who is in them",
        );
        // `g, role:x, role:y` would be read as a role within a role.
        let group = |name: &str| {
            syntax::is_word(name) && !name.starts_with("role:") && !name.starts_with("proj:")
        };
        for (pointer, groups) in [
            ("/access/administrators", &self.administrators),
            ("/access/readers", &self.readers),
        ] {
            each(
                problems,
                pointer,
                groups,
                group,
                "is not the name of a group",
            );
        }
    }
}

impl Project {
    fn check(&self, problems: &mut Problems) {
        let repository = |url: &str| {
            // A chart registry is written without a scheme.
            syntax::is_repository(url) || syntax::is_repository(&format!("https://{url}"))
        };
        each(
            problems,
            "/project/repositories",
            &self.repositories,
            repository,
            "is not an exact URL such as `https://charts.example.com/stable`",
        );
        let namespace =
            |name: &str| syntax::is_label(name) && !name.starts_with("kube-") && name != "default";
        each(
            problems,
            "/project/namespaces",
            &self.namespaces,
            namespace,
            "is not a namespace that can be delivered to: exact, and none of Kubernetes' own",
        );
        for (index, GroupKind { group, kind }) in self.cluster_kinds.iter().enumerate() {
            let kind_is_exact = kind.starts_with(|c: char| c.is_ascii_uppercase())
                && kind.bytes().all(|b| b.is_ascii_alphanumeric());
            problems.require(
                (group.is_empty() || syntax::is_dns_name(group)) && kind_is_exact,
                format!("/project/cluster-kinds/{index}"),
                "is not an exact API group and kind",
            );
        }
    }
}

impl Network {
    fn check(&self, problems: &mut Problems) {
        let is_not = "is not an address block such as `10.0.0.0/16`";
        each(
            problems,
            "/network/api-server-cidrs",
            &self.api_server_cidrs,
            is_block,
            is_not,
        );
        each(
            problems,
            "/network/https-cidrs",
            &self.https_cidrs,
            is_block,
            is_not,
        );
        problems.require(
            self.api_server_port > 0,
            "/network/api-server-port",
            "is not a port",
        );
        let is_not = "is not the name of a namespace";
        each(
            problems,
            "/network/clients",
            &self.clients,
            syntax::is_label,
            is_not,
        );
        problems.require(
            self.metrics_from.as_deref().is_none_or(syntax::is_label),
            "/network/metrics-from",
            is_not,
        );
    }
}

fn is_block(text: &str) -> bool {
    text.parse::<Block>().is_ok()
}

/// Sorted, and each once.
pub fn set<T: Ord + Clone>(items: &[T]) -> BTreeSet<T> {
    items.iter().cloned().collect()
}
