//! Controls over Terraform roots.

use aegis_plugin::DocumentKind;
use aegis_plugin::validation::{Control, ControlScope, Severity};
use serde_json::Value;

use crate::document::{Document, is_world, unknown};
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
            s3_encrypted,
        ),
        root(
            control("aws-s3-private", "Buckets block public access", Severity::High)
                .framework(CIS, "2.1.4")
                .remediation("Add aws_s3_bucket_public_access_block with all four settings true."),
            s3_private,
        ),
        root(
            control("aws-s3-versioned", "Buckets keep earlier versions", Severity::Medium)
                .framework("AWS FSBP", "S3.14")
                .remediation("Add aws_s3_bucket_versioning with status Enabled."),
            s3_versioned,
        ),
        root(
            control("aws-s3-tls", "Buckets refuse requests without TLS", Severity::Medium)
                .framework(CIS, "2.1.1")
                .remediation("Deny aws:SecureTransport = false in the bucket's policy."),
            s3_tls,
        ),
        root(
            control("aws-kms-rotation", "KMS keys rotate", Severity::Medium)
                .framework(CIS, "3.6")
                .remediation("Set enable_key_rotation."),
            kms_rotation,
        ),
        root(
            control("aws-kms-policy", "Nobody outside the account can use a KMS key", Severity::Critical)
                .framework("AWS FSBP", "KMS.5")
                .remediation("Name the principals in the key policy."),
            |document| open_principals(document, "aws_kms_key"),
        ),
        root(
            control("aws-iam-no-admin", "No policy allows everything", Severity::Critical)
                .framework(CIS, "1.16")
                .remediation("List the actions and resources that are needed."),
            no_admin,
        ),
        root(
            control("aws-iam-oidc-trust", "Federated roles name audience and subject exactly", Severity::Critical)
                .framework("GitHub OIDC hardening", "sub and aud")
                .remediation("Use StringEquals on the provider's :aud and :sub, without wildcards."),
            oidc_trust,
        ),
        root(
            control("aws-vpc-flow-logs", "VPCs log their flows", Severity::Medium)
                .framework(CIS, "3.7")
                .remediation("Add aws_flow_log for the VPC."),
            flow_logs,
        ),
        root(
            control("aws-default-security-group", "The default security group of a VPC has no rules", Severity::Medium)
                .framework(CIS, "5.4")
                .remediation("Add aws_default_security_group for the VPC, without ingress and egress."),
            default_group,
        ),
        root(
            control("aws-open-ports", "No port but HTTPS is open to the world", Severity::High)
                .framework(CIS, "5.2")
                .framework(CIS, "5.3")
                .remediation("Limit the rule to the networks that need it."),
            open_ports,
        ),
        root(
            control("aws-logs-retention", "Log groups expire, and are encrypted with a key of one's own", Severity::Low)
                .framework("AWS FSBP", "CloudWatch.16")
                .remediation("Set kms_key_id and retention_in_days."),
            logs,
        ),
    ]
}

// ---- S3 -----------------------------------------------------------------------------------------

/// The settings of a bucket that are a resource of their own.
fn of_bucket<'a>(
    document: &'a Document,
    kind: &'static str,
    bucket: &Resource<'_>,
) -> Option<Resource<'a>> {
    resources(document, kind)
        .find(|other| refers(other.body.get("bucket"), "aws_s3_bucket", bucket, "bucket"))
}

/// Who else can read a bucket.
#[derive(PartialEq)]
enum Readers {
    /// Nobody but those whom the account lets.
    Account,
    /// Everybody, and only the two documents of OIDC discovery: AWS reads them without credentials, to check the
    /// tokens of service accounts.
    Discovery,
    Everybody,
}

