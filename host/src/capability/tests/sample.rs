//! A line of each capability, with a request that only it allows.

use serde_json::{Value, json};

use super::super::application::ApplicationRequest;
use super::super::certificates::{Certificate, CertificateRequest};
use super::super::ci::{CiNeed, CiRequest};
use super::super::exposure::{Audience, Exposed, ExposureRequest};
use super::super::facts::FactRequest;
use super::super::file::FileRequest;
use super::super::intercept::{InterceptRequest, Interception, Operation};
use super::super::labels::LabelRequest;
use super::super::pods::{Level, PodNeed, PodsRequest};
use super::super::rbac::{RbacNeed, RbacRequest};
use super::super::release::ReleaseRequest;
use super::super::token_request::TokenRequest;
use super::super::tool::ToolRequest;
use super::super::{
    ClusterRequest, DocumentKind, DocumentsRequest, Ec2Call, Ec2Request, FeedbackRequest,
    ObjectScope, ProbeRequest, Request, Risk, SecretRequest, SecretSink, TreeRequest, Verb,
};
use super::id;
use crate::proposal::{Access, Collection, Kind, ObjectRef};

pub(super) fn object(kind: &str, namespace: Option<&str>) -> ObjectRef {
    ObjectRef {
        group: String::new(),
        kind: kind.into(),
        namespace: namespace.map(str::to_owned),
        name: "x".into(),
    }
}

pub(super) fn write(verb: Verb, kind: &str, risk: Risk) -> Request {
    ClusterRequest::write(
        id("use1"),
        verb,
        &object(kind, Some("a")),
        ObjectScope::Namespaced,
        risk,
    )
    .into()
}

pub(super) fn read(kind: &str, namespace: Option<&str>, name: Option<&str>) -> Request {
    let collection = Collection {
        group: String::new(),
        kind: kind.into(),
    };
    ClusterRequest::read(
        id("use1"),
        collection,
        namespace.map(str::to_owned),
        name.map(str::to_owned),
    )
    .into()
}

