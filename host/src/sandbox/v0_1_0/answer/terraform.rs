//! Terraform roots, kOps clusters and calls of an operator's tools.

use super::super::bindings::changes as wit;
use crate::proposal::{
    InstanceGroup, KopsCluster, KopsRoll, KopsSecret, Lifecycle, Provider, TerraformBlock,
    TerraformOutput, TerraformRoot, ToolCall,
};
use crate::sandbox::parse::{AnswerError, At, Budget, each, node, object, text, unique_keys};

pub(super) fn terraform_root(
    raw: wit::TerraformRoot,
    budget: &mut Budget,
) -> Result<TerraformRoot, AnswerError> {
    Ok(TerraformRoot {
        root: text::identifier(raw.root).at("root")?,
        region: text::word(raw.region).at("region")?,
        providers: each("providers", raw.providers, budget, |raw, _| {
            Ok(Provider {
                source: text::relative_path(raw.source).at("source")?,
                version: text::control(raw.version).at("version")?,
            })
        })?,
        resources: each("resources", raw.resources, budget, resource)?,
        data: each("data", raw.data, budget, data)?,
        outputs: each("outputs", raw.outputs, budget, |raw, budget| {
            Ok(TerraformOutput {
                name: text::terraform_name(raw.name).at("name")?,
                value: node(&raw.value, budget).at("value")?,
                sensitive: raw.sensitive,
            })
        })?,
    })
}

fn resource(
    raw: wit::TerraformResource,
    budget: &mut Budget,
) -> Result<TerraformBlock, AnswerError> {
    let lifecycle = raw.lifecycle;
    Ok(TerraformBlock {
        kind: text::terraform_name(raw.type_).at("type")?,
        name: text::terraform_name(raw.name).at("name")?,
        body: object(&raw.body, budget).at("body")?,
        depends_on: each("depends-on", raw.depends_on, budget, |address, _| {
            text::terraform_address(address)
        })?,
        lifecycle: Lifecycle {
            create_before_destroy: lifecycle.create_before_destroy,
            prevent_destroy: lifecycle.prevent_destroy,
            ignore_changes: each(
                "ignore-changes",
                lifecycle.ignore_changes,
                budget,
                |path, _| text::word(path),
            )
            .at("lifecycle")?,
        },
    })
}

fn data(raw: wit::TerraformData, budget: &mut Budget) -> Result<TerraformBlock, AnswerError> {
    Ok(TerraformBlock {
        kind: text::terraform_name(raw.type_).at("type")?,
        name: text::terraform_name(raw.name).at("name")?,
        body: object(&raw.body, budget).at("body")?,
        depends_on: Vec::new(),
        lifecycle: Lifecycle::default(),
    })
}

pub(super) fn kops_cluster(
    raw: wit::KopsCluster,
    budget: &mut Budget,
) -> Result<KopsCluster, AnswerError> {
    let instance_groups = each(
        "instance-groups",
        raw.instance_groups,
        budget,
        |raw, budget| {
            Ok(InstanceGroup {
                name: text::identifier(raw.name).at("name")?,
                spec: object(&raw.spec, budget).at("spec")?,
            })
        },
    )?;
    Ok(KopsCluster {
        spec: object(&raw.spec, budget).at("spec")?,
        instance_groups,
        secrets: each("secrets", raw.secrets, budget, |raw, _| {
            Ok(KopsSecret {
                name: text::identifier(raw.name).at("name")?,
                fact: text::identifier(raw.fact).at("fact")?,
            })
        })?,
        roll: match raw.roll {
            wit::KopsRoll::Never => KopsRoll::Never,
            wit::KopsRoll::AsNeeded => KopsRoll::AsNeeded,
            wit::KopsRoll::Groups(groups) => {
                KopsRoll::Groups(each("roll", groups, budget, |name, _| {
                    text::identifier(name)
                })?)
            }
        },
    })
}

pub(super) fn tool_call(raw: wit::ToolCall, budget: &mut Budget) -> Result<ToolCall, AnswerError> {
    let holes = each("holes", raw.holes, budget, |(name, value), budget| {
        Ok((text::word(name)?, node(&value, budget)?))
    })?;
    let inputs = each("inputs", raw.inputs, budget, |(name, content), _| {
        Ok((text::relative_path(name)?, text::templated(&content)?))
    })?;
    unique_keys("holes", &holes)?;
    unique_keys("inputs", &inputs)?;
    Ok(ToolCall {
        adapter: text::identifier(raw.adapter).at("adapter")?,
        holes,
        inputs,
        stdin_secrets: each("stdin-secrets", raw.stdin_secrets, budget, |fact, _| {
            text::identifier(fact)
        })?,
        idempotent: raw.idempotent,
        probe: text::optional_identifier(raw.probe).at("probe")?,
        undo: text::optional_identifier(raw.undo).at("undo")?,
    })
}