fn readers(document: &Document, bucket: &Resource<'_>) -> Readers {
    let acl = of_bucket(document, "aws_s3_bucket_acl", bucket);
    let acl = acl
        .as_ref()
        .and_then(|acl| acl.body.get("acl"))
        .and_then(Value::as_str);
    if acl.is_some_and(|acl| acl.starts_with("public-") || acl == "authenticated-read") {
        return Readers::Everybody;
    }
    let policy = of_bucket(document, "aws_s3_bucket_policy", bucket);
    let open: Vec<&Value> = policy
        .iter()
        .flat_map(|policy| allows(policy.body.get("policy")))
        .filter(|statement| is_everybody(statement.get("Principal")))
        .collect();
    match open.as_slice() {
        [] => Readers::Account,
        open if open.iter().all(|statement| reads_discovery(statement)) => Readers::Discovery,
        _ => Readers::Everybody,
    }
}

/// The paths below an issuer, OpenID Connect Discovery 1.0 section 4 and where kOps puts the keys.
const DISCOVERY: [&str; 2] = ["/.well-known/openid-configuration", "/openid/v1/jwks"];

fn reads_discovery(statement: &Value) -> bool {
    let resources = texts(statement.get("Resource"));
    texts(statement.get("Action")) == ["s3:GetObject"]
        && !resources.is_empty()
        && resources
            .iter()
            .all(|resource| DISCOVERY.iter().any(|path| resource.ends_with(path)))
}

/// Whether other buckets write their access logs into this one.
fn takes_logs(document: &Document, bucket: &Resource<'_>) -> bool {
    resources(document, "aws_s3_bucket_logging").any(|logging| {
        refers(
            logging.body.get("target_bucket"),
            "aws_s3_bucket",
            bucket,
            "bucket",
        )
    })
}

