//! The line of a grant that means a request, and what it means besides.

use serde_json::{Value, json};

use crate::capability::application::ApplicationRequest;
use crate::capability::certificates::CertificateRequest;
use crate::capability::exposure::Exposed;
use crate::capability::intercept::Interception;
use crate::capability::pods::{PodNeed, RoleSource};
use crate::capability::rbac::{RbacNeed, RoleKind, Subject};
use crate::capability::{ClusterRequest, Request, Risk};

/// The line that means a request and as little else as a line can.
pub(super) fn line(request: &Request) -> Value {
    let mut line = json!({"capability": request.family(), "clusters": ["own"]});
    let mut set = |key: &str, value: Value| {
        line.as_object_mut().unwrap().insert(key.to_owned(), value);
    };
    match request {
        Request::Cluster(request) => {
            set("capability", json!("cluster.apply"));
            set("group", json!(request.collection.group));
            set("kinds", json!([request.collection.kind]));
            set("names", json!([request.name]));
            match &request.namespace {
                Some(namespace) => set("namespaces", json!([namespace])),
                None => set("scope", json!("cluster")),
            }
            if request.risk == Risk::Opaque {
                set("unchecked", json!(true));
            }
        }
        Request::Pods(request) => {
            set("namespaces", json!([request.namespace]));
            let (key, value) = match &request.need {
                PodNeed::Level(level) => ("level", json!(level.name())),
                PodNeed::Image(image) => ("images", json!([image.as_str()])),
                PodNeed::ServiceAccount(name) => ("service-accounts", json!([name])),
                PodNeed::Secret(name) => ("secrets", json!([name])),
                PodNeed::ConfigMap(name) => ("config-maps", json!([name])),
                PodNeed::Claim(name) => ("claims", json!([name])),
                PodNeed::Audience(name) => ("audiences", json!([name])),
                PodNeed::Node(name) => ("nodes", json!([name])),
                PodNeed::Scheduler(name) => ("schedulers", json!([name])),
                PodNeed::RuntimeClass(name) => ("runtime-classes", json!([name])),
                PodNeed::Priority(name) => ("priorities", json!([name])),
                PodNeed::ControlPlane => ("control-plane", json!(true)),
                PodNeed::HostAliases => ("host-aliases", json!(true)),
                PodNeed::Role { role, .. } => match role {
                    RoleSource::Arn(arn) => ("roles", json!([arn])),
                    RoleSource::Fact(fact) => ("roles", json!([format!("fact:{}", fact.name)])),
                },
            };
            set(key, value);
        }
        Request::Rbac(request) => {
            match &request.namespace {
                Some(namespace) => set("namespaces", json!([namespace])),
                None => set("scope", json!("cluster")),
            }
            let role = |kind: &RoleKind, name: &str| json!([{"kind": kind, "name": name}]);
            let (key, value) = match &request.need {
                RbacNeed::Rule {
                    verb,
                    group,
                    resource,
                    name,
                } => (
                    "rules",
                    json!([{"verbs": [verb], "groups": [group], "resources": [resource],
                        "names": name.iter().collect::<Vec<_>>()}]),
                ),
                RbacNeed::Path { verb, path } => {
                    ("rules", json!([{"verbs": [verb], "paths": [path]}]))
                }
                RbacNeed::Wildcard { kind, role: name } => ("unchecked-roles", role(kind, name)),
                RbacNeed::Bind { kind, role: name } => ("roles", role(kind, name)),
                RbacNeed::Subject(Subject::Group(name)) => ("subjects", json!([{"group": name}])),
                RbacNeed::Subject(Subject::ServiceAccount { namespace, .. }) => (
                    "subjects",
                    json!([{"service-accounts": {"namespaces": [namespace]}}]),
                ),
            };
            set(key, value);
        }
        Request::Intercept(request) => match &request.what {
            Interception::Admission {
                operation,
                group,
                resource,
                namespace,
            } => {
                let dot = if group.is_empty() { "" } else { "." };
                set("resources", json!([format!("{resource}{dot}{group}")]));
                set("operations", json!([operation]));
                set("namespaces", json!(namespace.iter().collect::<Vec<_>>()));
            }
            Interception::Definition { group } => set("definitions", json!([group])),
            Interception::Conversion { group, namespace } => {
                set("definitions", json!([group]));
                set("namespaces", json!([namespace]));
            }
        },
        Request::Labels(request) => {
            set("prefixes", json!([request.key]));
            let namespace = request.namespace.clone().unwrap_or_else(|| "*".to_owned());
            set("namespaces", json!([namespace]));
        }
        Request::Exposure(request) => {
            set("namespaces", json!([request.namespace]));
            match request.what {
                Exposed::NodePort => set("node-ports", json!(true)),
                Exposed::LoadBalancer(audience) => set("load-balancers", json!([audience])),
            }
        }
        Request::Certificates(CertificateRequest::Certificate(certificate)) => {
            let usages: Vec<String> = certificate
                .usages
                .iter()
                .map(|it| it.replace(' ', "-"))
                .collect();
            set("namespaces", json!([certificate.namespace]));
            set("secrets", json!([certificate.secret]));
            set(
                "issuers",
                json!(certificate.issuer.iter().collect::<Vec<_>>()),
            );
            set("identities", json!(certificate.identities));
            set("usages", json!(usages));
            set("authorities", json!(certificate.authority));
        }
        Request::Certificates(CertificateRequest::Sign {
            namespace, secret, ..
        }) => {
            set("secrets", json!([]));
            set("signing-secrets", json!([secret]));
            set(
                "namespaces",
                json!([namespace.as_deref().unwrap_or("none")]),
            );
        }
        Request::Application(request) => {
            set("projects", json!([request.project]));
            set("repositories", json!([request.repository]));
            set("branches", json!(request.branch.iter().collect::<Vec<_>>()));
            set("paths", json!([request.path]));
            set("destinations", json!([request.destination]));
            set("namespaces", json!([request.namespace]));
        }
        other => panic!("no object implies to {other}"),
    }
    line
}

