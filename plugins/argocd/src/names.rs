//! What things are called. The names are fixed, because the plugin's capabilities name each object
//! exactly.

/// The namespace of Argo CD, in which it looks for applications and projects.
pub const NAMESPACE: &str = "argocd";

/// The release. The chart calls its objects after it, as Argo CD's own manifests do: `argocd-server`.
pub const RELEASE: &str = "argocd";

/// The chart's entry in the catalogue.
pub const ENTRY: &str = "argo-cd";

/// The project, and the application of applications.
pub const PLATFORM: &str = "platform";

/// What Argo CD calls the API server of the cluster that it runs in.
pub const OWN_CLUSTER: &str = "https://kubernetes.default.svc";

/// The components, as their `app.kubernetes.io/name` label says.
pub const SERVER: &str = "argocd-server";
/// Fetches and renders what is in Git.
pub const REPO_SERVER: &str = "argocd-repo-server";
/// Compares and applies.
pub const CONTROLLER: &str = "argocd-application-controller";
/// A cache.
pub const REDIS: &str = "argocd-redis";
/// The job that makes the cache's password before the first installation.
pub const REDIS_SECRET_INIT: &str = "argocd-redis-secret-init";
