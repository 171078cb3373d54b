//! Terraform's own state, before Terraform reads it.
//!
//! Whoever can write the state can name any provider in it, and `terraform init` fetches and runs
//! what is named. So the host reads the state first.

use aegis_document::untrusted;
use serde_json::Value;

use super::{codes, types};
use crate::capability::Denial;
use crate::template::Mode;

/// How the state names the provider, in the registries of Terraform and OpenTofu.
const PROVIDERS: [&str; 2] = [
    "provider[\"registry.terraform.io/hashicorp/aws\"]",
    "provider[\"registry.opentofu.org/hashicorp/aws\"]",
];

/// Checks a pulled state (version 4): each resource belongs to the one provider, lies in no module
/// and has a type that a root could have. What Terraform would do with them is
/// [`derive_dry_run`](super::derive_dry_run)'s question.
pub fn check_state(state: &Value) -> Result<(), Denial> {
    if state.get("version").and_then(Value::as_u64) != Some(4) {
        return Err(denied(
            "Terraform's state",
            "its format is not version 4",
            "/version",
        ));
    }
    let resources = match state.get("resources") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(resources)) => resources,
        Some(_) => {
            return Err(denied(
                "Terraform's state",
                "its resources are not a list",
                "/resources",
            ));
        }
    };
    for (index, resource) in resources.iter().enumerate() {
        let text = |key: &str| {
            resource
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (kind, name) = (text("type"), text("name"));
        let known = match text("mode") {
            "managed" => kind.starts_with("aws_"),
            "data" => types::policy_of(Mode::Data, kind).is_some(),
            _ => false,
        };
        let problem = if !PROVIDERS.contains(&text("provider")) {
            Some(("it belongs to a provider that no root names", "provider"))
        } else if resource.get("module").is_some() {
            Some(("it is in a module, and a root has none", "module"))
        } else if !known {
            Some(("no root could have a resource of its type", "type"))
        } else {
            None
        };
        if let Some((reason, key)) = problem {
            let what = format!("{kind}.{name} in Terraform's state");
            return Err(denied(&what, reason, &format!("/resources/{index}/{key}")));
        }
    }
    Ok(())
}

fn denied(what: &str, reason: &str, at: &str) -> Denial {
    let help = "look at the state: somebody else may have written it";
    Denial::forbidden(codes::STATE, untrusted(what).to_string(), reason, help).at(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state(key: &str, value: Value) -> Value {
        let mut resource = json!({
            "mode": "managed", "type": "aws_vpc", "name": "main",
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": [],
        });
        resource[key] = value;
        json!({"version": 4, "serial": 1, "lineage": "x", "resources": [resource]})
    }

    #[test]
    fn a_state_of_the_one_provider_is_read() {
        for state in [
            state("name", json!("other")),
            state(
                "provider",
                json!("provider[\"registry.opentofu.org/hashicorp/aws\"]"),
            ),
            state("type", json!("aws_sqs_queue")),
            json!({"version": 4}),
            json!({"version": 4, "resources": []}),
        ] {
            assert_eq!(check_state(&state), Ok(()), "{state}");
        }
    }

    #[test]
    fn a_state_that_would_fetch_code_is_refused() {
        for state in [
            state(
                "provider",
                json!("provider[\"registry.terraform.io/evil/statepwn\"]"),
            ),
            state(
                "provider",
                json!("provider[\"registry.terraform.io/hashicorp/aws\"].alias"),
            ),
            state(
                "provider",
                json!("module.x.provider[\"registry.terraform.io/hashicorp/aws\"]"),
            ),
            state("provider", json!(null)),
            state("module", json!("module.x")),
            state("type", json!("null_resource")),
            state("mode", json!("data")),
            state("mode", json!("ephemeral")),
            json!({"version": 3, "modules": []}),
            json!({"version": 4, "resources": {"a": 1}}),
            json!({"version": 4, "resources": [1]}),
            json!([]),
        ] {
            assert!(check_state(&state).is_err(), "{state}");
        }
    }
}
