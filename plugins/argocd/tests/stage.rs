//! The stage as the host calls it.

#[path = "../../cert-manager/tests/support/mod.rs"]
mod support;

use aegis_plugin::gitops::{Action, Proposal};
use aegis_plugin::harness::{self, Harness, Memory};
use aegis_plugin::{Failure, Gitops, Level};
use aegis_plugin_argocd::ArgoCd;
use serde_json::{Value, json};

/// Maps of values that the chart writes into ConfigMaps key by key.
const FREE: [&str; 2] = ["/configs/cm", "/configs/params"];

fn stage(config: Value, settings: Value) -> Harness {
    Harness::new(&ArgoCd::describe(), "install")
        .cluster(harness::cluster("use1", "us-east-1"))
        .cluster(harness::cluster("euw1", "eu-west-1"))
        .own("use1")
        .catalogue("argo-cd")
        .config(config)
        .settings(settings)
}

fn plan(config: Value, settings: Value) -> Result<Proposal, Failure> {
    stage(config, settings).run(&Memory::new(), ArgoCd::plan)
}

fn settings() -> Value {
    json!({
        "git": { "repository": "https://github.com/example/shop", "revision": "main", "path": "platform" },
        "oidc": { "issuer": "https://login.example.com", "client-id": "argocd" },
    })
}

fn everything_set() -> Value {
    json!({
        "host": "argocd.shop.example.com",
        "replicas": 1,
        "sign-in": {
            "client-secret": { "name": "argocd-oidc", "key": "client-secret" },
            "groups-claim": "roles",
            "scopes": ["openid", "roles"],
        },
        "access": { "administrators": ["platform", "example:sre"], "readers": ["developers"] },
        "project": {
            "repositories": ["https://charts.example.com/stable", "registry.example.com/charts"],
            "namespaces": ["orders", "billing"],
            "cluster-kinds": [{ "group": "projectcalico.org", "kind": "GlobalNetworkPolicy" }],
        },
        "network": {
            "api-server-cidrs": ["10.0.32.0/19", "10.0.0.0/19"],
            "api-server-port": 6443,
            "https-cidrs": ["203.0.113.0/24"],
            "clients": ["istio-gateways"],
            "metrics-from": "monitoring",
        },
    })
}

fn proposals() -> [Proposal; 2] {
    [
        plan(json!({}), json!({})).unwrap(),
        plan(everything_set(), settings()).unwrap(),
    ]
}

fn values(proposal: &Proposal) -> Value {
    let release = proposal
        .changes
        .iter()
        .find_map(|change| match &change.action {
            Action::Release(release) => Some(release),
            _ => None,
        });
    serde_json::from_str(&release.unwrap().values).unwrap()
}

fn objects(proposal: &Proposal) -> Vec<Value> {
    let object = |action: &Action| match action {
        Action::Apply(object) => Some(support::document(object)),
        _ => None,
    };
    proposal
        .changes
        .iter()
        .filter_map(|change| object(&change.action))
        .collect()
}

fn project(proposal: &Proposal) -> Value {
    objects(proposal)
        .into_iter()
        .find(|object| object["kind"] == "AppProject")
        .unwrap()
}

#[test]
fn the_descriptor_is_sound() {
    harness::check(&ArgoCd::describe()).unwrap();
    insta::assert_snapshot!("descriptor", harness::render(&ArgoCd::describe()));
}

#[test]
fn proposals_are_as_they_were_judged() {
    let [defaults, everything] = proposals();
    insta::assert_snapshot!("defaults", harness::render(&defaults));
    insta::assert_snapshot!("everything-set", harness::render(&everything));
}

