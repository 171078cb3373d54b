//! Webhooks and admission policies: who sees and judges what others send to the API server.

use super::pod_shape::SELECTOR;
use super::shape::Shape::{self, Fields, Fixed, Int, List, Text, Word};
use super::table::{KindPolicy, Object, never, nothing};
use crate::capability::denial::Denial;
use crate::capability::derive::Cursor;
use crate::capability::intercept::{InterceptRequest, Interception, Operation};
use crate::capability::{Request, Risk, codes, syntax};

const GROUP: &str = "admissionregistration.k8s.io";

const fn policy(
    kind: &'static str,
    shape: Shape,
    implied: fn(&Object<'_>) -> Result<Vec<Request>, Denial>,
) -> KindPolicy {
    KindPolicy {
        group: GROUP,
        kind,
        versions: &["v1"],
        risk: Risk::Power,
        shape,
        beyond: never,
        implied,
    }
}

pub(super) const KINDS: &[KindPolicy] = &[
    policy("MutatingWebhookConfiguration", WEBHOOKS, webhooks),
    policy("ValidatingWebhookConfiguration", WEBHOOKS, webhooks),
    policy("ValidatingAdmissionPolicy", POLICY, admission_policy),
    policy("ValidatingAdmissionPolicyBinding", BINDING, nothing),
];

/// What is matched: groups, versions, resources, operations.
const RULES: Shape = List(&Fields(&[
    ("apiGroups", List(&Word)),
    ("apiVersions", List(&Word)),
    ("operations", List(&Word)),
    ("resourceNames", List(&Word)),
    ("resources", List(&Word)),
    ("scope", Word),
]));

/// A client's `url` leads out of the cluster; it is not among the fields.
pub(super) const CLIENT: Shape = Fields(&[
    ("caBundle", Text),
    (
        "service",
        Fields(&[
            ("name", Word),
            ("namespace", Word),
            ("path", Word),
            ("port", Int),
        ]),
    ),
]);

const WEBHOOKS: Shape = Fields(&[(
    "webhooks",
    List(&Fields(&[
        ("admissionReviewVersions", List(&Word)),
        ("clientConfig", CLIENT),
        ("failurePolicy", Word),
        ("matchConditions", Fixed),
        ("matchPolicy", Word),
        ("name", Word),
        ("namespaceSelector", SELECTOR),
        ("objectSelector", SELECTOR),
        ("reinvocationPolicy", Word),
        ("rules", RULES),
        ("sideEffects", Word),
        ("timeoutSeconds", Int),
    ])),
)]);

pub(super) const MATCH: Shape = Fields(&[
    ("excludeResourceRules", RULES),
    ("matchPolicy", Word),
    ("namespaceSelector", SELECTOR),
    ("objectSelector", SELECTOR),
    ("resourceRules", RULES),
]);

/// Expressions are literal: they decide.
const POLICY: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("auditAnnotations", Fixed),
        ("failurePolicy", Word),
        ("matchConditions", Fixed),
        ("matchConstraints", MATCH),
        ("paramKind", Fixed),
        ("validations", Fixed),
        ("variables", Fixed),
    ]),
)]);

const BINDING: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("matchResources", MATCH),
        ("paramRef", Fixed),
        ("policyName", Word),
        ("validationActions", List(&Word)),
    ]),
)]);

fn webhooks(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let mut requests = Vec::new();
    for webhook in object.body.list("webhooks")? {
        let Some(client) = webhook.get("clientConfig") else {
            return Err(webhook.missing("clientConfig"));
        };
        let namespace = service_namespace(&client)?;
        requests.extend(rules(object, &webhook, "rules", Some(namespace))?);
    }
    Ok(requests)
}

fn admission_policy(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(constraints) = object.body.find(&["spec", "matchConstraints"]) else {
        return Err(object.body.missing("matchConstraints"));
    };
    rules(object, &constraints, "resourceRules", None)
}

/// The namespace of the Service that is asked.
pub(super) fn service_namespace<'a>(client: &Cursor<'a>) -> Result<&'a str, Denial> {
    let Some(service) = client.get("service") else {
        return Err(client.missing("service"));
    };
    let namespace = service.required("namespace")?;
    if !syntax::is_dns_label(namespace) || !syntax::is_dns_label(service.required("name")?) {
        return Err(service.refuse(
            codes::MALFORMED_NAME,
            "this is not a Service",
            "name it exactly",
        ));
    }
    Ok(namespace)
}

/// The most operations on resources of one configuration.
const MAX_RULES: usize = 4096;

/// What each rule below a key intercepts.
pub(super) fn rules(
    object: &Object<'_>,
    at: &Cursor<'_>,
    key: &str,
    namespace: Option<&str>,
) -> Result<Vec<Request>, Denial> {
    let mut requests = Vec::new();
    for rule in at.list(key)? {
        let operations = operations(&rule)?;
        for group in rule.literals_at("apiGroups")? {
            for resource in rule.literals_at("resources")? {
                check_resource(&rule, group, resource)?;
                // `*/*` also means subresources; a grant for all of a group means both.
                let resource = if resource == "*/*" { "*" } else { resource };
                for operation in &operations {
                    requests.push(Request::Intercept(InterceptRequest {
                        cluster: object.cluster.clone(),
                        what: Interception::Admission {
                            operation: *operation,
                            group: group.to_owned(),
                            resource: resource.to_owned(),
                            namespace: namespace.map(str::to_owned),
                        },
                    }));
                }
            }
        }
        if requests.len() > MAX_RULES {
            return Err(rule.forbidden(
                "this intercepts more than anybody can judge",
                "name fewer resources",
            ));
        }
    }
    Ok(requests)
}

fn operations(rule: &Cursor<'_>) -> Result<Vec<Operation>, Denial> {
    let mut operations = Vec::new();
    for name in rule.literals_at("operations")? {
        match Operation::ALL
            .into_iter()
            .find(|operation| operation.name() == name)
        {
            Some(operation) => operations.push(operation),
            None if name == "*" => operations.extend(Operation::ALL),
            None => {
                return Err(
                    rule.malformed("a rule with operations CREATE, UPDATE, DELETE or CONNECT")
                );
            }
        }
    }
    Ok(operations)
}

/// Whoever sees these sees secrets, or decides who may do what; whoever sees everything sees these.
fn check_resource(rule: &Cursor<'_>, group: &str, resource: &str) -> Result<(), Denial> {
    let all = resource.contains('*');
    let kubernetes = !group.contains('.') || group == "k8s.io" || group.ends_with(".k8s.io");
    let base = resource.split('/').next().unwrap_or(resource);
    let secret = group.is_empty() && ["secrets", "serviceaccounts"].contains(&base);
    let identity = [
        "authentication.k8s.io",
        "authorization.k8s.io",
        "rbac.authorization.k8s.io",
        GROUP,
    ]
    .contains(&group);
    if group.contains('*') || (all && kubernetes) || secret || identity {
        return Err(rule.forbidden(
            "this intercepts secrets, identities or everything",
            "name the resources, and none of secrets, service accounts, reviews, roles and webhooks",
        ));
    }
    Ok(())
}