fn each_bucket(
    document: &Document,
    check: impl Fn(&Resource<'_>) -> Result<&'static str, Verdict>,
) -> Vec<Verdict> {
    resources(document, "aws_s3_bucket")
        .map(|bucket| match check(&bucket) {
            Ok(message) => Verdict::pass(format!("{}: {message}", bucket.name)),
            Err(verdict) => verdict,
        })
        .collect()
}

fn s3_encrypted(document: &Document) -> Vec<Verdict> {
    each_bucket(document, |bucket| {
        if readers(document, bucket) == Readers::Discovery {
            return Ok("holds published documents, which are no secrets");
        }
        let settings = of_bucket(
            document,
            "aws_s3_bucket_server_side_encryption_configuration",
            bucket,
        )
        .ok_or_else(|| {
            Verdict::fail(
                &bucket.pointer,
                format!("{}: no encryption is set", bucket.name),
            )
        })?;
        let default = block(
            block(settings.body, "rule"),
            "apply_server_side_encryption_by_default",
        );
        let algorithm = default.get("sse_algorithm").unwrap_or(&Value::Null);
        match algorithm.as_str() {
            Some("aws:kms" | "aws:kms:dsse") => Ok("encrypted with a KMS key"),
            // S3 delivers access logs only to buckets whose default is SSE-S3.
            Some("AES256") if takes_logs(document, bucket) => {
                Ok("encrypted by S3, as log delivery needs it")
            }
            _ => Err(Verdict::fail(
                settings.pointer,
                format!("{}: not encrypted with a KMS key", bucket.name),
            )
            .seen(algorithm)),
        }
    })
}

fn s3_private(document: &Document) -> Vec<Verdict> {
    const SETTINGS: [&str; 4] = [
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    ];
    each_bucket(document, |bucket| {
        let name = bucket.name;
        match readers(document, bucket) {
            Readers::Account => {}
            Readers::Discovery => {
                let message = format!(
                    "{name}: everybody can read the documents of OIDC discovery, and nothing else"
                );
                return Err(Verdict::warn(&bucket.pointer, message));
            }
            Readers::Everybody => {
                return Err(Verdict::fail(
                    &bucket.pointer,
                    format!("{name}: open to everybody"),
                ));
            }
        }
        let block =
            of_bucket(document, "aws_s3_bucket_public_access_block", bucket).ok_or_else(|| {
                Verdict::fail(
                    &bucket.pointer,
                    format!("{name}: public access is not blocked"),
                )
            })?;
        match SETTINGS
            .iter()
            .find(|setting| block.body.get(**setting) != Some(&Value::Bool(true)))
        {
            None => Ok("public access is blocked"),
            Some(setting) => Err(Verdict::fail(
                format!("{}/{setting}", block.pointer),
                format!("{name}: {setting} must be true"),
            )),
        }
    })
}

fn s3_versioned(document: &Document) -> Vec<Verdict> {
    each_bucket(document, |bucket| {
        let versioning = of_bucket(document, "aws_s3_bucket_versioning", bucket);
        let status = versioning
            .as_ref()
            .map(|v| block(v.body, "versioning_configuration").get("status"));
        match status.flatten().and_then(Value::as_str) {
            Some("Enabled") => Ok("earlier versions are kept"),
            _ if takes_logs(document, bucket) => Ok("log objects are written once"),
            _ => Err(Verdict::fail(
                &bucket.pointer,
                format!("{}: earlier versions are not kept", bucket.name),
            )),
        }
    })
}

fn s3_tls(document: &Document) -> Vec<Verdict> {
    each_bucket(document, |bucket| {
        let policy = of_bucket(document, "aws_s3_bucket_policy", bucket);
        let denied = policy.as_ref().is_some_and(|policy| {
            statements(policy.body.get("policy")).any(|statement| {
                let flag = statement
                    .pointer("/Condition/Bool/aws:SecureTransport")
                    .map(|value| match value {
                        Value::Array(list) => list.iter().any(is_no),
                        value => is_no(value),
                    });
                statement.get("Effect").and_then(Value::as_str) == Some("Deny")
                    && is_everybody(statement.get("Principal"))
                    && flag == Some(true)
            })
        });
        if denied {
            Ok("requests without TLS are denied")
        } else {
            Err(Verdict::fail(
                &bucket.pointer,
                format!("{}: requests without TLS are not denied", bucket.name),
            ))
        }
    })
}

fn is_no(value: &Value) -> bool {
    value.as_str() == Some("false") || value.as_bool() == Some(false)
}

// ---- KMS and IAM ----------------------------------------------------------------------------------

fn kms_rotation(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_kms_key")
        .map(|key| match key.body.get("enable_key_rotation") {
            Some(Value::Bool(true)) => Verdict::pass(format!("{} rotates", key.name)),
            other => Verdict::fail(
                format!("{}/enable_key_rotation", key.pointer),
                format!("{} does not rotate", key.name),
            )
            .seen(other.unwrap_or(&Value::Null)),
        })
        .collect()
}

/// The statements of a policy; one statement may stand without a list.
fn statements(policy: Option<&Value>) -> impl Iterator<Item = &Value> {
    let statements = policy.and_then(|policy| policy.get("Statement"));
    let (list, one) = match statements {
        Some(Value::Array(list)) => (list.as_slice(), None),
        Some(one) => (&[][..], Some(one)),
        None => (&[][..], None),
    };
    list.iter().chain(one)
}

fn allows(policy: Option<&Value>) -> impl Iterator<Item = &Value> {
    statements(policy)
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
}

/// The texts of a value that is a string or a list of strings.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_everybody(principal: Option<&Value>) -> bool {
    match principal {
        Some(Value::String(text)) => text == "*",
        Some(Value::Object(kinds)) => texts(kinds.get("AWS")).contains(&"*"),
        _ => false,
    }
}

fn open_principals(document: &Document, kind: &'static str) -> Vec<Verdict> {
    resources(document, kind)
        .map(|resource| {
            let policy = resource.body.get("policy");
            let at = format!("{}/policy", resource.pointer);
            if policy.is_none() {
                return Verdict::pass(format!(
                    "{}: the default policy admits the account only",
                    resource.name
                ));
            }
            let open = allows(policy).find(|statement| {
                is_everybody(statement.get("Principal")) && statement.get("Condition").is_none()
            });
            match open {
                Some(statement) => {
                    Verdict::fail(at, format!("{}: everybody is allowed", resource.name))
                        .seen(statement)
                }
                None => Verdict::pass(format!("{}: the principals are named", resource.name)),
            }
        })
        .collect()
}

