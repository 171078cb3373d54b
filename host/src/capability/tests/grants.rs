//! Lines of grants: each allows what it says, and no other does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::ci::{CiNeed, CiRequest, TriggerKind};
use super::super::file::FileRequest;
use super::super::{
    Capability, CapabilityError, CapabilitySet, ClusterRequest, Decision, Effective,
    EffectiveParts, ObjectScope, ProbeRequest, Request, Risk, TreeRequest, Verb, authorize,
};
use super::sample::{object, read, sample, sample_of_others};
use super::{clusters, effective, effective_of, id};
use crate::proposal::Kind;

fn allowed(effective: &Effective, request: &Request) -> bool {
    authorize(effective, request).allowed()
}

#[test]
fn a_line_allows_its_requests_and_without_it_exactly_those_are_denied() {
    let sample = sample();
    let lines: Vec<Value> = sample.iter().map(|(line, _)| line.clone()).collect();
    let all = Value::Array(lines.clone());
    let everything = effective(Kind::Gitops, &all);
    for (line, request) in &sample {
        let Decision::Allowed { by } = authorize(&everything, request) else {
            panic!("{request} is not allowed by {line}");
        };
        let used = serde_json::to_value(&everything.granted().entries()[by]).unwrap();
        assert_eq!(
            CapabilitySet::parse(&json!([used])),
            CapabilitySet::parse(&json!([line])),
            "{request}"
        );
    }
    for left_out in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(left_out);
        let fewer = Value::Array(fewer);
        for effective in [
            effective_of(Kind::Gitops, &all, &fewer),
            effective_of(Kind::Gitops, &fewer, &all),
        ] {
            for (index, (line, request)) in sample.iter().enumerate() {
                assert_eq!(
                    allowed(&effective, request),
                    index != left_out,
                    "{request} without {line}"
                );
            }
        }
    }
    for (kind, line, request) in sample_of_others() {
        assert!(
            allowed(&effective(kind, &json!([line])), &request),
            "{request}"
        );
    }
}

#[test]
fn with_an_empty_grant_everything_is_denied_to_every_kind() {
    let mut requests: Vec<Request> = sample().into_iter().map(|(_, request)| request).collect();
    requests.extend(
        sample_of_others()
            .into_iter()
            .map(|(_, _, request)| request),
    );
    let families: BTreeSet<&str> = requests.iter().map(Request::family).collect();
    let names: Vec<&str> = Capability::NAMES.to_vec();
    let everything = super::widest();
    for kind in Kind::ALL {
        for request in &requests {
            assert!(
                !allowed(&effective(kind, &json!([])), request),
                "{kind}: {request}"
            );
            assert!(
                !allowed(&effective_of(kind, &everything, &json!([])), request),
                "{kind}: {request}"
            );
            assert!(
                !allowed(&effective_of(kind, &json!([]), &everything), request),
                "{kind}: {request}"
            );
        }
    }
    // Terraform and kOps have tests of their own.
    assert_eq!(
        families.len() + 2,
        names.len() - 2,
        "three lines are about objects of clusters: {families:?} {names:?}"
    );
}

#[test]
fn reads_keep_to_their_place_and_secrets_are_named() {
    let line = |kinds: Value, namespaces: Value| json!([{"capability": "cluster.read", "clusters": ["own"], "group": "", "kinds": kinds, "namespaces": namespaces}]);
    for (claim, grants, request, expected) in [
        (
            "all kinds are not Secrets",
            line(json!(["*"]), json!(["*"])),
            read("Secret", Some("a"), Some("x")),
            false,
        ),
        (
            "Secrets by name",
            line(json!(["Secret"]), json!(["a"])),
            read("Secret", Some("a"), Some("x")),
            true,
        ),
        (
            "another namespace",
            line(json!(["*"]), json!(["a"])),
            read("ConfigMap", Some("b"), None),
            false,
        ),
        (
            "all namespaces",
            line(json!(["*"]), json!(["a"])),
            read("ConfigMap", None, None),
            false,
        ),
        (
            "all namespaces by `*`",
            line(json!(["*"]), json!(["*"])),
            read("ConfigMap", None, None),
            true,
        ),
        (
            "no kind of the cluster",
            line(json!(["*"]), json!(["*"])),
            read("Node", None, None),
            false,
        ),
        (
            "kinds of the cluster",
            json!([{"capability": "cluster.read", "clusters": ["own"], "group": "", "kinds": ["*"], "scope": "cluster"}]),
            read("Node", None, None),
            true,
        ),
    ] {
        assert_eq!(
            allowed(&effective(Kind::Validation, &grants), &request),
            expected,
            "{claim}"
        );
    }
}

