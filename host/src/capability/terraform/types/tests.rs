use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::*;
use crate::template::Mode;

const MODES: [Mode; 2] = [Mode::Managed, Mode::Data];

#[test]
fn each_type_is_there_once() {
    for mode in MODES {
        let names: Vec<&str> = all(mode).map(|policy| policy.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}

#[test]
fn a_name_in_a_table_is_there_once() {
    fn check(at: &str, attributes: &[Attribute], blocks: &[Block]) {
        let names: Vec<&str> = attributes
            .iter()
            .map(|a| a.name)
            .chain(blocks.iter().map(|b| b.name))
            .collect();
        assert_eq!(
            names.iter().collect::<BTreeSet<_>>().len(),
            names.len(),
            "{at}"
        );
        for block in blocks {
            check(
                &format!("{at}.{}", block.name),
                block.attributes,
                block.blocks,
            );
        }
    }
    for policy in MODES.into_iter().flat_map(all) {
        check(policy.name, policy.attributes, policy.blocks);
    }
}

#[test]
fn data_sources_that_act_or_leak_have_no_table() {
    for name in [
        "aws_lambda_invocation",
        "aws_secretsmanager_secret_version",
        "aws_ssm_parameter",
        "aws_kms_secrets",
        "aws_s3_object",
        "aws_eks_cluster_auth",
        "external",
        "http",
        "terraform_remote_state",
    ] {
        assert!(policy_of(Mode::Data, name).is_none(), "{name}");
    }
}

#[test]
fn what_is_run_or_hands_out_rights_is_never_plain() {
    for policy in all(Mode::Managed) {
        let iam = policy.name.starts_with("aws_iam_") || policy.name.starts_with("aws_ram_");
        let code = policy
            .attributes
            .iter()
            .any(|a| matches!(a.class, Class::Code | Class::Deputy));
        if iam || code {
            assert_ne!(
                policy.risk,
                crate::capability::Risk::Plain,
                "{}",
                policy.name
            );
        }
    }
}

#[test]
fn policies_are_told_to_the_driver() {
    assert!(is_policy("aws_iam_role", "assume_role_policy"));
    assert!(is_policy("aws_kms_key", "policy"));
    assert!(!is_policy("aws_iam_role", "name"));
    assert_eq!(policy_attributes("aws_vpc").count(), 0);
    assert!(takes_boundary("aws_iam_role") && !takes_boundary("aws_vpc"));
}

#[test]
fn only_attributes_beyond_their_type_can_be_named() {
    for (name, class) in [
        ("aws_instance.user_data", Some(AttributeClass::Code)),
        (
            "aws_s3_bucket_ownership_controls.rule.object_ownership",
            Some(AttributeClass::Power),
        ),
        ("aws_kms_grant.operations", Some(AttributeClass::Deputy)),
        ("aws_s3_object.source", None),
        ("aws_vpc.cidr_block", None),
        ("aws_instance", None),
        ("aws_instance.*", None),
        ("aws_instance.user_data.x", None),
        ("", None),
    ] {
        assert_eq!(class_of(name), class, "{name}");
    }
}

/// The tables against the provider's own schema.
#[test]
fn every_attribute_of_a_table_exists_in_the_provider() {
    let Some(schema) = provider_schema() else {
        println!("skipped: needs terraform and the AWS provider");
        return;
    };
    for (mode, key) in [
        (Mode::Managed, "resource_schemas"),
        (Mode::Data, "data_source_schemas"),
    ] {
        for policy in all(mode) {
            let block = &schema[key][policy.name]["block"];
            assert!(
                block.is_object(),
                "{} is not a type of the provider",
                policy.name
            );
            check_block(policy.name, policy.attributes, policy.blocks, block);
            for export in policy.exports {
                let attribute = &block["attributes"][export.name];
                let at = format!("{}.{}", policy.name, export.name);
                assert!(attribute.is_object(), "{at} does not exist");
                assert!(
                    attribute["sensitive"] != json!(true) || export.secret,
                    "{at} is a secret"
                );
                check_export(&at, export.format, &attribute["type"]);
            }
        }
    }
}

fn check_block(at: &str, attributes: &[Attribute], blocks: &[Block], schema: &Value) {
    for attribute in attributes {
        let at = format!("{at}.{}", attribute.name);
        let known = &schema["attributes"][attribute.name];
        assert!(known.is_object(), "{at} does not exist");
        let settable = known["optional"] == json!(true) || known["required"] == json!(true);
        assert!(settable, "{at} cannot be set");
        assert_ne!(known["deprecated"], json!(true), "{at} is deprecated");
        let kind = &known["type"];
        let fits = match attribute.shape {
            Shape::Text => *kind == json!("string"),
            Shape::Number => *kind == json!("number"),
            Shape::Flag => *kind == json!("bool"),
            Shape::Texts => *kind == json!(["list", "string"]) || *kind == json!(["set", "string"]),
            Shape::TextMap => *kind == json!(["map", "string"]),
        };
        assert!(fits, "{at} is {kind} and not {}", attribute.shape.words());
    }
    for block in blocks {
        let at = format!("{at}.{}", block.name);
        let known = &schema["block_types"][block.name]["block"];
        assert!(known.is_object(), "{at} does not exist");
        check_block(&at, block.attributes, block.blocks, known);
    }
    let has = |name: &str| attributes.iter().any(|a| a.name == name && a.required);
    for (name, known) in schema["attributes"].as_object().into_iter().flatten() {
        if known["required"] == json!(true) {
            assert!(has(name), "{at}.{name} is required by the provider");
        }
    }
    for (name, known) in schema["block_types"].as_object().into_iter().flatten() {
        if known["min_items"].as_u64() > Some(0) {
            let listed = blocks
                .iter()
                .any(|block| block.name == name && block.required);
            assert!(listed, "{at}.{name} is required by the provider");
        }
    }
}

fn check_export(at: &str, format: ExportFormat, kind: &Value) {
    let texts = *kind == json!(["list", "string"]) || *kind == json!(["set", "string"]);
    let fits = match format {
        ExportFormat::AwsIds | ExportFormat::Texts => texts,
        ExportFormat::TextMap => *kind == json!(["map", "string"]),
        ExportFormat::Number => *kind == json!("number"),
        ExportFormat::Boolean => *kind == json!("bool"),
        _ => *kind == json!("string"),
    };
    assert!(fits, "{at} is {kind}");
}

#[test]
fn types_that_read_files_are_types_without_a_table() {
    for (kind, attribute) in [
        ("aws_s3_bucket_object", "source"),
        ("aws_synthetics_canary", "zip_file"),
    ] {
        assert!(reads_files(kind, attribute));
        assert!(policy_of(Mode::Managed, kind).is_none());
    }
    if let Some(schema) = provider_schema() {
        let known = schema["resource_schemas"].as_object().into_iter().flatten();
        for (kind, schema) in known.filter(|(kind, _)| policy_of(Mode::Managed, kind).is_none()) {
            for name in ["filename", "zip_file"] {
                let reads = schema["block"]["attributes"].get(name).is_some();
                assert!(!reads || reads_files(kind, name), "{kind}.{name}");
            }
        }
    }
}

/// The schema of the AWS provider that lies in the machine's plugin folder.
fn provider_schema() -> Option<Value> {
    let plugins = std::env::var_os("AEGIS_TF_PLUGINS")
        .map_or_else(|| PathBuf::from("/opt/tf-plugins"), PathBuf::from);
    if !plugins.join("registry.terraform.io/hashicorp/aws").is_dir() {
        return None;
    }
    let folder = tempfile::tempdir().ok()?;
    let root = json!({"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100.0, < 7.0.0"}}}});
    std::fs::write(folder.path().join("main.tf.json"), root.to_string()).ok()?;
    let plugin_dir = format!("-plugin-dir={}", plugins.display());
    terraform(
        folder.path(),
        &["init", "-input=false", "-backend=false", &plugin_dir],
    )?;
    let output = terraform(folder.path(), &["providers", "schema", "-json"])?;
    let mut schema: Value = serde_json::from_slice(&output).ok()?;
    Some(schema["provider_schemas"]["registry.terraform.io/hashicorp/aws"].take())
}

fn terraform(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("terraform")
        .args(arguments)
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}
