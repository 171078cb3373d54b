//! What Argo CD does not know by itself: when objects are healthy, and which of their fields others write.
//!
//! Argo CD has checks for cert-manager's certificates and issuers. It has none for applications, so that an
//! application of applications would go from wave to wave without waiting, and none for the kinds below.
//! Its Lua has tables and the basic functions; it has no `string`.

use std::collections::BTreeMap;

/// An application is as healthy as what it delivers.
const APPLICATION: &str = include_str!("health/application.lua");
/// An object is healthy when a condition is true; `CONDITION` stands for its type.
const CONDITION: &str = include_str!("health/condition.lua");
/// Policies of Kyverno's CEL kinds say whether they are ready.
const KYVERNO: &str = include_str!("health/kyverno.lua");
/// Istio's objects work once they exist, unless an analyzer found an error.
const ISTIO: &str = include_str!("health/istio.lua");

/// Kinds by group, with their check.
fn table() -> Vec<(&'static str, &'static [&'static str], String)> {
    let condition = |name: &str| CONDITION.replace("CONDITION", name);
    vec![
        ("argoproj.io", &["Application"], APPLICATION.to_owned()),
        ("kyverno.io", &["ClusterPolicy"], condition("Ready")),
        (
            "networking.istio.io",
            &[
                "DestinationRule",
                "EnvoyFilter",
                "Gateway",
                "ServiceEntry",
                "Sidecar",
                "VirtualService",
            ],
            ISTIO.to_owned(),
        ),
        (
            "policies.kyverno.io",
            &[
                "DeletingPolicy",
                "GeneratingPolicy",
                "ImageValidatingPolicy",
                "MutatingPolicy",
                "ValidatingPolicy",
            ],
            KYVERNO.to_owned(),
        ),
        (
            "security.istio.io",
            &[
                "AuthorizationPolicy",
                "PeerAuthentication",
                "RequestAuthentication",
            ],
            ISTIO.to_owned(),
        ),
        ("telemetry.istio.io", &["Telemetry"], ISTIO.to_owned()),
        ("trust.cert-manager.io", &["Bundle"], condition("Synced")),
    ]
}

/// The checks, by their key in `argocd-cm`.
pub fn checks() -> BTreeMap<String, String> {
    let keyed = |(group, kinds, check): (&str, &'static [&'static str], String)| {
        let group = group.to_owned();
        kinds.iter().map(move |kind| {
            (
                format!("resource.customizations.health.{group}_{kind}"),
                check.clone(),
            )
        })
    };
    table().into_iter().flat_map(keyed).collect()
}

/// Fields that are no difference to what is in Git, by their key in `argocd-cm`: the certificates that
/// cert-manager, Istio and Kyverno write into their webhooks.
pub fn ignored_differences() -> BTreeMap<String, String> {
    [
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    ]
    .into_iter()
    .map(|kind| {
        (
            format!(
                "resource.customizations.ignoreDifferences.admissionregistration.k8s.io_{kind}"
            ),
            "jqPathExpressions:\n- .webhooks[]?.clientConfig.caBundle\n".to_owned(),
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use mlua::{Lua, LuaOptions, LuaSerdeExt, StdLib, Table};
    use serde_json::{Value, json};

    use super::*;

    /// Runs a check as Argo CD does: Lua 5.1 without `string`, the object in `obj`.
    fn run(kind: &str, object: &Value) -> (String, String) {
        let checks = checks();
        let check = &checks[&format!("resource.customizations.health.{kind}")];
        let lua = Lua::new_with(StdLib::TABLE, LuaOptions::default()).unwrap();
        lua.globals().set("string", mlua::Value::Nil).unwrap();
        lua.globals()
            .set("obj", lua.to_value(object).unwrap())
            .unwrap();
        let health: Table = lua.load(check.as_str()).eval().unwrap();
        (
            health.get("status").unwrap(),
            health.get("message").unwrap(),
        )
    }

    #[test]
    fn objects_are_as_healthy_as_their_controllers_say() {
        let conditions = |conditions: Value| json!({ "metadata": { "generation": 2 }, "status": { "conditions": conditions } });
        let application = "argoproj.io_Application";
        let bundle = "trust.cert-manager.io_Bundle";
        let policy = "policies.kyverno.io_ValidatingPolicy";
        let gateway = "networking.istio.io_Gateway";
        for (kind, object, status, message) in [
            (application, json!({}), "Progressing", ""),
            (application, json!({ "status": {} }), "Progressing", ""),
            (
                application,
                json!({ "status": { "health": { "status": "Degraded", "message": "x" } } }),
                "Degraded",
                "x",
            ),
            (
                application,
                json!({ "status": { "health": { "status": "Healthy" } } }),
                "Healthy",
                "",
            ),
            (
                bundle,
                json!({}),
                "Progressing",
                "waiting for the condition Synced",
            ),
            (
                bundle,
                conditions(json!([{ "type": "Other", "status": "True" }])),
                "Progressing",
                "waiting for the condition Synced",
            ),
            (
                bundle,
                conditions(
                    json!([{ "type": "Synced", "status": "True", "observedGeneration": 2 }]),
                ),
                "Healthy",
                "",
            ),
            (
                bundle,
                conditions(json!([{ "type": "Synced", "status": "True" }])),
                "Healthy",
                "",
            ),
            (
                bundle,
                conditions(
                    json!([{ "type": "Synced", "status": "True", "observedGeneration": 1 }]),
                ),
                "Progressing",
                "waiting for the condition Synced",
            ),
            (
                bundle,
                conditions(json!([{ "type": "Synced", "status": "False", "reason": "No" }])),
                "Degraded",
                "No",
            ),
            (
                "kyverno.io_ClusterPolicy",
                conditions(json!([{ "type": "Ready", "status": "True" }])),
                "Healthy",
                "",
            ),
            (policy, json!({}), "Progressing", ""),
            (
                policy,
                json!({ "status": { "conditionStatus": { "ready": true } } }),
                "Healthy",
                "",
            ),
            (
                policy,
                json!({ "status": { "conditionStatus": { "ready": false, "conditions": [
                    { "type": "Compiled", "status": "True" },
                    { "type": "WebhookConfigured", "status": "False", "message": "not yet" },
                ] } } }),
                "Progressing",
                "WebhookConfigured: not yet",
            ),
            (gateway, json!({}), "Healthy", ""),
            (
                gateway,
                json!({ "status": { "validationMessages": [
                    { "level": "WARNING", "type": { "code": "IST0118" } },
                    { "level": "ERROR", "type": { "code": "IST0101" } },
                ] } }),
                "Degraded",
                "Istio found errors: IST0101",
            ),
            (
                "security.istio.io_PeerAuthentication",
                conditions(json!([{ "type": "Reconciled", "status": "False" }])),
                "Progressing",
                "not yet with every proxy",
            ),
        ] {
            assert_eq!(
                run(kind, &object),
                (status.to_owned(), message.to_owned()),
                "{kind}: {object}"
            );
        }
    }

    #[test]
    fn every_check_runs_on_an_object_that_has_nothing() {
        for key in checks().keys() {
            run(
                key.trim_start_matches("resource.customizations.health."),
                &json!({}),
            );
        }
    }
}
