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

use crate::ObjectReference;
use crate::bindings::shared::changes::{CrdPolicy, HooksPolicy, Metadata};

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
