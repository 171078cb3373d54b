//! ConfigMap, Secret, ServiceAccount, Namespace.

use super::shape::Shape::{self, Bool, Dict, Fields, List, Text, Word};
use super::table::{KindPolicy, Object, never, nothing};
use crate::capability::denial::Denial;
use crate::capability::pods::{Level, PodNeed, PodsRequest, RoleSource};
use crate::capability::{DeclaredFacts, Request, Risk, codes, syntax};
use crate::fact::Format;
use crate::template::{Templated, Token};

pub(super) const KINDS: &[KindPolicy] = &[
    KindPolicy {
        group: "",
        kind: "ConfigMap",
        versions: &["v1"],
        risk: Risk::Plain,
        shape: Fields(&[("data", TEXTS), ("binaryData", TEXTS), ("immutable", Bool)]),
        beyond: never,
        implied: config_keys,
    },
    KindPolicy {
        group: "",
        kind: "Secret",
        versions: &["v1"],
        risk: Risk::Power,
        shape: Fields(&[
            ("type", Word),
            ("data", TEXTS),
            ("stringData", TEXTS),
            ("immutable", Bool),
        ]),
        beyond: never,
        implied: secret,
    },
    KindPolicy {
        group: "",
        kind: "ServiceAccount",
        versions: &["v1"],
        risk: Risk::Plain,
        shape: Fields(&[
            ("automountServiceAccountToken", Bool),
            ("imagePullSecrets", List(&Fields(&[("name", Word)]))),
        ]),
        beyond: never,
        implied: service_account,
    },
    KindPolicy {
        group: "",
        kind: "Namespace",
        versions: &["v1"],
        risk: Risk::Plain,
        shape: Fields(&[]),
        beyond: never,
        implied: namespace,
    },
];

const TEXTS: Shape = Dict(&Text);

/// Types of Secrets that no controller fills with an identity. `service-account-token` gets one,
/// `bootstrap.kubernetes.io/token` is one, `helm.sh/release.v1` steers Helm.
const SECRET_TYPES: &[&str] = &[
    "Opaque",
    "kubernetes.io/tls",
    "kubernetes.io/dockerconfigjson",
];

fn config_keys(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    if is_helm_record(object) {
        return Err(object.body.forbidden(
            "Helm would take this for the record of a release",
            "choose another name, and another label than `owner: helm`",
        ));
    }
    for field in ["data", "binaryData", "stringData"] {
        let Some(map) = object.body.get(field) else {
            continue;
        };
        for (key, value) in map.entries()? {
            if !syntax::is_config_key(key) {
                return Err(value.refuse(
                    codes::MALFORMED_NAME,
                    "this is not a key",
                    "use letters, digits, `-`, `_` and `.`",
                ));
            }
        }
    }
    nothing(object)
}

fn secret(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let kind = object.body.literal_at("type")?.unwrap_or("Opaque");
    if !SECRET_TYPES.contains(&kind) {
        return Err(object.body.forbidden(
            "a Secret of this type is filled in or obeyed by a controller",
            format!("use one of the types {}", SECRET_TYPES.join(", ")),
        ));
    }
    config_keys(object)
}

/// ConfigMaps and Secrets that make something more powerful act: the delivery, the mesh, admission, name
/// resolution, who is who. They are granted by their exact names.
const OBEYED: &[&str] = &[
    "aws-auth",
    "cacerts",
    "cluster-info",
    "coredns",
    "extension-apiserver-authentication",
    "istio",
    "kube-proxy",
    "kube-root-ca.crt",
    "kyverno",
];

/// Beginnings of such names. The mesh has a set of them for each revision.
const OBEYED_FAMILIES: &[&str] = &["argocd-", "istio-"];

/// Whether something more powerful obeys what is in an object.
pub(super) fn is_obeyed(group: &str, kind: &str, name: &str) -> bool {
    group.is_empty()
        && ["ConfigMap", "Secret"].contains(&kind)
        && (OBEYED.contains(&name)
            || OBEYED_FAMILIES
                .iter()
                .any(|family| name.starts_with(family)))
}

/// Helm finds the record of a release by its labels or its name, whatever the type, and takes what the record says it
/// has installed for its own.
fn is_helm_record(object: &Object<'_>) -> bool {
    let owned =
        |(key, value): &(String, String)| key == "owner" && value.eq_ignore_ascii_case("helm");
    object.object.name.starts_with("sh.helm.release.") || object.object.labels.iter().any(owned)
}

/// What gives a service account an AWS role.
const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

fn service_account(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let need = |need| {
        Request::Pods(PodsRequest {
            cluster: object.cluster.clone(),
            namespace: object.namespace().to_owned(),
            need,
        })
    };
    let mut requests = Vec::new();
    for secret in object.body.list("imagePullSecrets")? {
        requests.push(need(PodNeed::Secret(secret.required("name")?.to_owned())));
    }
    for (key, value) in &object.object.annotations {
        if key == ROLE_ANNOTATION {
            let role = role(value, &object.context.facts).ok_or_else(|| {
                object.body.refuse(
                    codes::CONTROL_FIELD,
                    "an AWS role is a literal ARN, or one token of a fact that is an ARN",
                    "use the token as the whole value",
                )
            })?;
            requests.push(need(PodNeed::Role {
                service_account: object.object.name.clone(),
                role,
            }));
        }
    }
    Ok(requests)
}

fn role(value: &Templated, facts: &DeclaredFacts) -> Option<RoleSource> {
    match (value.as_literal(), value.as_token()) {
        (Some(arn), _) => arn
            .starts_with("arn:")
            .then(|| RoleSource::Arn(arn.to_owned())),
        (None, Some(Token::Fact(token))) => {
            let format = facts.get(&token.fact)?.format.at(&token.pointer)?;
            (*format == Format::Arn).then(|| RoleSource::Fact(token.fact.clone()))
        }
        _ => None,
    }
}

/// A namespace that does not hold its Pods to `restricted` needs the right to run such Pods in it.
fn namespace(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let enforce = "pod-security.kubernetes.io/enforce";
    let Some((_, value)) = object.object.labels.iter().find(|(key, _)| key == enforce) else {
        return Ok(Vec::new());
    };
    let level = Level::of_name(value).ok_or_else(|| {
        object.body.refuse(
            codes::MALFORMED_FIELD,
            "this is not a Pod Security Standard",
            "use restricted, baseline or privileged",
        )
    })?;
    Ok(vec![Request::Pods(PodsRequest {
        cluster: object.cluster.clone(),
        namespace: object.object.name.clone(),
        need: PodNeed::Level(level),
    })])
}