/// A line of each capability, with a request that it and no other line of the list allows.
pub(super) fn sample() -> Vec<(Value, Request)> {
    let cluster = || id("use1");
    let a = || "a".to_owned();
    let pods = |need| {
        Request::from(PodsRequest {
            cluster: id("use1"),
            namespace: "a".into(),
            need,
        })
    };
    vec![
        (
            json!({"capability": "cluster.read", "clusters": ["own"], "group": "", "kinds": ["*"], "namespaces": ["a"]}),
            read("ConfigMap", Some("a"), Some("x")),
        ),
        (
            json!({"capability": "cluster.apply", "clusters": ["own"], "group": "", "kinds": ["ConfigMap"], "names": ["*"], "namespaces": ["a"]}),
            write(Verb::Apply, "ConfigMap", Risk::Plain),
        ),
        (
            json!({"capability": "cluster.apply", "clusters": ["own"], "group": "", "kinds": ["Service"], "names": ["*"], "namespaces": ["a"], "adopt": true}),
            write(Verb::Adopt, "Service", Risk::Plain),
        ),
        (
            json!({"capability": "cluster.delete", "clusters": ["own"], "group": "", "kinds": ["ConfigMap"], "names": ["x"], "namespaces": ["a"]}),
            write(Verb::Delete, "ConfigMap", Risk::Plain),
        ),
        (
            json!({"capability": "pods", "clusters": ["own"], "namespaces": ["a"], "service-accounts": ["x"]}),
            pods(PodNeed::ServiceAccount("x".into())),
        ),
        (
            json!({"capability": "pods", "clusters": ["own"], "namespaces": ["a"], "level": "baseline"}),
            pods(PodNeed::Level(Level::Baseline)),
        ),
        (
            json!({"capability": "rbac", "clusters": ["own"], "namespaces": ["a"], "rules": [{"verbs": ["get"], "groups": [""], "resources": ["pods"]}]}),
            RbacRequest {
                cluster: cluster(),
                namespace: Some(a()),
                need: RbacNeed::Rule {
                    verb: "get".into(),
                    group: String::new(),
                    resource: "pods".into(),
                    name: None,
                },
            }
            .into(),
        ),
        (
            json!({"capability": "intercept", "clusters": ["own"], "resources": ["pods"], "operations": ["CREATE"], "namespaces": ["a"]}),
            InterceptRequest {
                cluster: cluster(),
                what: Interception::Admission {
                    operation: Operation::Create,
                    group: String::new(),
                    resource: "pods".into(),
                    namespace: Some(a()),
                },
            }
            .into(),
        ),
        (
            json!({"capability": "labels", "clusters": ["own"], "prefixes": ["istio.io/"], "namespaces": ["a"]}),
            LabelRequest {
                cluster: cluster(),
                namespace: Some(a()),
                key: "istio.io/rev".into(),
            }
            .into(),
        ),
        (
            json!({"capability": "exposure", "clusters": ["own"], "namespaces": ["a"], "load-balancers": ["internal"]}),
            ExposureRequest {
                cluster: cluster(),
                namespace: a(),
                what: Exposed::LoadBalancer(Audience::Internal),
            }
            .into(),
        ),
        (
            json!({"capability": "certificates", "clusters": ["own"], "namespaces": ["a"], "secrets": ["x"], "identities": ["*"]}),
            CertificateRequest::Certificate(Certificate {
                cluster: cluster(),
                namespace: a(),
                secret: "x".into(),
                issuer: None,
                identities: vec!["x.internal".into()],
                usages: Vec::new(),
                authority: false,
            })
            .into(),
        ),
        (
            json!({"capability": "release", "clusters": ["own"], "entries": ["istiod"], "namespaces": ["a"]}),
            ReleaseRequest {
                cluster: cluster(),
                namespace: a(),
                name: "x".into(),
                entry: id("istiod"),
                crds: false,
                hooks: false,
            }
            .into(),
        ),
        (
            json!({"capability": "application", "clusters": ["own"], "projects": ["shop"], "repositories": ["https://git.example.com/x"],
                "paths": ["apps/**"], "destinations": ["own"], "namespaces": ["a"]}),
            ApplicationRequest {
                cluster: cluster(),
                name: "x".into(),
                project: "shop".into(),
                repository: "https://git.example.com/x".into(),
                branch: None,
                own: false,
                path: "apps/x".into(),
                destination: cluster(),
                namespace: a(),
            }
            .into(),
        ),
        (
            json!({"capability": "file", "globs": ["docs/**"]}),
            FileRequest {
                path: "docs/x".into(),
            }
            .into(),
        ),
        (
            json!({"capability": "tree.read", "paths": ["docs/**"]}),
            TreeRequest {
                path: "docs".into(),
            }
            .into(),
        ),
        (
            json!({"capability": "ci", "workflows": ["x"], "triggers": ["push"], "runners": ["r"], "permissions": {"contents": "read"}}),
            CiRequest {
                workflow: id("x"),
                need: CiNeed::Permission {
                    name: "contents".into(),
                    access: Access::Read,
                },
            }
            .into(),
        ),
        (
            json!({"capability": "secret", "fact": "s", "into": {"kubernetes-secret": {"clusters": ["own"], "namespace": "a", "names": ["x"], "keys": ["*"]}}}),
            SecretRequest {
                fact: "use1/s".parse().unwrap(),
                sink: SecretSink::KubernetesSecret {
                    cluster: cluster(),
                    namespace: a(),
                    name: "x".into(),
                    key: "k".into(),
                },
            }
            .into(),
        ),
        (
            json!({"capability": "facts", "requires": ["network.*"]}),
            FactRequest::Require {
                name: id("network.vpc-id"),
                secret: false,
            }
            .into(),
        ),
        (
            json!({"capability": "facts", "provides": ["mesh.root-ca"]}),
            FactRequest::Provide {
                name: id("mesh.root-ca"),
                secret: false,
            }
            .into(),
        ),
        (
            json!({"capability": "token-request", "clusters": ["own"], "namespace": "a", "service-account": "x", "audiences": ["y"]}),
            TokenRequest {
                cluster: cluster(),
                namespace: a(),
                service_account: "x".into(),
                audience: "y".into(),
            }
            .into(),
        ),
    ]
}

/// Lines and requests of the other kinds of plugin.
pub(super) fn sample_of_others() -> Vec<(Kind, Value, Request)> {
    vec![
        (
            Kind::Provisioning,
            json!({"capability": "ec2.read", "calls": ["vpcs"], "regions": ["us-*"]}),
            Ec2Request {
                call: Ec2Call::Vpcs,
                region: "us-east-1".into(),
            }
            .into(),
        ),
        (
            Kind::Provisioning,
            json!({"capability": "tool", "adapters": ["x"]}),
            ToolRequest { adapter: id("x") }.into(),
        ),
        (
            Kind::Validation,
            json!({"capability": "documents.read", "kinds": ["terraform"]}),
            DocumentsRequest {
                kind: DocumentKind::Terraform,
            }
            .into(),
        ),
        (
            Kind::Validation,
            json!({"capability": "probe", "hosts": ["api.example.com"], "ports": [443]}),
            ProbeRequest {
                host: "api.example.com".into(),
                port: 443,
            }
            .into(),
        ),
        (
            Kind::Validation,
            json!({"capability": "feedback", "stages": ["*"]}),
            FeedbackRequest { stage: id("x") }.into(),
        ),
    ]
}