#[test]
fn what_the_schema_cannot_say_is_refused_where_it_stands() {
    let access = |fields: Value| json!({ "access": fields });
    let project = |fields: Value| json!({ "project": fields });
    let network = |fields: Value| json!({ "network": fields });
    for (config, pointer) in [
        (json!({ "hosts": "a" }), "/hosts"),
        (json!({ "host": "https://argocd.a" }), "/host"),
        (json!({ "host": "www.shop.example.com" }), "/host"),
        (json!({ "replicas": 0 }), "/replicas"),
        (
            json!({ "sign-in": { "client-secret": { "name": "$x", "key": "a" } } }),
            "/sign-in/client-secret/name",
        ),
        (
            json!({ "sign-in": { "client-secret": { "name": "x", "key": "a:b" } } }),
            "/sign-in/client-secret/key",
        ),
        (
            json!({ "sign-in": { "client-secret": "hunter2" } }),
            "/sign-in/client-secret",
        ),
        (
            json!({ "sign-in": { "groups-claim": "a]" } }),
            "/sign-in/groups-claim",
        ),
        (
            json!({ "sign-in": { "scopes": ["openid", "a b"] } }),
            "/sign-in/scopes/1",
        ),
        (
            json!({ "sign-in": { "scopes": ["groups"] } }),
            "/sign-in/scopes",
        ),
        (
            access(json!({ "administrators": ["a", "role:admin"] })),
            "/access/administrators/1",
        ),
        (
            access(json!({ "readers": ["a, role:admin"] })),
            "/access/readers/0",
        ),
        (
            access(json!({ "readers": ["a\ng, b"] })),
            "/access/readers/0",
        ),
        (
            project(json!({ "repositories": ["*"] })),
            "/project/repositories/0",
        ),
        (
            project(json!({ "repositories": ["https://a/*"] })),
            "/project/repositories/0",
        ),
        (
            project(json!({ "repositories": ["git@a:b"] })),
            "/project/repositories/0",
        ),
        (
            project(json!({ "namespaces": ["orders", "*"] })),
            "/project/namespaces/1",
        ),
        (
            project(json!({ "namespaces": ["kube-system"] })),
            "/project/namespaces/0",
        ),
        (
            project(json!({ "namespaces": ["default"] })),
            "/project/namespaces/0",
        ),
        (
            project(json!({ "cluster-kinds": [{ "group": "*", "kind": "A" }] })),
            "/project/cluster-kinds/0",
        ),
        (
            project(json!({ "cluster-kinds": [{ "group": "", "kind": "*" }] })),
            "/project/cluster-kinds/0",
        ),
        (
            network(json!({ "api-server-cidrs": ["10.0.0.1/8"] })),
            "/network/api-server-cidrs/0",
        ),
        (
            network(json!({ "https-cidrs": ["example.com"] })),
            "/network/https-cidrs/0",
        ),
        (
            network(json!({ "api-server-port": 0 })),
            "/network/api-server-port",
        ),
        (network(json!({ "clients": ["a.b"] })), "/network/clients/0"),
        (
            network(json!({ "metrics-from": "" })),
            "/network/metrics-from",
        ),
    ] {
        match plan(config.clone(), settings()) {
            Err(Failure::InvalidConfig(problems)) => {
                assert_eq!(problems[0].pointer, pointer, "{config}: {problems:?}");
            }
            other => panic!("{config}: {other:?}"),
        }
    }
}

#[test]
fn settings_are_refused_where_they_stand() {
    let git = |field: &str, value: &str| {
        let mut settings = settings();
        settings["git"][field] = value.into();
        settings
    };
    let oidc = |field: &str, value: &str| {
        let mut settings = settings();
        settings["oidc"][field] = value.into();
        settings
    };
    for (settings, pointer) in [
        (
            git("repository", "http://github.com/a/b"),
            "/git/repository",
        ),
        (
            git("repository", "https://user:token@github.com/a/b"),
            "/git/repository",
        ),
        (git("revision", "HEAD"), "/git/revision"),
        (git("revision", "v1..v2"), "/git/revision"),
        (git("path", "../other"), "/git/path"),
        (oidc("issuer", "http://login.example.com"), "/oidc/issuer"),
        (
            oidc("issuer", "https://login.example.com/$secret:key"),
            "/oidc/issuer",
        ),
        (
            oidc("client-id", "$argocd-secret:admin.password"),
            "/oidc/client-id",
        ),
        (json!({ "git": {} }), "/git"),
    ] {
        match plan(json!({}), settings.clone()) {
            Err(Failure::InvalidConfig(problems)) => {
                assert_eq!(problems[0].pointer, pointer, "{settings}: {problems:?}");
                assert!(
                    problems[0].message.contains("in the stack's settings"),
                    "{problems:?}"
                );
            }
            other => panic!("{settings}: {other:?}"),
        }
    }
}

#[test]
fn groups_need_somebody_who_says_who_is_in_them() {
    let Err(Failure::InvalidConfig(problems)) =
        plan(json!({ "access": { "readers": ["a"] } }), json!({}))
    else {
        panic!("it was accepted")
    };
    assert_eq!(problems[0].pointer, "/access");
}

#[test]
fn a_stack_without_git_or_sign_in_is_told_so() {
    let warnings = |config: Value, settings: Value| {
        let host = Memory::new();
        let proposal = stage(config, settings).run(&host, ArgoCd::plan).unwrap();
        let applications = proposal
            .changes
            .iter()
            .filter(|change| matches!(change.action, Action::Application(_)))
            .count();
        let warnings = host
            .messages()
            .into_iter()
            .filter(|(level, _)| *level == Level::Warn)
            .map(|(_, text)| text);
        (applications, warnings.collect::<Vec<_>>().join("\n"))
    };
    let (applications, text) = warnings(json!({}), json!({}));
    assert_eq!(applications, 0);
    assert!(
        text.contains("`git`") && text.contains("nobody can sign in"),
        "{text}"
    );
    let (applications, text) = warnings(json!({}), settings());
    assert_eq!(applications, 1);
    assert!(
        text.contains("`access` names no group") && !text.contains("`git`"),
        "{text}"
    );
    assert_eq!(warnings(everything_set(), settings()), (1, String::new()));
}

