//! Argo CD applications.

use serde_json::{Map, Value, json};

use crate::driver::document::ApplicationDocument;

const API_VERSION: &str = "argoproj.io/v1alpha1";
/// The API server of the cluster that Argo CD itself runs in.
const IN_CLUSTER: &str = "https://kubernetes.default.svc";
const WAVE_ANNOTATION: &str = "argocd.argoproj.io/sync-wave";

/// The Application over a path of a repository.
pub(super) fn object(document: &ApplicationDocument) -> Value {
    let application = &document.application;
    let source = json!({
        "path": application.path,
        "repoURL": application.repository,
        "targetRevision": application.revision,
    });
    let mut destination = Map::new();
    if document.in_cluster {
        destination.insert("server".into(), IN_CLUSTER.into());
    } else {
        destination.insert(
            "name".into(),
            application.destination_cluster.as_str().into(),
        );
    }
    destination.insert(
        "namespace".into(),
        application.destination_namespace.as_str().into(),
    );
    let automated = application
        .sync
        .automated
        .then_some((application.sync.prune, application.sync.self_heal));
    let mut annotations = Map::new();
    if application.wave != 0 {
        annotations.insert(WAVE_ANNOTATION.into(), application.wave.to_string().into());
    }
    envelope(
        metadata(&application.name, &document.namespace, annotations),
        &application.project,
        source,
        destination,
        automated,
    )
}

/// Name and namespace, and annotations if there are any.
pub(super) fn metadata(name: &str, namespace: &str, annotations: Map<String, Value>) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".into(), name.into());
    metadata.insert("namespace".into(), namespace.into());
    if !annotations.is_empty() {
        metadata.insert("annotations".into(), Value::Object(annotations));
    }
    Value::Object(metadata)
}

/// An Application. `automated` is whether to prune and to heal.
pub(super) fn envelope(
    metadata: Value,
    project: &str,
    source: Value,
    destination: Map<String, Value>,
    automated: Option<(bool, bool)>,
) -> Value {
    let mut policy = Map::new();
    if let Some((prune, heal)) = automated {
        policy.insert(
            "automated".into(),
            json!({"prune": prune, "selfHeal": heal}),
        );
    }
    // Server-side apply: fields that others own, such as a webhook's CA, are not fought over.
    policy.insert("syncOptions".into(), json!(["ServerSideApply=true"]));
    json!({
        "apiVersion": API_VERSION,
        "kind": "Application",
        "metadata": metadata,
        "spec": {
            "destination": destination,
            "project": project,
            "source": source,
            "syncPolicy": policy,
        },
    })
}

/// The destination inside of Argo CD's own cluster.
pub(super) fn in_cluster(namespace: &str) -> Map<String, Value> {
    [
        ("namespace".to_owned(), Value::from(namespace)),
        ("server".to_owned(), Value::from(IN_CLUSTER)),
    ]
    .into_iter()
    .collect()
}