#[test]
fn the_tree_is_read_without_its_dot_folders() {
    let grants = json!([{"capability": "tree.read", "paths": ["**"]}]);
    let effective = effective(Kind::Gitops, &grants);
    for (path, expected) in [
        ("", true),
        ("docs/x", true),
        (".git/config", false),
        ("a/../b", false),
        ("/etc/passwd", false),
        (".aegis/x", false),
    ] {
        assert_eq!(
            allowed(&effective, &TreeRequest { path: path.into() }.into()),
            expected,
            "{path}"
        );
    }
}

#[test]
fn a_stack_wide_stage_means_every_cluster_of_the_stack_and_no_other() {
    let grants = CapabilitySet::parse(&json!([
        {"capability": "cluster.apply", "clusters": ["*"], "group": "", "kinds": ["ConfigMap"], "names": ["*"], "namespaces": ["a"]},
        {"capability": "cluster.apply", "clusters": ["own"], "group": "", "kinds": ["Service"], "names": ["*"], "namespaces": ["a"]}
    ]))
    .unwrap();
    let stack_wide = Effective::new(EffectiveParts {
        kind: Kind::Security,
        stage: id("federation"),
        cluster: None,
        clusters: clusters().into(),
        signed: grants.clone().into(),
        granted: grants.into(),
    });
    let to = |cluster: &str, kind: &str| {
        ClusterRequest::write(
            id(cluster),
            Verb::Apply,
            &object(kind, Some("a")),
            ObjectScope::Namespaced,
            Risk::Plain,
        )
        .into()
    };
    assert!(allowed(&stack_wide, &to("use1", "ConfigMap")));
    assert!(allowed(&stack_wide, &to("euw1", "ConfigMap")));
    assert!(!allowed(&stack_wide, &to("elsewhere", "ConfigMap")));
    assert!(
        !allowed(&stack_wide, &to("use1", "Service")),
        "a stage of the stack has no cluster of its own"
    );
}

#[test]
fn every_decision_is_counted_and_every_refusal_kept() {
    let effective = effective(
        Kind::Gitops,
        &json!([{"capability": "file", "globs": ["docs/**"]}]),
    );
    for path in ["docs/a", "docs/b", "src/a"] {
        authorize(
            &effective.clone(),
            &FileRequest { path: path.into() }.into(),
        );
    }
    let summary = effective.audit().summary();
    let count = summary.counts["file"];
    assert_eq!((count.allowed, count.denied), (2, 1));
    assert_eq!(
        &*summary.denials[0].asked,
        "write the file src/a into the Git tree"
    );
}

#[test]
fn a_list_of_capabilities_reads_back_in_canonical_order() {
    let lines: Vec<Value> = sample().into_iter().map(|(line, _)| line).collect();
    let forward = CapabilitySet::parse(&Value::Array(lines.clone())).unwrap();
    let backward = CapabilitySet::parse(&Value::Array(
        lines.iter().rev().chain(&lines[..3]).cloned().collect(),
    ))
    .unwrap();
    assert_eq!(forward, backward);
    assert_eq!(forward.digest().unwrap(), backward.digest().unwrap());
    assert_eq!(
        CapabilitySet::parse(&forward.to_value()).as_ref(),
        Ok(&forward)
    );
    let twisted = json!([{"capability": "file", "globs": ["b", "a", "b"]}]);
    let straight = json!([{"capability": "file", "globs": ["a", "b"]}]);
    assert_eq!(
        CapabilitySet::parse(&twisted).unwrap().digest().unwrap(),
        CapabilitySet::parse(&straight).unwrap().digest().unwrap()
    );
}

