//! What Terraform says it would do, held to the root and to the grant.
//!
//! A root says what there should be; what Terraform does about it depends on its state, which
//! somebody else may have written: an entry too many is a deletion, an entry of another provider is
//! that provider's code.

use std::collections::BTreeSet;

use aegis_document::{pointer, untrusted};
use serde_json::{Map, Value};

use super::types;
use super::{TerraformAction, TerraformRequest, codes};
use crate::capability::{Denial, Request};
use crate::proposal::{TerraformBlock, TerraformRoot};
use crate::template::Mode;

/// The provider's addresses in the registries of Terraform and OpenTofu.
const PROVIDER_ADDRESSES: [&str; 2] = [
    "registry.terraform.io/hashicorp/aws",
    "registry.opentofu.org/hashicorp/aws",
];

/// An address of the root that a resource had before, and the one that it has now.
pub type TerraformMove = (String, String);

/// What a plan (`terraform show -json PLAN`, format version 1) would do beyond what the root
/// implies: an action for each type that it touches. A plan that does something the root does not
/// say is denied: another provider, a module, an import, a move that was not proposed, an action
/// that is not known.
pub fn derive_dry_run(
    plan: &Value,
    root: &TerraformRoot,
    moves: &BTreeSet<TerraformMove>,
) -> Result<Vec<Request>, Denial> {
    let version = plan
        .get("format_version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if version.split('.').next() != Some("1") {
        return Err(denied(
            "the plan",
            "its format is not version 1, so nobody knows what it would do",
            "/format_version",
        ));
    }
    let changes = match plan.get("resource_changes") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(changes)) => changes,
        Some(_) => {
            return Err(denied(
                "the plan",
                "its changes are not a list",
                "/resource_changes",
            ));
        }
    };
    let mut requests = BTreeSet::new();
    for (index, change) in changes.iter().enumerate() {
        let at = format!("/resource_changes/{index}");
        let Some(change) = change.as_object() else {
            return Err(denied("the plan", "a change is not a map", &at));
        };
        requests.extend(derive_change(change, root, moves, &at)?);
    }
    Ok(requests.into_iter().map(Request::Terraform).collect())
}

fn derive_change(
    change: &Map<String, Value>,
    root: &TerraformRoot,
    moves: &BTreeSet<TerraformMove>,
    at: &str,
) -> Result<Option<TerraformRequest>, Denial> {
    let text = |key: &str| change.get(key).and_then(Value::as_str).unwrap_or_default();
    let address = text("address");
    let denied = |reason: &str, key: &str| denied(address, reason, &pointer::join(at, key));

    if !PROVIDER_ADDRESSES.contains(&text("provider_name")) {
        return Err(denied(
            "it belongs to a provider that the root does not name",
            "provider_name",
        ));
    }
    if change.contains_key("module_address") {
        return Err(denied(
            "it is in a module, and a root has none",
            "module_address",
        ));
    }
    if change.contains_key("index") {
        return Err(denied(
            "it is one of several instances, and a root has single ones",
            "index",
        ));
    }
    let mode = match text("mode") {
        "managed" => Mode::Managed,
        "data" => Mode::Data,
        _ => return Err(denied("its mode is not known", "mode")),
    };
    let details = change.get("change");
    if details
        .and_then(|details| details.get("importing"))
        .is_some_and(|importing| !importing.is_null())
    {
        return Err(denied(
            "it would be imported; only an operator imports, by a command",
            "change",
        ));
    }
    let unproposed = |previous: &str| !moves.contains(&(previous.to_owned(), address.to_owned()));
    if change
        .get("previous_address")
        .and_then(Value::as_str)
        .is_some_and(unproposed)
    {
        return Err(denied(
            "it would be moved, and the proposal does not say so",
            "previous_address",
        ));
    }
    let (kind, name) = (text("type"), text("name"));
    let is_block = |block: &TerraformBlock| block.kind == kind && block.name == name;
    let (blocks, expected) = match mode {
        Mode::Managed => (&root.resources, format!("{kind}.{name}")),
        Mode::Data => (&root.data, format!("data.{kind}.{name}")),
    };
    if address != expected {
        return Err(denied(
            "its address is not that of its type and name",
            "address",
        ));
    }
    let in_root = blocks.iter().any(is_block);
    let known = match (mode, types::policy_of(mode, kind)) {
        (_, Some(_)) => true,
        (Mode::Managed, None) => kind.starts_with("aws_"),
        (Mode::Data, None) => false,
    };
    if !known {
        return Err(denied("its type cannot be granted", "type"));
    }
    let Some(actions) = details
        .and_then(|details| details.get("actions"))
        .and_then(Value::as_array)
    else {
        return Err(denied("it does not say what would be done", "change"));
    };
    let actions: Vec<&str> = actions
        .iter()
        .map(|action| action.as_str().unwrap_or_default())
        .collect();
    let action = match (mode, actions.as_slice()) {
        (_, ["no-op"]) => return Ok(None),
        (Mode::Data, ["read"]) if in_root => return Ok(None),
        (Mode::Managed, ["create"]) if in_root => TerraformAction::Create,
        (Mode::Managed, ["update"]) if in_root => TerraformAction::Update,
        (Mode::Managed, ["delete", "create"] | ["create", "delete"]) if in_root => {
            TerraformAction::Replace
        }
        (Mode::Managed, ["delete"]) => TerraformAction::Delete,
        (_, _) if !in_root => return Err(denied("the root has no such block", "address")),
        _ => {
            return Err(denied(
                "what would be done with it is not known to this host",
                "change",
            ));
        }
    };
    Ok(Some(TerraformRequest::Action {
        kind: kind.to_owned(),
        action,
    }))
}

