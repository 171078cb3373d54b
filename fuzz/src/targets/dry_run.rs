//! What Terraform prints of a plan and of its state.

use std::collections::BTreeSet;

use aegis_document::{Limits, read};
use aegis_host::capability::terraform::{check_state, derive_dry_run};
use aegis_host::proposal::{Lifecycle, TerraformBlock, TerraformRoot};
use aegis_host::template::Node;
use serde_json::json;

use crate::authentic::identifier;
use crate::check;

pub(super) fn run(input: &[u8]) {
    let Ok(value) = read(input, Limits::EMBEDDED) else {
        return;
    };
    let moves = BTreeSet::from([("aws_vpc.old".to_owned(), "aws_vpc.main".to_owned())]);
    match derive_dry_run(&value, &root(), &moves) {
        Ok(requests) => {
            requests.iter().for_each(check::shown);
            let changes = value["resource_changes"].as_array();
            for change in changes.into_iter().flatten() {
                only_the_provider(change["provider_name"].as_str());
                assert!(change.get("module_address").is_none());
            }
        }
        Err(denial) => check::refused(&denial),
    }
    match check_state(&value) {
        Ok(()) => {
            for resource in value["resources"].as_array().into_iter().flatten() {
                let provider = resource["provider"].as_str();
                only_the_provider(
                    provider
                        .and_then(|text| text.strip_prefix("provider[\""))
                        .and_then(|text| text.strip_suffix("\"]")),
                );
            }
        }
        Err(denial) => check::refused(&denial),
    }
}

fn only_the_provider(address: Option<&str>) {
    let known = [
        "registry.terraform.io/hashicorp/aws",
        "registry.opentofu.org/hashicorp/aws",
    ];
    assert!(
        address.is_some_and(|address| known.contains(&address)),
        "{address:?}"
    );
}

fn root() -> TerraformRoot {
    let block = |kind: &str, name: &str| TerraformBlock {
        kind: kind.to_owned(),
        name: name.to_owned(),
        body: Node::literal(json!({})),
        depends_on: Vec::new(),
        lifecycle: Lifecycle::default(),
    };
    TerraformRoot {
        root: identifier("network"),
        region: "us-east-1".to_owned(),
        providers: Vec::new(),
        resources: vec![block("aws_vpc", "main")],
        data: vec![block("aws_region", "current")],
        outputs: Vec::new(),
    }
}
