//! Argo CD's projects and applications as raw objects. What Argo CD may apply is decided here.

use aegis_document::Identifier;

use super::shape::Shape::{self, Bool, Fields, Fixed, Int, List, Text, Word};
use super::table::{KindPolicy, Object, never};
use crate::capability::denial::Denial;
use crate::capability::derive::{self, Cursor};
use crate::capability::{Request, Risk};
use crate::proposal::{Application, SyncPolicy};

const GROUP: &str = "argoproj.io";

pub(super) const KINDS: &[KindPolicy] = &[
    KindPolicy {
        group: GROUP,
        kind: "AppProject",
        versions: &["v1alpha1"],
        risk: Risk::Power,
        shape: PROJECT,
        beyond: never,
        implied: project,
    },
    KindPolicy {
        group: GROUP,
        kind: "Application",
        versions: &["v1alpha1"],
        risk: Risk::Power,
        shape: APPLICATION,
        beyond: never,
        implied: application,
    },
];

const GROUP_KIND: Shape = List(&Fields(&[("group", Word), ("kind", Word)]));

const PROJECT: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("clusterResourceBlacklist", GROUP_KIND),
        ("clusterResourceWhitelist", GROUP_KIND),
        ("description", Text),
        (
            "destinations",
            List(&Fields(&[
                ("name", Word),
                ("namespace", Word),
                ("server", Word),
            ])),
        ),
        ("namespaceResourceBlacklist", GROUP_KIND),
        ("namespaceResourceWhitelist", GROUP_KIND),
        ("orphanedResources", Fixed),
        ("permitOnlyProjectScopedClusters", Bool),
        (
            "roles",
            List(&Fields(&[
                ("description", Text),
                ("groups", List(&Word)),
                ("name", Word),
                ("policies", List(&Word)),
            ])),
        ),
        ("sourceRepos", List(&Word)),
        ("syncWindows", Fixed),
    ]),
)]);

/// Plugins, Helm values, Kustomize patches and further sources are not among the fields.
const APPLICATION: Shape = Fields(&[(
    "spec",
    Fields(&[
        (
            "destination",
            Fields(&[("name", Word), ("namespace", Word), ("server", Word)]),
        ),
        ("ignoreDifferences", Fixed),
        ("project", Word),
        ("revisionHistoryLimit", Int),
        (
            "source",
            Fields(&[
                (
                    "directory",
                    Fields(&[("exclude", Word), ("include", Word), ("recurse", Bool)]),
                ),
                ("path", Word),
                ("repoURL", Word),
                ("targetRevision", Word),
            ]),
        ),
        (
            "syncPolicy",
            Fields(&[
                (
                    "automated",
                    Fields(&[
                        ("allowEmpty", Bool),
                        ("enabled", Bool),
                        ("prune", Bool),
                        ("selfHeal", Bool),
                    ]),
                ),
                ("retry", Fixed),
                ("syncOptions", List(&Word)),
            ]),
        ),
    ]),
)]);

/// A project that allows everything is none.
fn project(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(spec) = object.body.get("spec") else {
        return Err(object.body.missing("spec"));
    };
    if object.object.name == "default" {
        return Err(spec.forbidden(
            "the project `default` is Argo CD's own",
            "use a project of its own",
        ));
    }
    let everything =
        |at: &Cursor<'_>| at.forbidden("`*` allows everything", "name what the project is for");
    let star = |text: &str| {
        text.chars().all(|c| matches!(c, '*' | '?' | '/' | ':'))
            || text == "https://*"
            || text == "!*"
    };
    for repository in spec.list("sourceRepos")? {
        if star(repository.literal()?) {
            return Err(everything(&repository));
        }
    }
    for destination in spec.list("destinations")? {
        for key in ["name", "namespace", "server"] {
            if destination.literal_at(key)?.is_some_and(star) {
                return Err(everything(&destination));
            }
        }
    }
    for kind in spec.list("clusterResourceWhitelist")? {
        if kind.literal_at("kind")?.is_none_or(star)
            || kind
                .literal_at("group")?
                .is_none_or(|group| group.contains('*'))
        {
            return Err(everything(&kind));
        }
    }
    Ok(Vec::new())
}

/// How Argo CD calls the cluster that it runs in.
const IN_CLUSTER: &str = "https://kubernetes.default.svc";

/// A raw application implies what a typed one does.
fn application(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(spec) = object.body.get("spec") else {
        return Err(object.body.missing("spec"));
    };
    let (Some(source), Some(destination)) = (spec.get("source"), spec.get("destination")) else {
        return Err(spec.missing(if spec.get("source").is_none() {
            "source"
        } else {
            "destination"
        }));
    };
    let cluster = match (
        destination.literal_at("name")?,
        destination.literal_at("server")?,
    ) {
        (Some(name), None) if name != "in-cluster" => name.to_owned(),
        (Some("in-cluster"), None) | (None, Some(IN_CLUSTER)) => object.cluster.to_string(),
        _ => {
            return Err(destination
                .malformed("the name of a cluster of the stack, or this cluster's own address"));
        }
    };
    let automated = spec.find(&["syncPolicy", "automated"]);
    let flag = |key: &str| {
        automated
            .as_ref()
            .map_or(Ok(None), |automated| automated.bool_at(key))
    };
    let typed = Application {
        name: object.object.name.clone(),
        project: spec.required("project")?.to_owned(),
        repository: source.required("repoURL")?.to_owned(),
        revision: source.required("targetRevision")?.to_owned(),
        path: source.required("path")?.to_owned(),
        destination_cluster: cluster,
        destination_namespace: destination.required("namespace")?.to_owned(),
        sync: SyncPolicy {
            automated: automated.is_some(),
            prune: flag("prune")?.unwrap_or(false),
            self_heal: flag("selfHeal")?.unwrap_or(false),
        },
        wave: 0,
    };
    for option in spec
        .get("syncPolicy")
        .map_or_else(|| Ok(Vec::new()), |policy| policy.list("syncOptions"))?
    {
        // Replacing takes over fields of others; skipping validation hides mistakes.
        if ["Replace=true", "Force=true", "Validate=false"].contains(&option.literal()?) {
            return Err(option.forbidden("this option overrides what others own", "leave it out"));
        }
    }
    let cluster: &Identifier = object.cluster;
    derive::application(&typed, cluster, object.context)
}