/// Resources that hold a policy for identities, and the argument that holds it.
const IDENTITY_POLICIES: [&str; 3] = [
    "aws_iam_policy",
    "aws_iam_role_policy",
    "aws_iam_user_policy",
];

fn no_admin(document: &Document) -> Vec<Verdict> {
    IDENTITY_POLICIES
        .into_iter()
        .flat_map(|kind| resources(document, kind))
        .map(|resource| {
            let at = format!("{}/policy", resource.pointer);
            let Some(policy) = resource.body.get("policy") else {
                return Verdict::unknown(at);
            };
            let admin = allows(Some(policy)).find(|statement| {
                let everything = |field| {
                    texts(statement.get(field))
                        .iter()
                        .any(|text| matches!(*text, "*" | "*:*"))
                };
                (everything("Action") && everything("Resource"))
                    || statement.get("NotAction").is_some()
                    || statement.get("NotResource").is_some()
            });
            match admin {
                Some(statement) => {
                    Verdict::fail(at, format!("{} allows everything", resource.name))
                        .seen(statement)
                }
                None => Verdict::pass(format!("{} lists what it allows", resource.name)),
            }
        })
        .collect()
}

fn oidc_trust(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_iam_role")
        .filter_map(|role| {
            let policy = role.body.get("assume_role_policy");
            let federated = allows(policy)
                .filter(|statement| statement.pointer("/Principal/Federated").is_some());
            let verdicts: Vec<Verdict> =
                federated.map(|statement| trust(&role, statement)).collect();
            verdicts.into_iter().max_by_key(|verdict| {
                u8::from(verdict.outcome == aegis_plugin::validation::Outcome::Fail)
            })
        })
        .collect()
}

fn trust(role: &Resource<'_>, statement: &Value) -> Verdict {
    let at = format!("{}/assume_role_policy", role.pointer);
    let equals = statement
        .pointer("/Condition/StringEquals")
        .and_then(Value::as_object);
    let exact = |suffix: &str| {
        equals.is_some_and(|conditions| {
            conditions.iter().any(|(key, value)| {
                let values = texts(Some(value));
                key.ends_with(suffix)
                    && !values.is_empty()
                    && values.iter().all(|text| !text.contains('*'))
            })
        })
    };
    match (exact(":aud"), exact(":sub")) {
        (true, true) => Verdict::pass(format!("{} names audience and subject", role.name)),
        (false, _) => Verdict::fail(
            at,
            format!("{}: the audience is not named exactly", role.name),
        )
        .seen(statement),
        (_, false) => Verdict::fail(
            at,
            format!("{}: the subject is not named exactly", role.name),
        )
        .seen(statement),
    }
}

// ---- network --------------------------------------------------------------------------------------

fn flow_logs(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_vpc")
        .map(|vpc| {
            let logged = resources(document, "aws_flow_log")
                .any(|log| refers(log.body.get("vpc_id"), "aws_vpc", &vpc, "id"));
            if logged {
                Verdict::pass(format!("{} logs its flows", vpc.name))
            } else {
                Verdict::fail(&vpc.pointer, format!("{} does not log its flows", vpc.name))
            }
        })
        .collect()
}