#[test]
fn what_is_no_capability_is_an_error_that_helps() {
    let error = CapabilitySet::parse(&json!([{"capability": "cluster.aply"}])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "entry 0: there is no capability `cluster.aply`"
    );
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(
        help.starts_with(
            "did you mean `cluster.apply`? the capabilities are application, certificates, ci,"
        ),
        "{help}"
    );
    for (value, message) in [
        (
            json!({}),
            "capabilities are a list of maps, each with the key `capability`",
        ),
        (
            json!([1]),
            "capabilities are a list of maps, each with the key `capability` (entry 0)",
        ),
        (
            json!([{"kind": "file"}]),
            "capabilities are a list of maps, each with the key `capability` (entry 0)",
        ),
        (
            json!([{"capability": "file", "globs": ["a*b"]}]),
            "entry 0 (file), at /globs/0: a pattern of paths is segments joined by `/`, each exact, `*` or ending in one `*`; the last may be `**`",
        ),
        (
            json!([{"capability": "file", "globs": [], "extra": 1}]),
            "entry 0 (file), at /extra: unknown field `extra`, expected `globs`",
        ),
        (
            json!([{"capability": "probe", "hosts": ["*.example.com"], "ports": [443]}]),
            "entry 0 (probe), at /hosts/0: a pattern is printable ASCII text of at most 2048 characters without white space, and may end in one `*`",
        ),
        (
            json!([{"capability": "probe", "hosts": ["a*"], "ports": [443]}]),
            "entry 0 (probe), at /hosts: hosts have to be exact",
        ),
        (
            json!([{"capability": "cluster.apply", "clusters": ["own"], "group": "", "kinds": ["Namespace"], "names": ["*"], "namespaces": ["a"], "scope": "cluster"}]),
            "entry 0 (cluster.apply), at /namespaces: kinds of scope `cluster` have no namespace",
        ),
        (
            json!([{"capability": "rbac", "clusters": ["own"], "namespaces": ["a"], "rules": [{"verbs": ["*"], "groups": [""], "resources": ["pods"]}]}]),
            "entry 0 (rbac), at /rules: rights have no wildcards; a role that needs one is named in `unchecked-roles`",
        ),
    ] {
        assert_eq!(
            CapabilitySet::parse(&value).unwrap_err().to_string(),
            message
        );
    }
    let many = Value::Array(vec![
        json!({"capability": "file", "globs": []});
        CapabilitySet::MAX + 1
    ]);
    assert!(matches!(
        CapabilitySet::parse(&many),
        Err(CapabilityError::TooMany { .. })
    ));
}

#[test]
fn every_line_says_in_plain_words_what_it_allows() {
    let mut lines: Vec<Value> = sample().into_iter().map(|(line, _)| line).collect();
    lines.extend(sample_of_others().into_iter().map(|(_, line, _)| line));
    lines.push(json!({"capability": "cluster.apply", "clusters": ["*"], "group": "networking.istio.io", "kinds": ["EnvoyFilter"],
        "names": ["x"], "namespaces": ["a"], "unchecked": true}));
    let set = CapabilitySet::parse(&Value::Array(lines)).unwrap();
    let words: Vec<String> = set
        .entries()
        .iter()
        .map(|line| format!("[{}] {}", line.risk(), line.describe()))
        .collect();
    insta::assert_snapshot!(words.join("\n"));
}

#[test]
fn every_request_says_in_plain_words_what_it_is() {
    let mut requests: Vec<Request> = sample().into_iter().map(|(_, request)| request).collect();
    requests.extend(
        sample_of_others()
            .into_iter()
            .map(|(_, _, request)| request),
    );
    requests.push(
        CiRequest {
            workflow: id("x"),
            need: CiNeed::Trigger(TriggerKind::Push),
        }
        .into(),
    );
    requests.push(
        ProbeRequest {
            host: "\u{202e}evil\u{1b}[2J".into(),
            port: 1,
        }
        .into(),
    );
    let words: Vec<String> = requests
        .iter()
        .map(|request| format!("[{}] {request}", request.risk()))
        .collect();
    insta::assert_snapshot!(words.join("\n"));
}
