//! Role, ClusterRole, RoleBinding, ClusterRoleBinding.

use super::shape::Shape::{Fields, List, Word};
use super::table::{KindPolicy, Object, never};
use crate::capability::denial::Denial;
use crate::capability::derive::Cursor;
use crate::capability::rbac::{RbacNeed, RbacRequest, RoleKind, Subject};
use crate::capability::{Request, Risk, codes, syntax};
use crate::proposal::ObjectRef;

const GROUP: &str = "rbac.authorization.k8s.io";

const RULES: super::shape::Shape = List(&Fields(&[
    ("apiGroups", List(&Word)),
    ("resources", List(&Word)),
    ("resourceNames", List(&Word)),
    ("verbs", List(&Word)),
    ("nonResourceURLs", List(&Word)),
]));

/// `aggregationRule` is not among the fields: what such a role allows is decided by others.
const ROLE: super::shape::Shape = Fields(&[("rules", RULES)]);

const BINDING: super::shape::Shape = Fields(&[
    (
        "roleRef",
        Fields(&[("apiGroup", Word), ("kind", Word), ("name", Word)]),
    ),
    (
        "subjects",
        List(&Fields(&[
            ("apiGroup", Word),
            ("kind", Word),
            ("name", Word),
            ("namespace", Word),
        ])),
    ),
]);

const fn policy(
    kind: &'static str,
    shape: super::shape::Shape,
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
    policy("Role", ROLE, role),
    policy("ClusterRole", ROLE, role),
    policy("RoleBinding", BINDING, binding),
    policy("ClusterRoleBinding", BINDING, binding),
];

/// The most rights of one role: more than a person can judge.
const MAX_RIGHTS: usize = 4096;

fn request(object: &Object<'_>, need: RbacNeed) -> Request {
    Request::Rbac(RbacRequest {
        cluster: object.cluster.clone(),
        namespace: object.object.namespace.clone(),
        need,
    })
}

/// Every right of every rule, one by one. A wildcard is a request of its own, which names the role.
fn role(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let name = object.object.name.as_str();
    let kind = if object.object.namespace.is_some() {
        RoleKind::Role
    } else {
        RoleKind::ClusterRole
    };
    if let Some((key, _)) = object
        .object
        .labels
        .iter()
        .find(|(key, _)| key.starts_with("rbac.authorization.k8s.io/"))
    {
        return Err(object.body.forbidden(
            format!(
                "the label {} adds these rights to a role of others",
                aegis_document::untrusted(key)
            ),
            "bind the role to whom it is for",
        ));
    }
    if name.starts_with("system:") || BUILT_IN.contains(&name) {
        return Err(object.body.forbidden(
            "this is one of Kubernetes' own roles",
            "choose another name",
        ));
    }
    let mut requests = Vec::new();
    for rule in object.body.list("rules")? {
        for need in rights(&rule, kind, name)? {
            requests.push(request(object, need));
        }
        if requests.len() > MAX_RIGHTS {
            return Err(rule.forbidden(
                "the role has more rights than anybody can judge",
                "split it",
            ));
        }
    }
    Ok(requests)
}

/// Roles that are aggregated, or that everybody knows by name.
const BUILT_IN: &[&str] = &["cluster-admin", "admin", "edit", "view"];

fn rights(rule: &Cursor<'_>, kind: RoleKind, role: &str) -> Result<Vec<RbacNeed>, Denial> {
    let verbs = rule.literals_at("verbs")?;
    let groups = rule.literals_at("apiGroups")?;
    let resources = rule.literals_at("resources")?;
    let names = rule.literals_at("resourceNames")?;
    let paths = rule.literals_at("nonResourceURLs")?;
    let all = [&verbs, &groups, &resources, &names, &paths];
    if all
        .iter()
        .any(|list| list.iter().any(|text| text.contains('*')))
    {
        return Ok(vec![RbacNeed::Wildcard {
            kind,
            role: role.to_owned(),
        }]);
    }
    if all.iter().fold(1_usize, |product, list| {
        product.saturating_mul(list.len().max(1))
    }) > MAX_RIGHTS
    {
        return Err(rule.forbidden(
            "the rule has more rights than anybody can judge",
            "split it",
        ));
    }
    let names: Vec<Option<&str>> = if names.is_empty() {
        vec![None]
    } else {
        names.into_iter().map(Some).collect()
    };
    let mut needs = Vec::new();
    for verb in verbs {
        for path in &paths {
            needs.push(RbacNeed::Path {
                verb: verb.to_owned(),
                path: (*path).to_owned(),
            });
        }
        for group in &groups {
            for resource in &resources {
                for name in &names {
                    needs.push(RbacNeed::Rule {
                        verb: verb.to_owned(),
                        group: (*group).to_owned(),
                        resource: (*resource).to_owned(),
                        name: name.map(str::to_owned),
                    });
                }
            }
        }
    }
    Ok(needs)
}

fn binding(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(reference) = object.body.get("roleRef") else {
        return Err(object.body.missing("roleRef"));
    };
    let kind = match (
        reference.required("kind")?,
        object.object.namespace.is_some(),
    ) {
        ("Role", true) => RoleKind::Role,
        ("ClusterRole", _) => RoleKind::ClusterRole,
        _ => return Err(reference.malformed("a Role of the namespace or a ClusterRole")),
    };
    let name = reference.required("name")?;
    if !syntax::is_path_segment(name)
        || reference
            .literal_at("apiGroup")?
            .is_some_and(|group| group != GROUP)
    {
        return Err(reference.malformed("a reference of a role"));
    }
    let role = ObjectRef {
        group: GROUP.to_owned(),
        kind: kind.name().to_owned(),
        namespace: object
            .object
            .namespace
            .clone()
            .filter(|_| kind == RoleKind::Role),
        name: name.to_owned(),
    };
    let mut requests = Vec::new();
    // The rights of a role that the stage proposes have been asked for with the role.
    if !object.context.proposes(object.cluster, &role) {
        requests.push(request(
            object,
            RbacNeed::Bind {
                kind,
                role: name.to_owned(),
            },
        ));
    }
    for subject in object.body.list("subjects")? {
        requests.push(request(
            object,
            RbacNeed::Subject(read_subject(&subject, object)?),
        ));
    }
    Ok(requests)
}

fn read_subject(subject: &Cursor<'_>, object: &Object<'_>) -> Result<Subject, Denial> {
    let name = subject.required("name")?;
    match subject.required("kind")? {
        "ServiceAccount" => {
            let namespace = subject
                .literal_at("namespace")?
                .or(object.object.namespace.as_deref())
                .ok_or_else(|| subject.missing("namespace"))?;
            if !syntax::is_dns_subdomain(name) || !syntax::is_dns_label(namespace) {
                return Err(subject.refuse(
                    codes::MALFORMED_NAME,
                    "this is not a service account",
                    "name one exactly",
                ));
            }
            Ok(Subject::ServiceAccount {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        }
        // `system:authenticated` is everybody, `system:masters` is beyond authorisation, and
        // `system:serviceaccounts:…` is whoever may run a Pod.
        "Group" if name.starts_with("system:") => Err(subject.forbidden(
            "this is one of Kubernetes' own groups",
            "name the people or the service account",
        )),
        "Group" => Ok(Subject::Group(name.to_owned())),
        _ => Err(subject.forbidden(
            "a role can be given to service accounts and groups only",
            "put the person into a group",
        )),
    }
}
