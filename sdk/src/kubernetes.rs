//! Kubernetes objects and releases.
//!
//! ```
//! use aegis_plugin::kubernetes::Object;
//! use serde_json::json;
//!
//! let issuer = Object::new("cert-manager.io", "v1", "ClusterIssuer", "internal")
//!     .label("app.kubernetes.io/part-of", "pki")
//!     .body(json!({ "spec": { "ca": { "secretName": "internal-ca" } } }));
//! assert_eq!(issuer.reference().kind, "ClusterIssuer");
//! ```

use serde_json::Value;

use crate::bindings::shared::changes::{CrdPolicy, HooksPolicy, Metadata};
use crate::{Cluster, Failure, ObjectReference};

pub use crate::bindings::shared::changes::{KubernetesObject as Object, Release};

impl Object {
    /// A cluster-scoped object with nothing but its identity. The core group is empty.
    pub fn new(
        group: impl Into<String>,
        version: impl Into<String>,
        kind: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            metadata: Metadata {
                name: name.into(),
                namespace: None,
                labels: Vec::new(),
                annotations: Vec::new(),
            },
            body: String::from("{}"),
        }
    }

    /// A namespace whose Pods are held to the level `restricted` of the Pod Security Standards, in the
    /// version of the cluster's own Kubernetes: with `latest`, an upgrade of the control plane could
    /// refuse Pods that run today.
    ///
    /// # Errors
    /// `Failure::Internal` when the cluster's version is not a Kubernetes version.
    pub fn restricted_namespace(
        name: impl Into<String>,
        cluster: &Cluster,
    ) -> Result<Self, Failure> {
        let version = &cluster.kubernetes_version;
        let minor = minor_version(version)
            .ok_or_else(|| Failure::internal(format!("`{version}` is not a Kubernetes version")))?;
        let namespace = Self::new("", "v1", "Namespace", name);
        Ok(["audit", "enforce", "warn"]
            .into_iter()
            .fold(namespace, |namespace, mode| {
                let key = format!("pod-security.kubernetes.io/{mode}");
                namespace
                    .label(&key, "restricted")
                    .label(format!("{key}-version"), &minor)
            }))
    }

    /// In this namespace.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.metadata.namespace = Some(namespace.into());
        self
    }

    /// Adds a label.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.labels.push((key.into(), value.into()));
        self
    }

    /// Adds an annotation.
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.annotations.push((key.into(), value.into()));
        self
    }

    /// Everything but `apiVersion`, `kind`, `metadata` and `status`, as a JSON object.
    pub fn body(mut self, body: Value) -> Self {
        self.body = body.to_string();
        self
    }

    /// What other places call this object.
    pub fn reference(&self) -> ObjectReference {
        ObjectReference {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: self.metadata.namespace.clone(),
            name: self.metadata.name.clone(),
        }
    }
}

impl Release {
    /// An entry of the chart catalogue without values, whose custom resource definitions are
    /// managed and whose hooks are skipped.
    pub fn new(
        name: impl Into<String>,
        namespace: impl Into<String>,
        entry: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            namespace: namespace.into(),
            entry: entry.into(),
            values: String::from("{}"),
            crds: CrdPolicy::Manage,
            hooks: HooksPolicy::Skip,
        }
    }

    /// The chart's values, a JSON object.
    pub fn values(mut self, values: Value) -> Self {
        self.values = values.to_string();
        self
    }

    /// The chart's custom resource definitions are left out.
    pub fn skip_crds(mut self) -> Self {
        self.crds = CrdPolicy::Skip;
        self
    }

    /// The chart's hooks are run.
    pub fn run_hooks(mut self) -> Self {
        self.hooks = HooksPolicy::Run;
        self
    }
}

/// `v1.36` of `1.36.3`.
fn minor_version(version: &str) -> Option<String> {
    let mut parts = version.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (number(major) && number(minor)).then(|| format!("v{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::minor_version;

    #[test]
    fn the_minor_version_is_what_a_standard_is_versioned_by() {
        for (version, minor) in [
            ("1.36.3", Some("v1.36")),
            ("v1.36.3", Some("v1.36")),
            ("1.37", Some("v1.37")),
            ("1", None),
            ("", None),
            ("1.x", None),
            ("1..3", None),
        ] {
            assert_eq!(minor_version(version).as_deref(), minor, "{version}");
        }
    }
}
