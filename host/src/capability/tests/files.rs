//! Files in the Git tree.

use serde_json::json;

use super::super::codes::{FORBIDDEN, MALFORMED_FIELD, MALFORMED_NAME, NOT_REQUESTED, SCOPE};
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

/// The spellings are in `derive/file/manifest`.
#[test]
fn a_kubernetes_object_in_a_file_is_refused() {
    for content in [
        "apiVersion: v1\nkind: Secret\n",
        "{\"apiVersion\": \"v1\", \"kind\": \"List\"}",
        "x: 1\n---\n'kind': ClusterRoleBinding\n\"apiVersion\": v1\n",
        "a: &a {apiVersion: v1, kind: Role}\n<<: *a",
        "port: @{use1/port}\napiVersion: v1\nkind: Role",
    ] {
        for path in [
            "clusters/use1/rbac.yaml",
            "apps/x.yml",
            "docs/notes.md",
            "LICENSE",
        ] {
            assert_eq!(
                codes(&widest(), file(path, content)),
                [FORBIDDEN],
                "{path} {content:?}"
            );
        }
    }
}

#[test]
fn what_no_reader_understands_is_no_manifest_where_manifests_are_read() {
    for content in [
        "{{ if .x }}\napiVersion: v1\nkind: Role\n{{ end }}",
        "@{use1/port}\napiVersion: v1\nkind: Role",
        "Title\n\n```yaml\napiVersion: v1\nkind: Role\n```\n",
    ] {
        for path in [
            "apps/x.yaml",
            "apps/x.YML",
            "dashboards/x.json",
            "clusters/use1/notes.txt",
            "charts/x/templates/NOTES",
        ] {
            assert_eq!(
                codes(&widest(), file(path, content)),
                [FORBIDDEN],
                "{path} {content:?}"
            );
        }
    }
    let half = "{\"apiVersion\": \"v1\", \"kind\": \"Role\"";
    assert_eq!(codes(&widest(), file("docs/x.txt", half)), [FORBIDDEN]);
    let template = "{{ .Values.x }}";
    assert_eq!(
        codes(&widest(), file("charts/x/Templates/y.txt", template)),
        [FORBIDDEN]
    );
    assert_eq!(
        codes(&widest(), file("docs/templates.md", template)),
        [""; 0]
    );
}

#[test]
fn prose_about_objects_is_text() {
    for (path, content) in [
        (
            "docs/x.md",
            "Title\n\nEvery object has an apiVersion and a kind.\n",
        ),
        (
            "docs/x.md",
            "Title\n=====\n\n```yaml\napiVersion: v1\nkind: Role\n```\n",
        ),
        ("docs/x.md", "- set `apiVersion: v1`\n- and `kind: Role`\n"),
        (
            "values.yaml",
            "target:\n  apiVersion: apps/v1\n  kind: Deployment\n",
        ),
        (
            "dashboards/x.json",
            "{\"panels\": [{\"kind\": \"row\", \"apiVersion\": 1}]}",
        ),
        (
            "policies/x.rego",
            "deny { input.kind == \"Pod\"; input.apiVersion == \"v1\" }",
        ),
    ] {
        assert_eq!(
            codes(&widest(), file(path, content)),
            [""; 0],
            "{path} {content:?}"
        );
    }
}

#[test]
fn a_file_holds_nothing_that_moves_a_cursor_or_ends_a_line_for_some() {
    for text in [
        "a\u{1b}[2J",
        "a\rb",
        "a\0",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{2029}b",
    ] {
        assert_eq!(
            codes(&widest(), file("docs/x.md", text)),
            [MALFORMED_FIELD],
            "{text:?}"
        );
    }
    assert_eq!(codes(&widest(), file("docs/x.md", "a\tb\n")), [""; 0]);
}

#[test]
fn a_file_belongs_to_no_cluster() {
    let of_cluster = change(
        Action::File(File {
            path: "a".into(),
            content: Templated::literal("x"),
        }),
        Some("use1"),
    );
    assert_eq!(codes(&widest(), of_cluster), [SCOPE]);
}
