//! Definitions of kinds.

use super::admission::{CLIENT, service_namespace};
use super::shape::Shape::{Bool, Fields, Fixed, List, Word};
use super::table::{KindPolicy, Object, never};
use crate::capability::denial::Denial;
use crate::capability::intercept::{InterceptRequest, Interception};
use crate::capability::{ObjectScope, Request, Risk, codes, syntax};
use crate::proposal::{Collection, KubernetesObject};
use crate::template::Node;

pub(super) const KINDS: &[KindPolicy] = &[KindPolicy {
    group: "apiextensions.k8s.io",
    kind: "CustomResourceDefinition",
    versions: &["v1"],
    risk: Risk::Power,
    shape: Fields(&[(
        "spec",
        Fields(&[
            (
                "conversion",
                Fields(&[
                    ("strategy", Word),
                    (
                        "webhook",
                        Fields(&[
                            ("clientConfig", CLIENT),
                            ("conversionReviewVersions", List(&Word)),
                        ]),
                    ),
                ]),
            ),
            ("group", Word),
            ("names", Fixed),
            ("preserveUnknownFields", Bool),
            ("scope", Word),
            ("versions", Fixed),
        ]),
    )]),
    beyond: never,
    implied: definition,
}];

/// The kind that a CustomResourceDefinition defines, with its scope.
pub(in crate::capability) fn defined_by(
    object: &KubernetesObject,
) -> Option<(Collection, ObjectScope)> {
    let is_definition =
        object.group == "apiextensions.k8s.io" && object.kind == "CustomResourceDefinition";
    let text = |pointer: &str| {
        object
            .body
            .at(pointer)
            .and_then(Node::as_str)
            .filter(|_| is_definition)
    };
    let scope = match text("/spec/scope")? {
        "Namespaced" => ObjectScope::Namespaced,
        "Cluster" => ObjectScope::Cluster,
        _ => return None,
    };
    let collection = Collection {
        group: text("/spec/group")?.to_owned(),
        kind: text("/spec/names/kind")?.to_owned(),
    };
    Some((collection, scope))
}

fn definition(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(spec) = object.body.get("spec") else {
        return Err(object.body.missing("spec"));
    };
    let group = spec.required("group")?;
    let named = object
        .object
        .name
        .strip_suffix(group)
        .is_some_and(|rest| rest.ends_with('.'));
    if !syntax::is_dns_subdomain(group) || !group.contains('.') || !named {
        return Err(spec.refuse(
            codes::MALFORMED_NAME,
            "the definition's name is not `PLURAL.GROUP`",
            "name it after its group",
        ));
    }
    if [".k8s.io", ".kubernetes.io"]
        .iter()
        .any(|domain| group.ends_with(domain))
    {
        return Err(spec.forbidden(
            "this group is one of Kubernetes' own",
            "use a group of your own domain",
        ));
    }
    let request = |what| {
        Request::Intercept(InterceptRequest {
            cluster: object.cluster.clone(),
            what,
        })
    };
    let mut requests = vec![request(Interception::Definition {
        group: group.to_owned(),
    })];
    if let Some(client) = spec.find(&["conversion", "webhook", "clientConfig"]) {
        let namespace = service_namespace(&client)?.to_owned();
        requests.push(request(Interception::Conversion {
            group: group.to_owned(),
            namespace,
        }));
    }
    Ok(requests)
}