/// What a line says in so many words besides the request that it was made for.
pub(super) fn means(request: &Request, other: &Request) -> bool {
    match (request, other) {
        // What may be applied unchecked may be applied when it can be checked.
        (Request::Cluster(request), Request::Cluster(other)) => {
            let checked = ClusterRequest {
                risk: other.risk,
                ..request.clone()
            };
            request.risk == Risk::Opaque && checked == *other
        }
        // Whoever may run privileged Pods may run restricted ones.
        (Request::Pods(request), Request::Pods(other)) => {
            request.namespace == other.namespace
                && matches!((&request.need, &other.need), (PodNeed::Level(wide), PodNeed::Level(narrow)) if narrow <= wide)
                || matches!(
                    (&request.need, &other.need),
                    (PodNeed::Role { role: one, .. }, PodNeed::Role { role: two, .. }) if one == two
                )
        }
        // A right in all namespaces is one in each, and one on all names is one on each.
        (Request::Rbac(request), Request::Rbac(other)) => {
            let place = request.namespace.is_none() || request.namespace == other.namespace;
            let need = match (&request.need, &other.need) {
                (
                    RbacNeed::Rule {
                        verb,
                        group,
                        resource,
                        name: None,
                    },
                    RbacNeed::Rule {
                        verb: verb2,
                        group: group2,
                        resource: resource2,
                        ..
                    },
                ) => (verb, group, resource) == (verb2, group2, resource2),
                (
                    RbacNeed::Subject(Subject::ServiceAccount { namespace, .. }),
                    RbacNeed::Subject(Subject::ServiceAccount {
                        namespace: other, ..
                    }),
                ) => namespace == other,
                (one, two) => one == two,
            };
            place && need
        }
        // `*` of a group is all of it.
        (Request::Intercept(request), Request::Intercept(other)) => {
            matches!(
                (&request.what, &other.what),
                (
                    Interception::Admission { operation, group, resource, namespace },
                    Interception::Admission { operation: operation2, group: group2, namespace: namespace2, .. },
                ) if resource == "*" && !group.is_empty() && (operation, group) == (operation2, group2)
                    && (namespace2.is_none() || namespace == namespace2)
            ) || matches!(
                (&request.what, &other.what),
                (
                    Interception::Admission { operation, group, resource, .. },
                    Interception::Admission { operation: operation2, group: group2, resource: resource2, namespace: None },
                ) if (operation, group, resource) == (operation2, group2, resource2)
            ) || matches!(
                (&request.what, &other.what),
                (Interception::Conversion { group, .. }, Interception::Definition { group: group2 }) if group == group2
            )
        }
        // A certificate of fewer names, usages or powers.
        (
            Request::Certificates(CertificateRequest::Certificate(request)),
            Request::Certificates(CertificateRequest::Certificate(other)),
        ) => {
            (other.issuer.is_none() || other.issuer == request.issuer)
                && other.secret == request.secret
                && other.namespace == request.namespace
                && other
                    .identities
                    .iter()
                    .all(|it| request.identities.contains(it))
                && other.usages.iter().all(|it| request.usages.contains(it))
                && (request.authority || !other.authority)
        }
        (
            Request::Certificates(CertificateRequest::Sign { secret, .. }),
            Request::Certificates(CertificateRequest::Sign {
                namespace: None,
                secret: other,
                ..
            }),
        ) => secret == other,
        (Request::Application(request), Request::Application(other)) => {
            // Names of applications are not granted, and commits always may be followed.
            let same = ApplicationRequest {
                name: other.name.clone(),
                branch: other.branch.clone(),
                ..request.clone()
            };
            same == *other && (other.branch.is_none() || request.branch == other.branch)
        }
        _ => false,
    }
}
