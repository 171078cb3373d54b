//! How people sign in: Argo CD's `oidc.config`.

use serde_json::{Value, json};

use crate::config::SignIn;
use crate::settings::Oidc;

/// The content of `oidc.config`, as JSON, which is YAML too. The client's secret is a reference, `$SECRET:KEY`,
/// that Argo CD itself follows: neither values nor ConfigMap ever hold it.
pub fn oidc_config(oidc: &Oidc, sign_in: &SignIn) -> String {
    let claim: Value = [(sign_in.groups_claim.clone(), json!({ "essential": true }))]
        .into_iter()
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut config = json!({
        "name": "OpenID Connect",
        "issuer": oidc.issuer,
        "clientID": oidc.client_id,
        "requestedScopes": sign_in.scopes,
        "requestedIDTokenClaims": claim,
    });
    match &sign_in.client_secret {
        Some(secret) => {
            config["clientSecret"] = format!("${}:{}", secret.name, secret.key).into();
        }
        None => config["enablePKCEAuthentication"] = true.into(),
    }
    config.to_string()
}
