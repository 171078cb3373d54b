//! Roots that no grant can allow, and why.

use serde_json::{Value, json};

use super::super::codes::*;
use super::{requests, resource};

/// A harmless root with one more resource.
fn with(kind: &str, body: Value) -> Value {
    json!({"resources": [vpc(), resource(kind, "x", body)], "data": [resource("aws_region", "r", json!({}))]})
}

fn vpc() -> Value {
    resource("aws_vpc", "main", json!({"cidr_block": "10.0.0.0/16"}))
}

/// A harmless VPC whose body has one more argument.
fn vpc_with(key: &str, value: Value) -> Value {
    let mut vpc = vpc();
    vpc["body"][key] = value;
    json!({"resources": [vpc]})
}

fn vpc_like(key: &str, value: Value) -> Value {
    let mut vpc = vpc();
    vpc[key] = value;
    json!({"resources": [vpc]})
}

fn data(kind: &str) -> Value {
    json!({"data": [resource(kind, "x", json!({}))]})
}

fn output(value: Value) -> Value {
    let key = resource("aws_iam_access_key", "k", json!({"user": "somebody"}));
    json!({"resources": [vpc(), key], "outputs": [{"name": "o", "value": value}]})
}

fn role(policy: Value) -> Value {
    with(
        "aws_iam_role",
        json!({"name": "r", "assume_role_policy": policy}),
    )
}

fn trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]})
}

fn inline(statement: Value) -> Value {
    with(
        "aws_iam_role_policy",
        json!({
            "role": "preexisting",
            "policy": {"Version": "2012-10-17", "Statement": [statement]},
        }),
    )
}