#[test]
fn the_clients_secret_is_only_ever_a_reference() {
    let oidc = |config: Value| -> Value {
        let values = values(&plan(config, settings()).unwrap());
        serde_json::from_str(values["configs"]["cm"]["oidc.config"].as_str().unwrap()).unwrap()
    };
    let with_secret = oidc(everything_set());
    assert_eq!(with_secret["clientSecret"], "$argocd-oidc:client-secret");
    assert_eq!(with_secret.get("enablePKCEAuthentication"), None);
    assert_eq!(
        with_secret["requestedIDTokenClaims"],
        json!({ "roles": { "essential": true } })
    );
    let without = oidc(json!({}));
    assert_eq!(without.get("clientSecret"), None);
    assert_eq!(without["enablePKCEAuthentication"], true);
}

#[test]
fn nobody_is_let_in_by_default() {
    for proposal in proposals() {
        let configs = &values(&proposal)["configs"];
        for key in [
            "admin.enabled",
            "exec.enabled",
            "users.anonymous.enabled",
            "statusbadge.enabled",
        ] {
            assert_eq!(configs["cm"][key], false, "{key}");
        }
        assert_eq!(configs["params"]["server.insecure"], false);
        assert_eq!(configs["params"]["server.disable.auth"], false);
        assert_eq!(configs["rbac"]["policy.default"], "");
        let policy = configs["rbac"]["policy.csv"].as_str().unwrap();
        for line in policy.lines().filter(|line| line.starts_with("p, ")) {
            let fields: Vec<&str> = line.split(", ").collect();
            assert!(fields.len() == 6 && fields[3] != "*", "{line}");
        }
        for word in [
            "role:admin",
            "exec",
            "override",
            "create",
            "update",
            "delete",
            "action",
        ] {
            assert!(!policy.contains(word), "{word}: {policy}");
        }
    }
}

#[test]
fn the_project_lists_what_it_may_do() {
    for (proposal, repositories) in proposals().iter().zip([
        json!([]),
        json!([
            "https://charts.example.com/stable",
            "https://github.com/example/shop",
            "registry.example.com/charts"
        ]),
    ]) {
        let spec = &project(proposal)["spec"];
        assert_eq!(spec["sourceRepos"], repositories);
        assert!(!spec.to_string().contains('*'), "{spec}");
        for destination in spec["destinations"].as_array().unwrap() {
            assert_eq!(destination["server"], "https://kubernetes.default.svc");
            assert!(
                !destination["namespace"]
                    .as_str()
                    .unwrap()
                    .starts_with("kube-"),
                "{destination}"
            );
        }
    }
}

#[test]
fn each_cluster_follows_its_own_folder() {
    for (git, path) in [
        (
            json!({ "repository": "https://github.com/example/shop" }),
            "clusters/use1",
        ),
        (settings()["git"].clone(), "platform/clusters/use1"),
    ] {
        let proposal = plan(json!({}), json!({ "git": git })).unwrap();
        let application = proposal
            .changes
            .iter()
            .find_map(|change| match &change.action {
                Action::Application(application) => Some(application),
                _ => None,
            });
        let application = application.unwrap();
        assert_eq!(application.path, path);
        assert_eq!(application.destination_cluster, "use1");
        assert_eq!(application.project, "platform");
    }
}

#[test]
fn custom_resources_are_what_their_definitions_allow() {
    let Some(definitions) = support::definitions::Definitions::read(&["argoproj.io"]) else {
        return;
    };
    for proposal in proposals() {
        assert_eq!(definitions.problems(&project(&proposal)), Some(Vec::new()));
    }
}

#[test]
fn values_are_what_the_chart_allows() {
    for proposal in proposals() {
        let problems = support::chart::problems("argo-cd", &values(&proposal), &FREE);
        assert_eq!(problems.unwrap_or_default(), Vec::<String>::new());
    }
}

#[test]
fn the_check_finds_values_that_the_chart_does_not_have() {
    let values = json!({ "server": { "replica": 1, "replicas": 1 }, "configs": { "cm": { "x": 1 } }, "dexter": {} });
    let problems = support::chart::problems("argo-cd", &values, &FREE);
    assert!(problems.is_none_or(|problems| problems.len() == 2));
}

#[test]
fn the_manifest_asks_for_every_object_release_and_fact() {
    for proposal in proposals() {
        for object in objects(&proposal) {
            assert!(support::manifest::may_apply(&object), "{object}");
        }
    }
    let entries = support::manifest::texts(&support::manifest::lines("release")[0], "entries");
    assert_eq!(entries, ["argo-cd"]);
    let facts = &support::manifest::lines("facts")[0];
    assert_eq!(
        support::manifest::texts(facts, "requires"),
        ["certificates.issuer", "cluster.name"]
    );
    assert_eq!(
        support::manifest::texts(facts, "provides"),
        ["delivery.namespace"]
    );
}