fn default_group(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_vpc")
        .map(|vpc| {
            let group = resources(document, "aws_default_security_group")
                .find(|group| refers(group.body.get("vpc_id"), "aws_vpc", &vpc, "id"));
            let Some(group) = group else {
                return Verdict::fail(
                    &vpc.pointer,
                    format!("{}: the default security group is left as it is", vpc.name),
                );
            };
            let rules =
                ["ingress", "egress"]
                    .into_iter()
                    .find(|name| match group.body.get(*name) {
                        None | Some(Value::Null) => false,
                        Some(Value::Array(list)) => !list.is_empty(),
                        Some(_) => true,
                    });
            match rules {
                None => Verdict::pass(format!(
                    "{}: the default security group has no rules",
                    vpc.name
                )),
                Some(name) => Verdict::fail(
                    format!("{}/{name}", group.pointer),
                    format!("{}: the default security group has rules", vpc.name),
                ),
            }
        })
        .collect()
}

/// A rule that lets traffic in, however it is written.
struct Ingress<'a> {
    pointer: String,
    networks: Vec<&'a Value>,
    protocol: &'a Value,
    from: &'a Value,
    to: &'a Value,
}

fn ingress_rules(document: &Document) -> Vec<Ingress<'_>> {
    let mut rules = Vec::new();
    for rule in resources(document, "aws_vpc_security_group_ingress_rule") {
        rules.push(Ingress {
            networks: ["cidr_ipv4", "cidr_ipv6"]
                .into_iter()
                .filter_map(|name| rule.body.get(name))
                .collect(),
            protocol: rule.body.get("ip_protocol").unwrap_or(&Value::Null),
            from: rule.body.get("from_port").unwrap_or(&Value::Null),
            to: rule.body.get("to_port").unwrap_or(&Value::Null),
            pointer: rule.pointer,
        });
    }
    for group in resources(document, "aws_security_group") {
        let Some(Value::Array(list)) = group.body.get("ingress") else {
            continue;
        };
        for (index, rule) in list.iter().enumerate() {
            let networks = ["cidr_blocks", "ipv6_cidr_blocks"].into_iter();
            rules.push(Ingress {
                pointer: format!("{}/ingress/{index}", group.pointer),
                networks: networks
                    .filter_map(|name| rule.get(name)?.as_array())
                    .flatten()
                    .collect(),
                protocol: rule.get("protocol").unwrap_or(&Value::Null),
                from: rule.get("from_port").unwrap_or(&Value::Null),
                to: rule.get("to_port").unwrap_or(&Value::Null),
            });
        }
    }
    rules
}

fn open_ports(document: &Document) -> Vec<Verdict> {
    ingress_rules(document)
        .into_iter()
        .map(|rule| {
            if rule.networks.iter().any(|network| unknown(network)) {
                return Verdict::unknown(rule.pointer);
            }
            if !rule.networks.iter().any(|network| is_world(network)) {
                return Verdict::pass("limited to named networks");
            }
            let https = rule.protocol.as_str() == Some("tcp")
                && rule.from.as_i64() == Some(443)
                && rule.to.as_i64() == Some(443);
            if https {
                Verdict::warn(rule.pointer, "HTTPS is open to the world")
            } else {
                Verdict::fail(rule.pointer, "open to the world").seen(format_args!(
                    "protocol {}, ports {} to {}",
                    rule.protocol, rule.from, rule.to
                ))
            }
        })
        .collect()
}

fn logs(document: &Document) -> Vec<Verdict> {
    resources(document, "aws_cloudwatch_log_group")
        .map(|group| {
            let name = group.name;
            let retention = group
                .body
                .get("retention_in_days")
                .and_then(Value::as_i64)
                .unwrap_or(0);
            if retention == 0 {
                Verdict::fail(
                    format!("{}/retention_in_days", group.pointer),
                    format!("{name}: kept for ever"),
                )
            } else if group.body.get("kms_key_id").is_none_or(Value::is_null) {
                // CloudWatch encrypts every log group; the question is only with whose key.
                let message =
                    format!("{name}: kept for {retention} days, encrypted with a key of AWS's own");
                Verdict::warn(format!("{}/kms_key_id", group.pointer), message)
            } else {
                Verdict::pass(format!(
                    "{name}: kept for {retention} days, encrypted with a key of one's own"
                ))
            }
        })
        .collect()
}