#[test]
fn hostile_roots_are_refused() {
    let table: Vec<(&str, Value, &str)> = vec![
        // Meta-arguments, in every form that Terraform reads.
        ("count", vpc_with("count", json!(10000)), META_ARGUMENT),
        (
            "count as text",
            vpc_with("count", json!("10000")),
            META_ARGUMENT,
        ),
        (
            "count as a list",
            vpc_with("count", json!([10000])),
            META_ARGUMENT,
        ),
        (
            "for_each over a map",
            vpc_with("for_each", json!({"a": 1})),
            META_ARGUMENT,
        ),
        (
            "for_each over a list",
            vpc_with("for_each", json!(["a"])),
            META_ARGUMENT,
        ),
        (
            "another provider",
            vpc_with("provider", json!("aws.evil")),
            META_ARGUMENT,
        ),
        (
            "a provisioner as a map",
            vpc_with("provisioner", json!({"local-exec": {"command": "id"}})),
            META_ARGUMENT,
        ),
        (
            "a provisioner as a list",
            vpc_with("provisioner", json!([{"local-exec": [{"command": "id"}]}])),
            META_ARGUMENT,
        ),
        (
            "an empty provisioner",
            vpc_with("provisioner", json!([])),
            META_ARGUMENT,
        ),
        (
            "a connection",
            vpc_with("connection", json!({"host": "169.254.169.254"})),
            META_ARGUMENT,
        ),
        (
            "dynamic blocks",
            vpc_with("dynamic", json!({"tags": {"for_each": [1], "content": {}}})),
            META_ARGUMENT,
        ),
        (
            "lifecycle in a body",
            vpc_with("lifecycle", json!({"postcondition": []})),
            META_ARGUMENT,
        ),
        (
            "depends_on in a body",
            vpc_with("depends_on", json!(["aws_vpc.other"])),
            META_ARGUMENT,
        ),
        ("a comment", vpc_with("//", json!("x")), META_ARGUMENT),
        (
            "a meta-argument of an opaque type",
            with(
                "aws_sqs_queue",
                json!({"provisioner": [{"local-exec": [{}]}]}),
            ),
            META_ARGUMENT,
        ),
        (
            "dynamic deep in an opaque type",
            with("aws_sqs_queue", json!({"a": [{"dynamic": {}}]})),
            META_ARGUMENT,
        ),
        // Arguments that the tables do not have.
        ("an unknown argument", vpc_with("evil", json!(1)), ARGUMENT),
        (
            "a computed argument",
            vpc_with("id", json!("vpc-0abc")),
            ARGUMENT,
        ),
        (
            "an argument that only looks alike",
            vpc_with("cidr_block ", json!("10.0.0.0/16")),
            ARGUMENT,
        ),
        (
            "an argument in another case",
            vpc_with("CIDR_BLOCK", json!("10.0.0.0/16")),
            ARGUMENT,
        ),
        (
            "a template as an argument",
            vpc_with("${file(\"x\")}", json!(1)),
            ARGUMENT,
        ),
        (
            "inline rules of a group",
            with(
                "aws_security_group",
                json!({"vpc_id": "@{resource:aws_vpc.main.id}", "ingress": []}),
            ),
            ARGUMENT,
        ),
        (
            "inline policies of a role",
            with(
                "aws_iam_role",
                json!({"inline_policy": [{"name": "x", "policy": "{}"}]}),
            ),
            ARGUMENT,
        ),
        (
            "an exclusive list of attachments",
            with("aws_iam_role", json!({"managed_policy_arns": []})),
            ARGUMENT,
        ),
        (
            "an inline policy of a bucket",
            with("aws_s3_bucket", json!({"policy": "{}"})),
            ARGUMENT,
        ),
        (
            "the network of the account",
            with("aws_security_group", json!({"name": "x"})),
            ARGUMENT,
        ),
        (
            "the default group of the account",
            with("aws_default_security_group", json!({})),
            ARGUMENT,
        ),
        (
            "a public access block with holes",
            with(
                "aws_s3_bucket_public_access_block",
                json!({"bucket": "b", "block_public_acls": true}),
            ),
            ARGUMENT,
        ),
        (
            "an unknown argument of a nested block",
            with(
                "aws_s3_bucket_versioning",
                json!({"bucket": "b", "versioning_configuration": {"status": "Enabled", "x": 1}}),
            ),
            ARGUMENT,
        ),
        // Shapes.
        (
            "a body that is a list",
            vpc_like("body", json!([{"cidr_block": "10.0.0.0/16"}])),
            SHAPE,
        ),
        (
            "a body that is text",
            vpc_like("body", json!("${x}")),
            SHAPE,
        ),
        (
            "a body that is nothing",
            vpc_like("body", json!(null)),
            SHAPE,
        ),
        (
            "a map where a text belongs",
            vpc_with("cidr_block", json!({"a": "b"})),
            SHAPE,
        ),
        (
            "a list where a text belongs",
            vpc_with("cidr_block", json!(["10.0.0.0/16"])),
            SHAPE,
        ),
        (
            "nothing where a text belongs",
            vpc_with("cidr_block", json!(null)),
            SHAPE,
        ),
        (
            "text where a flag belongs",
            vpc_with("enable_dns_support", json!("${true}")),
            SHAPE,
        ),
        (
            "a tag that is a map",
            vpc_with("tags", json!({"a": {"b": "c"}})),
            SHAPE,
        ),
        (
            "tags that are a list",
            vpc_with("tags", json!([{"a": "b"}])),
            SHAPE,
        ),
        (
            "a block that is text",
            with(
                "aws_s3_bucket_versioning",
                json!({"bucket": "b", "versioning_configuration": "x"}),
            ),
            SHAPE,
        ),
        (
            "a block that is an empty list",
            with(
                "aws_s3_bucket_versioning",
                json!({"bucket": "b", "versioning_configuration": []}),
            ),
            SHAPE,
        ),
        (
            "a list of lists of blocks",
            with(
                "aws_s3_bucket_versioning",
                json!({"bucket": "b", "versioning_configuration": [[{"status": "Enabled"}]]}),
            ),
            SHAPE,
        ),
        (
            "a token where a literal decides",
            vpc_with("instance_tenancy", json!("@{state.note}")),
            SHAPE,
        ),
        (
            "a token in a role's name",
            with(
                "aws_iam_role",
                json!({"name": "@{state.note}", "assume_role_policy": trust()}),
            ),
            SHAPE,
        ),
        (
            "a token in what is run",
            with(
                "aws_instance",
                json!({"ami": "ami-1", "user_data": "curl @{use1/network.vpc-id}"}),
            ),
            SHAPE,
        ),
        (
            "a token that opens",
            with(
                "aws_s3_bucket_acl",
                json!({"bucket": "b", "acl": "@{state.note}"}),
            ),
            SHAPE,
        ),
        // Tokens.
        (
            "a token of no block",
            vpc_with("tags", json!({"a": "@{resource:aws_vpc.other.id}"})),
            REFERENCE,
        ),
        (
            "a token of no data source",
            vpc_with("tags", json!({"a": "@{data:aws_partition.p.partition}"})),
            REFERENCE,
        ),
        (
            "a token of an unknown value",
            with(
                "aws_eip",
                json!({"domain": "vpc", "tags": {"a": "@{resource:aws_vpc.main.evil}"}}),
            ),
            REFERENCE,
        ),
        (
            "a token below a value",
            with(
                "aws_eip",
                json!({"domain": "vpc", "tags": {"a": "@{resource:aws_vpc.main.id.0}"}}),
            ),
            REFERENCE,
        ),
        (
            "a token of a fact nobody declared",
            vpc_with("tags", json!({"a": "@{use1/other}"})),
            REFERENCE,
        ),
        (
            "text in a text",
            vpc_with("tags", json!({"a": "x@{state.note}"})),
            REFERENCE,
        ),
        (
            "tags in a text",
            with(
                "aws_eip",
                json!({"domain": "vpc", "tags": {"a": "x-@{resource:aws_vpc.main.tags.b}"}}),
            ),
            REFERENCE,
        ),
        (
            "a splice before a token",
            vpc_with("tags", json!({"a": "$@{use1/network.vpc-id}{file(\"x\")}"})),
            REFERENCE,
        ),
        (
            "a directive before a token",
            vpc_with("tags", json!({"a": "%@{use1/network.vpc-id}"})),
            REFERENCE,
        ),
        (
            "a splice in an opaque type",
            with(
                "aws_sqs_queue",
                json!({"a": {"b": "$@{use1/network.vpc-id}"}}),
            ),
            REFERENCE,
        ),
        (
            "a list where a text belongs, by a token",
            vpc_with("cidr_block", json!("@{use1/network.subnet-ids}")),
            REFERENCE,
        ),
        (
            "a secret of a resource in a tag",
            json!({"resources": [
                resource("aws_iam_access_key", "k", json!({"user": "u"})),
                resource("aws_eip", "x", json!({"domain": "vpc", "tags": {"a": "@{resource:aws_iam_access_key.k.secret}"}})),
            ]}),
            REFERENCE,
        ),
        (
            "a literal laundered through a tag",
            with(
                "aws_subnet",
                json!({"vpc_id": "@{resource:aws_vpc.main.tags.foreign}"}),
            ),
            REFERENCE,
        ),
        (
            "a literal laundered through a name",
            json!({"resources": [
                resource("aws_cloudwatch_log_group", "l", json!({"name": "OrganizationAccountAccessRole"})),
                resource("aws_iam_role_policy", "p", json!({
                    "role": "@{resource:aws_cloudwatch_log_group.l.name}",
                    "policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
                })),
            ]}),
            REFERENCE,
        ),
        (
            "a network named by a text",
            with("aws_subnet", json!({"vpc_id": "@{state.note}"})),
            REFERENCE,
        ),
        (
            "a network named by a part of a text",
            with("aws_subnet", json!({"vpc_id": "vpc-@{state.note}"})),
            REFERENCE,
        ),
        (
            "a value of another kind of resource",
            with(
                "aws_subnet",
                json!({"vpc_id": "@{resource:aws_vpc.main.default_route_table_id}"}),
            ),
            REFERENCE,
        ),
        // Order.
        (
            "a dependency that is not there",
            vpc_like("depends-on", json!(["aws_vpc.other"])),
            ORDER,
        ),
        (
            "a dependency on data",
            json!({"resources": [{"type": "aws_vpc", "name": "main", "body": {"cidr_block": "10.0.0.0/16"}, "depends-on": ["data.aws_region.r"]}], "data": [resource("aws_region", "r", json!({}))]}),
            ORDER,
        ),
        (
            "a dependency on a module",
            vpc_like("depends-on", json!(["module.evil"])),
            ORDER,
        ),
        (
            "a dependency that is an expression",
            vpc_like("depends-on", json!(["${file(\"x\")}"])),
            ORDER,
        ),
        (
            "a block that waits for itself",
            vpc_like("depends-on", json!(["aws_vpc.main"])),
            ORDER,
        ),
        (
            "a circle",
            json!({"resources": [
                resource("aws_eip", "a", json!({"domain": "vpc", "tags": {"x": "@{resource:aws_eip.b.id}"}})),
                resource("aws_eip", "b", json!({"domain": "vpc", "tags": {"x": "@{resource:aws_eip.a.id}"}})),
            ]}),
            ORDER,
        ),
        // Policies.
        (
            "a policy as text",
            role(json!("{\"Version\":\"2012-10-17\"}")),
            POLICY,
        ),
        ("a policy from a fact", role(json!("@{state.note}")), POLICY),
        (
            "a policy from another block",
            role(json!("@{resource:aws_vpc.main.tags.p}")),
            POLICY,
        ),
        (
            "everything but",
            inline(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
            POLICY,
        ),
        (
            "a principal in a role's policy",
            inline(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"})),
            POLICY,
        ),
        (
            "an action from a fact",
            inline(json!({"Effect": "Allow", "Action": "@{state.note}", "Resource": "*"})),
            POLICY,
        ),
        (
            "quotes through a resource",
            inline(
                json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::@{resource:aws_vpc.main.tags.x}"}),
            ),
            POLICY,
        ),
        (
            "a resource that ends in a splice",
            inline(
                json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::$@{state.bucket-arn}"}),
            ),
            POLICY,
        ),
        // Files of the machine, and secrets.
        (
            "an object from a file",
            with(
                "aws_s3_object",
                json!({"bucket": "b", "key": "k", "source": "/root/.aws/credentials"}),
            ),
            NEVER,
        ),
        (
            "a function from a file",
            with(
                "aws_lambda_function",
                json!({"function_name": "f", "filename": "/etc/passwd"}),
            ),
            NEVER,
        ),
        (
            "a layer from a file",
            with(
                "aws_lambda_layer_version",
                json!({"layer_name": "l", "filename": "x"}),
            ),
            NEVER,
        ),
        (
            "a secret in clear text",
            with(
                "aws_secretsmanager_secret_version",
                json!({"secret_id": "s", "secret_string": "hunter2"}),
            ),
            NEVER,
        ),
        (
            "a secret parameter",
            with(
                "aws_ssm_parameter",
                json!({"name": "n", "value": "hunter2"}),
            ),
            NEVER,
        ),
        (
            "a file of an opaque type",
            with(
                "aws_s3_bucket_object",
                json!({"bucket": "b", "key": "k", "source": "x"}),
            ),
            NEVER,
        ),
        (
            "a script of an opaque type",
            with("aws_gamelift_script", json!({"zip_file": "x"})),
            NEVER,
        ),
        // Types and data sources.
        (
            "a type of another provider",
            with("null_resource", json!({})),
            TYPE,
        ),
        (
            "a local file",
            with("local_file", json!({"filename": "x"})),
            TYPE,
        ),
        ("data that runs code", data("aws_lambda_invocation"), TYPE),
        (
            "data that reads secrets",
            data("aws_secretsmanager_secret_version"),
            TYPE,
        ),
        (
            "data that reads parameters",
            data("aws_ssm_parameter"),
            TYPE,
        ),
        ("data that decrypts", data("aws_kms_secrets"), TYPE),
        ("data that reads objects", data("aws_s3_object"), TYPE),
        ("data that makes tokens", data("aws_eks_cluster_auth"), TYPE),
        ("data from a program", data("external"), TYPE),
        ("data from the network", data("http"), TYPE),
        (
            "data from another state",
            data("terraform_remote_state"),
            TYPE,
        ),
        // Names.
        (
            "a type that is an expression",
            with("${x}", json!({})),
            NAME,
        ),
        ("a type with a dot", with("aws_vpc.x", json!({})), NAME),
        ("an empty name", vpc_like("name", json!("")), NAME),
        (
            "a name that is an expression",
            vpc_like("name", json!("x\"]")),
            NAME,
        ),
        (
            "a name with look-alike letters",
            vpc_like("name", json!("m\u{430}in")),
            NAME,
        ),
        ("a block twice", json!({"resources": [vpc(), vpc()]}), NAME),
        (
            "an output twice",
            json!({"outputs": [{"name": "o", "value": 1}, {"name": "o", "value": 2}]}),
            NAME,
        ),
        (
            "an output that is an expression",
            json!({"outputs": [{"name": "${x}", "value": 1}]}),
            NAME,
        ),
        // Outputs.
        (
            "a fact in an output",
            output(json!("@{state.bucket-arn}")),
            OUTPUT,
        ),
        (
            "nothing in an output",
            output(json!({"a": ["@{resource:aws_vpc.other.id}"]})),
            OUTPUT,
        ),
        (
            "a secret in an output",
            output(json!("@{resource:aws_iam_access_key.k.secret}")),
            OUTPUT,
        ),
        (
            "a splice in an output",
            output(json!("$@{resource:aws_vpc.main.id}")),
            OUTPUT,
        ),
        // Lifecycle.
        (
            "ignoring everything",
            vpc_like("lifecycle", json!({"ignore-changes": ["all"]})),
            LIFECYCLE,
        ),
        (
            "ignoring an unknown attribute",
            vpc_like("lifecycle", json!({"ignore-changes": ["tags[\"x\"]"]})),
            LIFECYCLE,
        ),
        (
            "ignoring a policy",
            json!({"resources": [{"type": "aws_kms_key", "name": "k", "body": {}, "lifecycle": {"ignore-changes": ["policy"]}}]}),
            LIFECYCLE,
        ),
        (
            "a lifecycle of data",
            json!({"data": [{"type": "aws_region", "name": "r", "body": {}, "lifecycle": {"prevent-destroy": true}}]}),
            LIFECYCLE,
        ),
        // Providers.
        (
            "another provider of that name",
            json!({"providers": [{"source": "evil/aws", "version": "1.0.0"}]}),
            PROVIDER,
        ),
        (
            "two providers",
            json!({"providers": [{"source": "hashicorp/aws", "version": "5.100.0"}, {"source": "evil/statepwn", "version": "1.0.0"}]}),
            PROVIDER,
        ),
        ("no provider", json!({"providers": []}), PROVIDER),
        (
            "a version that is none",
            json!({"providers": [{"source": "hashicorp/aws", "version": "5.100.0\" }\nprovisioner \""}]}),
            PROVIDER,
        ),
        (
            "a region that is none",
            json!({"region": "${var.region}"}),
            PROVIDER,
        ),
    ];
    assert!(table.len() >= 60);
    for (claim, root, code) in table {
        match requests(&root) {
            Err(denial) => assert_eq!(denial.code, code, "{claim}: {denial}"),
            Ok(requests) => panic!("{claim}: {requests:?}"),
        }
    }
}

#[test]
fn a_refusal_says_what_where_and_what_to_do() {
    let denial = requests(&vpc_with(
        "provisioner",
        json!([{"local-exec": [{"command": "id"}]}]),
    ))
    .unwrap_err();
    assert_eq!(
        denial.to_string(),
        "change network: aws_vpc.main: provisioner (at /resources/aws_vpc.main/body/provisioner): a body holds arguments of its type only, \
         and this one means something to Terraform itself"
    );
    assert!(!denial.help.is_empty());
    let denial = requests(&inline(
        json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    ))
    .unwrap_err();
    assert_eq!(
        denial.pointer.as_deref(),
        Some("/resources/aws_iam_role_policy.x/body/policy/Statement/0/NotAction")
    );
}
