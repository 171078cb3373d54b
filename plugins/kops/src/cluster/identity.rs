//! Who Pods and machines are for AWS.

use aegis_plugin::Token;
use serde_json::{Map, Value, json};

use crate::design::Design;
use crate::facts::Facts;
use crate::object::with;
use crate::partition::Partition;
use crate::service_account::Permission;

/// What a token has to be for to be exchanged by the SDKs of AWS, besides kOps' own `amazonaws.com`.
const STS_AUDIENCE: &str = "sts.amazonaws.com";

pub fn fields(design: &Design<'_>, facts: &Facts) -> Value {
    let bucket = &facts.oidc_bucket;
    json!({
        "iam": iam(design, facts),
        "serviceAccountIssuerDiscovery": {
            "discoveryStore": format!("s3://{bucket}/{}", discovery_path(design)),
            "enableAWSOIDCProvider": true,
            "additionalAudiences": [STS_AUDIENCE],
        },
    })
}

/// The issuer of service account tokens: where kOps publishes their keys, over HTTPS. kOps takes the bucket's own
/// host name and the path of the discovery store.
pub fn issuer(design: &Design<'_>, facts: &Facts) -> String {
    let region = &facts.oidc_region;
    let domain = Partition::of(region).domain;
    format!(
        "https://{}.s3.{region}.{domain}/{}",
        facts.oidc_bucket,
        discovery_path(design)
    )
}

fn discovery_path(design: &Design<'_>) -> String {
    format!("{}/discovery", design.cluster.dns_name)
}

fn iam(design: &Design<'_>, facts: &Facts) -> Value {
    let mut iam = with(
        Map::new(),
        json!({
            "legacy": false,
            "allowContainerRegistry": true,
            // The add-ons of kOps have roles of their own too; the machines' roles get no rights for them.
            "useServiceAccountExternalPermissions": true,
        }),
    );
    let own_boundary = design.config.permissions_boundary.clone();
    if let Some(boundary) = own_boundary.or_else(|| facts.boundary.as_ref().map(Token::whole)) {
        iam = with(iam, json!({ "permissionsBoundary": boundary }));
    }
    if !design.permissions.is_empty() {
        let permissions: Vec<_> = design.permissions.iter().map(Permission::to_json).collect();
        iam = with(
            iam,
            json!({ "serviceAccountExternalPermissions": permissions }),
        );
    }
    Value::Object(iam)
}
