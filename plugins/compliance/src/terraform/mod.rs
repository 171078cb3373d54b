//! Controls over Terraform roots.

mod iam;
mod kms;
mod logs;
mod network;
mod policy;
mod s3;

use aegis_plugin::DocumentKind;
use aegis_plugin::validation::{Control, ControlScope, Severity};
use serde_json::Value;

use crate::document::Document;
use crate::rule::{Check, Rule, Verdict};

const CIS: &str = "CIS AWS 3.0";

/// A resource of a root, with where it stands.
struct Resource<'a> {
    pointer: String,
    name: &'a str,
    body: &'a Value,
}

/// The resources of one type, in the order of the document.
fn resources<'a>(document: &'a Document, kind: &'static str) -> impl Iterator<Item = Resource<'a>> {
    document
        .list("/resources")
        .iter()
        .enumerate()
        .filter_map(move |(index, resource)| {
            (resource.get("type")?.as_str()? == kind).then_some(())?;
            Some(Resource {
                pointer: format!("/resources/{index}/body"),
                name: resource.get("name")?.as_str()?,
                body: resource.get("body")?,
            })
        })
}

/// Whether an argument refers to a resource: by reference, or by the same literal.
fn refers(argument: Option<&Value>, kind: &str, resource: &Resource<'_>, literal: &str) -> bool {
    let Some(text) = argument.and_then(Value::as_str) else {
        return false;
    };
    text.starts_with(&format!("@{{resource:{kind}.{}.", resource.name))
        || resource.body.get(literal).and_then(Value::as_str) == Some(text)
}

/// The first element of a block, which is written as an object or as a list of one.
fn block<'a>(body: &'a Value, name: &str) -> &'a Value {
    match body.get(name) {
        Some(Value::Array(list)) => list.first().unwrap_or(&Value::Null),
        Some(value) => value,
        None => &Value::Null,
    }
}

fn control(id: &str, title: &str, severity: Severity) -> Control {
    Control::new(id, title, severity, ControlScope::Plan)
}

fn root(control: Control, check: fn(&Document) -> Vec<Verdict>) -> Rule {
    Rule {
        control,
        check: Check::Each(DocumentKind::Terraform, check),
    }
}

/// All controls over Terraform roots.
pub fn rules() -> Vec<Rule> {
    vec![
        root(
            control("aws-s3-encrypted", "Buckets that are not public are encrypted with a KMS key", Severity::High)
                .framework(CIS, "2.1.1")
                .remediation("Add aws_s3_bucket_server_side_encryption_configuration with sse_algorithm aws:kms."),
            s3::encrypted,
        ),
        root(
            control("aws-s3-private", "Buckets block public access", Severity::High)
                .framework(CIS, "2.1.4")
                .remediation("Add aws_s3_bucket_public_access_block with all four settings true."),
            s3::private,
        ),
        root(
            control("aws-s3-versioned", "Buckets keep earlier versions", Severity::Medium)
                .framework("AWS FSBP", "S3.14")
                .remediation("Add aws_s3_bucket_versioning with status Enabled."),
            s3::versioned,
        ),
        root(
            control("aws-s3-tls", "Buckets refuse requests without TLS", Severity::Medium)
                .framework(CIS, "2.1.1")
                .remediation("Deny aws:SecureTransport = false in the bucket's policy."),
            s3::tls,
        ),
        root(
            control("aws-kms-rotation", "KMS keys rotate", Severity::Medium)
                .framework(CIS, "3.6")
                .remediation("Set enable_key_rotation."),
            kms::rotation,
        ),
        root(
            control("aws-kms-policy", "Nobody outside the account can use a KMS key", Severity::Critical)
                .framework("AWS FSBP", "KMS.5")
                .remediation("Name the principals in the key policy."),
            |document| kms::open_principals(document, "aws_kms_key"),
        ),
        root(
            control("aws-iam-no-admin", "No policy allows everything", Severity::Critical)
                .framework(CIS, "1.16")
                .remediation("List the actions and resources that are needed."),
            iam::no_admin,
        ),
        root(
            control("aws-iam-oidc-trust", "Federated roles name audience and subject exactly", Severity::Critical)
                .framework("GitHub OIDC hardening", "sub and aud")
                .remediation("Use StringEquals on the provider's :aud and :sub, without wildcards."),
            iam::oidc_trust,
        ),
        root(
            control("aws-vpc-flow-logs", "VPCs log their flows", Severity::Medium)
                .framework(CIS, "3.7")
                .remediation("Add aws_flow_log for the VPC."),
            network::flow_logs,
        ),
        root(
            control("aws-default-security-group", "The default security group of a VPC has no rules", Severity::Medium)
                .framework(CIS, "5.4")
                .remediation("Add aws_default_security_group for the VPC, without ingress and egress."),
            network::default_group,
        ),
        root(
            control("aws-open-ports", "No port but HTTPS is open to the world", Severity::High)
                .framework(CIS, "5.2")
                .framework(CIS, "5.3")
                .remediation("Limit the rule to the networks that need it."),
            network::open_ports,
        ),
        root(
            control("aws-logs-retention", "Log groups expire, and are encrypted with a key of one's own", Severity::Low)
                .framework("AWS FSBP", "CloudWatch.16")
                .remediation("Set kms_key_id and retention_in_days."),
            logs::kept_and_encrypted,
        ),
    ]
}
