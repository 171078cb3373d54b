//! `derive`: total, pure, and the only way from a root to requests.

mod body;
mod guard;
mod order;
mod output;
mod unchecked;
mod value;
mod view;

use std::collections::BTreeSet;

use aegis_document::untrusted;

use self::body::Body;
use self::view::{View, address};
use super::codes;
use super::types;
use super::{PROVIDER, TerraformRequest, is_terraform_name};
use crate::capability::{Denial, DeriveContext, Request};
use crate::proposal::{Change, Lifecycle, TerraformBlock, TerraformRoot};
use crate::template::Mode;

/// Everything that the root implies, sorted, each once. A root that cannot be held to a grant at
/// all is denied.
pub fn derive(
    root: &TerraformRoot,
    change: &Change,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let requests = derive_root(root, context).map_err(|denial| denial.of(&change.id))?;
    Ok(requests.into_iter().map(Request::Terraform).collect())
}

fn derive_root(
    root: &TerraformRoot,
    context: &DeriveContext,
) -> Result<BTreeSet<TerraformRequest>, Denial> {
    let mut requests = BTreeSet::new();
    check_provider(root, &mut requests)?;
    check_names(root)?;
    let view = View::new(root, &context.facts);
    for (mode, list, blocks) in [
        (Mode::Managed, "resources", &root.resources),
        (Mode::Data, "data", &root.data),
    ] {
        for block in blocks {
            let at = format!("/{list}/{}.{}", block.kind, block.name);
            check_lifecycle(mode, block, &at)?;
            match (types::policy_of(mode, &block.kind), mode) {
                (Some(policy), _) => {
                    Body::new(&view, mode, block, &at, &mut requests).check(policy)?
                }
                (None, Mode::Managed) => unchecked::check(&view, block, &at, &mut requests)?,
                (None, Mode::Data) => return Err(ungrantable(block, &at)),
            }
        }
    }
    order::check(root, &view)?;
    output::check(root, &view)?;
    requests.insert(TerraformRequest::Count {
        resources: u32::try_from(root.resources.len()).unwrap_or(u32::MAX),
    });
    Ok(requests)
}

fn ungrantable(block: &TerraformBlock, at: &str) -> Denial {
    Denial::forbidden(
        codes::TYPE,
        format!("read {}", address(Mode::Data, block)),
        "this data source cannot be granted: it is unknown, runs code, or brings secrets into the state",
        "take the value as a fact instead",
    )
    .at(at)
}

/// The host has tables for one provider, and writes its block itself.
fn check_provider(
    root: &TerraformRoot,
    requests: &mut BTreeSet<TerraformRequest>,
) -> Result<(), Denial> {
    let [provider] = root.providers.as_slice() else {
        return Err(Denial::forbidden(
            codes::PROVIDER,
            format!("use {} Terraform providers", root.providers.len()),
            "a root has exactly one provider",
            format!("state {PROVIDER} with a version constraint"),
        )
        .at("/providers"));
    };
    let denied = |reason: &str, help: &str| {
        Denial::forbidden(
            codes::PROVIDER,
            format!("use the Terraform provider {}", untrusted(&provider.source)),
            reason,
            help,
        )
        .at("/providers/0")
    };
    if provider.source != PROVIDER {
        return Err(denied(
            "the host has no rules for its types",
            "use hashicorp/aws",
        ));
    }
    let constraint = |b: u8| b.is_ascii_alphanumeric() || b".,<>=~!- ".contains(&b);
    if provider.version.is_empty()
        || provider.version.len() > 128
        || !provider.version.bytes().all(constraint)
    {
        return Err(denied(
            "its version constraint is none",
            "write one such as `>= 5.100.0, < 7.0.0`",
        ));
    }
    let region = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if root.region.is_empty() || root.region.len() > 32 || !root.region.bytes().all(region) {
        return Err(
            denied("the root's region is none", "write one such as `us-east-1`").at("/region"),
        );
    }
    requests.insert(TerraformRequest::Provider {
        source: provider.source.clone(),
        version: provider.version.clone(),
    });
    requests.insert(TerraformRequest::Region {
        region: root.region.clone(),
    });
    Ok(())
}

/// Types and names are words of Terraform, and no address is there twice: Terraform would merge or
/// refuse such blocks, each version in its own way.
fn check_names(root: &TerraformRoot) -> Result<(), Denial> {
    let denied = |what: String, reason: &str, at: String| {
        Denial::forbidden(
            codes::NAME,
            what,
            reason,
            "use letters, digits and `_`, each name once",
        )
        .at(at)
    };
    let mut seen = BTreeSet::new();
    for (mode, list, blocks) in [
        (Mode::Managed, "resources", &root.resources),
        (Mode::Data, "data", &root.data),
    ] {
        for (index, block) in blocks.iter().enumerate() {
            let at = format!("/{list}/{index}");
            if !is_terraform_name(&block.kind, false) || !is_terraform_name(&block.name, true) {
                let shown = format!("{} {}", untrusted(&block.kind), untrusted(&block.name));
                return Err(denied(
                    format!("a block {shown}"),
                    "its type or its name is not a name of Terraform",
                    at,
                ));
            }
            let address = address(mode, block);
            if !seen.insert(address.clone()) {
                return Err(denied(address, "the root has this block twice", at));
            }
        }
    }
    let mut outputs = BTreeSet::new();
    for (index, output) in root.outputs.iter().enumerate() {
        let at = format!("/outputs/{index}");
        if !is_terraform_name(&output.name, true) {
            let shown = format!("an output {}", untrusted(&output.name));
            return Err(denied(shown, "its name is not a name of Terraform", at));
        }
        if !outputs.insert(output.name.as_str()) {
            return Err(denied(
                format!("output {}", output.name),
                "the root has this output twice",
                at,
            ));
        }
    }
    Ok(())
}

/// What is ignored would be as somebody else left it, so only what could do no harm may be.
fn check_lifecycle(mode: Mode, block: &TerraformBlock, at: &str) -> Result<(), Denial> {
    let denied = |reason: String, at: String| {
        let asked = format!("a lifecycle rule of {}", address(mode, block));
        Denial::forbidden(
            codes::LIFECYCLE,
            asked,
            reason,
            "name attributes that are plain, one by one",
        )
        .at(at)
    };
    if mode == Mode::Data
        && (block.lifecycle != Lifecycle::default() || !block.depends_on.is_empty())
    {
        return Err(denied("a data source has none".to_owned(), at.to_owned()));
    }
    for (index, name) in block.lifecycle.ignore_changes.iter().enumerate() {
        let at = format!("{at}/lifecycle/ignore-changes/{index}");
        let fits = match types::policy_of(mode, &block.kind) {
            Some(policy) => policy.attribute(name).is_some_and(|attribute| {
                matches!(attribute.class, types::Class::Plain | types::Class::Literal)
            }),
            None => is_terraform_name(name, false) && name != "all",
        };
        if !fits {
            return Err(denied(
                format!("changes of {} cannot be ignored", untrusted(name)),
                at,
            ));
        }
    }
    Ok(())
}