fn denied(what: &str, reason: &str, at: &str) -> Denial {
    Denial::forbidden(
        codes::DRY_RUN,
        format!("Terraform's plan for {}", untrusted(what)),
        reason,
        "look at Terraform's state: somebody else may have written it",
    )
    .at(at)
}

#[cfg(test)]
mod tests {
    use aegis_document::Identifier;
    use serde_json::json;

    use super::*;
    use crate::proposal::Lifecycle;
    use crate::template::Node;

    fn root() -> TerraformRoot {
        let block = |kind: &str, name: &str| TerraformBlock {
            kind: kind.into(),
            name: name.into(),
            body: Node::literal(json!({})),
            depends_on: vec![],
            lifecycle: Lifecycle::default(),
        };
        TerraformRoot {
            root: Identifier::new("network").unwrap(),
            region: "us-east-1".into(),
            providers: vec![],
            resources: vec![block("aws_vpc", "main")],
            data: vec![block("aws_region", "current")],
            outputs: vec![],
        }
    }

    fn derive(change: Value) -> Result<Vec<String>, Denial> {
        let moves = BTreeSet::from([("aws_vpc.old".to_owned(), "aws_vpc.main".to_owned())]);
        let plan = json!({"format_version": "1.2", "resource_changes": [change]});
        derive_dry_run(&plan, &root(), &moves)
            .map(|requests| requests.iter().map(ToString::to_string).collect())
    }

    fn vpc(actions: Value) -> Value {
        json!({
            "address": "aws_vpc.main", "mode": "managed", "type": "aws_vpc", "name": "main",
            "provider_name": "registry.terraform.io/hashicorp/aws", "change": {"actions": actions},
        })
    }

    #[test]
    fn each_action_is_asked_for() {
        for (actions, request) in [
            (json!(["no-op"]), None),
            (json!(["create"]), Some("create aws_vpc")),
            (json!(["update"]), Some("update aws_vpc")),
            (json!(["delete", "create"]), Some("replace aws_vpc")),
            (json!(["create", "delete"]), Some("replace aws_vpc")),
            (json!(["delete"]), Some("delete aws_vpc")),
        ] {
            let requests: Vec<String> = request.into_iter().map(str::to_owned).collect();
            assert_eq!(derive(vpc(actions.clone())), Ok(requests), "{actions}");
        }
    }

    #[test]
    fn a_block_that_left_the_root_is_deleted_and_nothing_else() {
        let with = |actions: Value| {
            let mut change = vpc(actions);
            change["address"] = json!("aws_vpc.gone");
            change["name"] = json!("gone");
            change
        };
        assert_eq!(
            derive(with(json!(["delete"]))),
            Ok(vec!["delete aws_vpc".to_owned()])
        );
        for actions in [
            json!(["create"]),
            json!(["update"]),
            json!(["delete", "create"]),
            json!(["forget"]),
        ] {
            assert!(derive(with(actions.clone())).is_err(), "{actions}");
        }
    }

    #[test]
    fn a_plan_that_does_more_than_the_root_says_is_refused() {
        for (key, value) in [
            (
                "provider_name",
                json!("registry.terraform.io/evil/statepwn"),
            ),
            (
                "provider_name",
                json!("registry.terraform.io/hashicorp/aws/x"),
            ),
            ("provider_name", Value::Null),
            ("module_address", json!("module.x")),
            ("index", json!(0)),
            ("mode", json!("ephemeral")),
            ("type", json!("evil_thing")),
            ("previous_address", json!("aws_vpc.other")),
            ("address", json!("aws_vpc.other")),
            (
                "change",
                json!({"actions": ["create"], "importing": {"id": "vpc-0abc"}}),
            ),
            ("change", json!({"actions": ["forget"]})),
            ("change", json!({"actions": ["read"]})),
            ("change", json!({"actions": ["create", "update"]})),
            ("change", json!({"actions": [1]})),
            ("change", json!({})),
        ] {
            let mut change = vpc(json!(["update"]));
            change[key] = value.clone();
            assert!(derive(change).is_err(), "{key} {value}");
        }
    }

    #[test]
    fn a_move_that_was_proposed_is_followed() {
        let mut change = vpc(json!(["no-op"]));
        change["previous_address"] = json!("aws_vpc.old");
        assert_eq!(derive(change), Ok(vec![]));
    }

    #[test]
    fn only_known_data_is_read() {
        let data = |kind: &str, name: &str| {
            json!({
                "address": format!("data.{kind}.{name}"), "mode": "data", "type": kind, "name": name,
                "provider_name": "registry.terraform.io/hashicorp/aws", "change": {"actions": ["read"]},
            })
        };
        assert_eq!(derive(data("aws_region", "current")), Ok(vec![]));
        assert!(derive(data("aws_region", "other")).is_err());
        assert!(derive(data("aws_lambda_invocation", "x")).is_err());
    }

    #[test]
    fn another_version_of_the_format_is_refused() {
        for version in [json!("2.0"), json!(1), Value::Null] {
            let plan = json!({"format_version": version, "resource_changes": []});
            assert!(derive_dry_run(&plan, &root(), &BTreeSet::new()).is_err());
        }
    }
}
