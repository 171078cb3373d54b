//! What Argo CD is made to apply.

use serde_json::json;

use super::super::codes::{FORBIDDEN, KIND_CEILING, MALFORMED_NAME, NOT_REQUESTED};
use super::{COMMIT, apply, change, codes, codes_of, effective, file, put, widest, with};
use crate::proposal::{Action, Application, Kind, SyncPolicy};

fn application() -> Application {
    Application {
        name: "orders".into(),
        project: "shop".into(),
        repository: "https://git.example.com/shop/deploy".into(),
        revision: COMMIT.into(),
        path: "clusters/use1/orders".into(),
        destination_cluster: "use1".into(),
        destination_namespace: "orders".into(),
        sync: SyncPolicy {
            automated: true,
            prune: true,
            self_heal: true,
        },
        wave: 1,
    }
}

#[test]
fn an_application_is_of_a_granted_project_repository_and_place() {
    let run = |application| {
        codes(
            &widest(),
            change(Action::Application(application), Some("use1")),
        )
    };
    assert_eq!(run(application()), [""; 0]);
    assert_eq!(
        run(Application {
            revision: "main".into(),
            ..application()
        }),
        [""; 0]
    );
    for (claim, hostile, expected) in [
        (
            "the default project",
            Application {
                project: "default".into(),
                ..application()
            },
            FORBIDDEN,
        ),
        (
            "any project",
            Application {
                project: "*".into(),
                ..application()
            },
            MALFORMED_NAME,
        ),
        (
            "another project",
            Application {
                project: "infra".into(),
                ..application()
            },
            NOT_REQUESTED,
        ),
        (
            "another repository",
            Application {
                repository: "https://evil.example.com/x/y".into(),
                ..application()
            },
            NOT_REQUESTED,
        ),
        (
            "a repository with a password",
            Application {
                repository: "https://u:p@git.example.com/shop/deploy".into(),
                ..application()
            },
            MALFORMED_NAME,
        ),
        (
            "a repository over ssh",
            Application {
                repository: "git@git.example.com:shop/deploy".into(),
                ..application()
            },
            MALFORMED_NAME,
        ),
        (
            "another branch",
            Application {
                revision: "feature".into(),
                ..application()
            },
            NOT_REQUESTED,
        ),
        (
            "HEAD",
            Application {
                revision: "HEAD".into(),
                ..application()
            },
            MALFORMED_NAME,
        ),
        (
            "a range",
            Application {
                revision: ">=1.0.0".into(),
                ..application()
            },
            MALFORMED_NAME,
        ),
        (
            "out of the repository",
            Application {
                path: "../other".into(),
                ..application()
            },
            MALFORMED_NAME,
        ),
        (
            "a dot folder",
            Application {
                path: "clusters/.hidden".into(),
                ..application()
            },
            NOT_REQUESTED,
        ),
        (
            "another cluster",
            Application {
                destination_cluster: "euw1".into(),
                ..application()
            },
            NOT_REQUESTED,
        ),
        (
            "no cluster of the stack",
            Application {
                destination_cluster: "elsewhere".into(),
                ..application()
            },
            MALFORMED_NAME,
        ),
        (
            "no namespace",
            Application {
                destination_namespace: "*".into(),
                ..application()
            },
            MALFORMED_NAME,
        ),
    ] {
        assert_eq!(run(hostile), [expected], "{claim}");
    }
}

#[test]
fn a_raw_application_implies_what_a_typed_one_does() {
    let raw = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "orders", "namespace": "argocd"},
        "spec": {
            "project": "shop",
            "source": {"repoURL": "https://git.example.com/shop/deploy", "path": "clusters/use1/orders", "targetRevision": "main"},
            "destination": {"name": "use1", "namespace": "orders"},
            "syncPolicy": {"automated": {"prune": true}, "syncOptions": ["ServerSideApply=true"]}
        }
    });
    let grants = with(
        widest(),
        &[
            json!({"capability": "cluster.apply", "clusters": ["own"], "group": "argoproj.io",
        "kinds": ["Application"], "names": ["*"], "namespaces": ["argocd"]}),
        ],
    );
    assert_eq!(codes(&grants, apply(&raw)), [""; 0]);
    for (claim, pointer, value) in [
        ("the default project", "/spec/project", json!("default")),
        (
            "another repository",
            "/spec/source/repoURL",
            json!("https://evil.example.com/x/y"),
        ),
        ("a plugin", "/spec/source/plugin", json!({"name": "x"})),
        (
            "Helm values from elsewhere",
            "/spec/source/helm",
            json!({"valueFiles": ["https://evil.example.com/v.yaml"]}),
        ),
        ("Jsonnet", "/spec/source/directory", json!({"jsonnet": {}})),
        ("more sources", "/spec/sources", json!([])),
        (
            "another cluster's address",
            "/spec/destination",
            json!({"server": "https://evil.example.com", "namespace": "orders"}),
        ),
        (
            "replacing",
            "/spec/syncPolicy/syncOptions",
            json!(["Replace=true"]),
        ),
        ("a project by token", "/spec/project", json!("@{use1/motd}")),
        ("a finalizer", "/operation", json!({})),
    ] {
        assert_eq!(
            codes(&grants, apply(&put(raw.clone(), pointer, value))).len(),
            1,
            "{claim}"
        );
    }
}

#[test]
fn no_kind_of_plugin_proposes_what_belongs_to_another() {
    let config = apply(
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a"}}),
    );
    for (kind, change) in [
        (Kind::Provisioning, config.clone()),
        (Kind::Validation, config),
        (Kind::Provisioning, file("a", "x")),
        (Kind::Security, file("a", "x")),
        (
            Kind::Security,
            change(Action::Application(application()), Some("use1")),
        ),
    ] {
        assert_eq!(
            codes_of(&effective(kind, &widest()), change),
            [KIND_CEILING],
            "{kind}"
        );
    }
}
