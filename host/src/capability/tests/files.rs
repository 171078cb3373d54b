//! Files in the Git tree.

use serde_json::json;

use super::super::codes::{FORBIDDEN, MALFORMED_NAME, NOT_REQUESTED, SCOPE};
use super::{change, codes, file, widest, with};
use crate::proposal::{Action, File};
use crate::template::Templated;

#[test]
fn a_file_is_inert_text_in_a_granted_place() {
    for path in [
        "README.md",
        "docs/runbooks/restart.md",
        "dashboards/orders.json",
    ] {
        assert_eq!(codes(&widest(), file(path, "text")), [""; 0], "{path}");
    }
    for (path, expected) in [
        ("terraform/use1/override.tf.json", FORBIDDEN),
        ("terraform/use1/z.auto.tfvars", FORBIDDEN),
        ("terraform/use1/terraform.tfstate", FORBIDDEN),
        ("aegis.yaml", FORBIDDEN),
        ("aegis.lock", FORBIDDEN),
        (".aegis/inventory.json", FORBIDDEN),
        ("docs/x.yaml.aegis", FORBIDDEN),
        (".git/hooks/pre-commit", FORBIDDEN),
        (".GIT/config", FORBIDDEN),
        (".gitattributes", FORBIDDEN),
        ("sub/.gitmodules", FORBIDDEN),
        ("CODEOWNERS", FORBIDDEN),
        ("docs/codeowners", FORBIDDEN),
        (".github/workflows/x.yml", FORBIDDEN),
        (".github/actions/x/action.yml", FORBIDDEN),
        ("nul", FORBIDDEN),
        ("clusters/use1/kustomization.yaml", FORBIDDEN),
        ("aux.txt", FORBIDDEN),
        ("GIT~1/config", MALFORMED_NAME),
        (".g\u{200c}it/config", MALFORMED_NAME),
        ("../x", MALFORMED_NAME),
        ("/etc/passwd", MALFORMED_NAME),
        ("a\\b", MALFORMED_NAME),
        ("C:x", MALFORMED_NAME),
        ("", MALFORMED_NAME),
        (".github/labels.yml", NOT_REQUESTED),
        (".vscode/settings.json", NOT_REQUESTED),
        ("a/.envrc", NOT_REQUESTED),
    ] {
        assert_eq!(codes(&widest(), file(path, "text")), [expected], "{path:?}");
    }
    let dots = with(
        widest(),
        &[json!({"capability": "file", "globs": [".github/labels.yml"]})],
    );
    assert_eq!(
        codes(&dots, file(".github/labels.yml", "text")),
        [""; 0],
        "spelled out, it is allowed"
    );
}

#[test]
fn a_kubernetes_object_in_a_file_is_refused() {
    for content in [
        "apiVersion: v1\nkind: Secret\n",
        "{\"apiVersion\": \"v1\", \"kind\": \"List\"}",
        "x: 1\n---\n'kind': ClusterRoleBinding\n\"apiVersion\": v1\n",
        "@{use1/port}\napiVersion: v1\nkind: Role",
        "a\u{1b}[2J",
        "\"api\\\n  Version\": v1\nkind: Role\n",
        "- &k kind\n- *k : Role\n",
    ] {
        assert_eq!(
            codes(&widest(), file("clusters/use1/rbac.yaml", content)).len(),
            1,
            "{content:?}"
        );
    }
    let of_cluster = change(
        Action::File(File {
            path: "a".into(),
            content: Templated::literal("x"),
        }),
        Some("use1"),
    );
    assert_eq!(codes(&widest(), of_cluster), [SCOPE]);
}
