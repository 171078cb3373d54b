//! A root as a platform needs it: everything in it can be granted, and nothing in it is opaque.

use serde_json::{Value, json};

use super::{requests, resource};
use crate::capability::Risk;
use crate::capability::terraform::TerraformRequest;

fn network() -> Vec<Value> {
    let vpc = "@{resource:aws_vpc.main.id}";
    vec![
        resource(
            "aws_vpc",
            "main",
            json!({
                "cidr_block": "10.0.0.0/16", "enable_dns_support": true, "enable_dns_hostnames": true,
                "tags": {"Name": "shop-use1", "kubernetes.io/cluster/use1.shop.example.com": "shared"},
            }),
        ),
        resource("aws_default_security_group", "main", json!({"vpc_id": vpc})),
        resource(
            "aws_subnet",
            "private-a",
            json!({
                "vpc_id": vpc, "cidr_block": "10.0.0.0/20", "availability_zone": "us-east-1a", "map_public_ip_on_launch": false,
                "tags": {"kubernetes.io/role/internal-elb": "1"},
            }),
        ),
        resource(
            "aws_subnet",
            "utility-a",
            json!({"vpc_id": vpc, "cidr_block": "10.0.240.0/22", "availability_zone": "us-east-1a"}),
        ),
        resource("aws_internet_gateway", "main", json!({"vpc_id": vpc})),
        resource("aws_eip", "nat-a", json!({"domain": "vpc"})),
        json!({
            "type": "aws_nat_gateway", "name": "a", "depends-on": ["aws_internet_gateway.main"],
            "body": {"allocation_id": "@{resource:aws_eip.nat-a.allocation_id}", "subnet_id": "@{resource:aws_subnet.utility-a.id}"},
        }),
        resource("aws_route_table", "private-a", json!({"vpc_id": vpc})),
        resource(
            "aws_route",
            "private-a",
            json!({
                "route_table_id": "@{resource:aws_route_table.private-a.id}", "destination_cidr_block": "0.0.0.0/0",
                "nat_gateway_id": "@{resource:aws_nat_gateway.a.id}",
            }),
        ),
        resource(
            "aws_route_table_association",
            "private-a",
            json!({
                "route_table_id": "@{resource:aws_route_table.private-a.id}", "subnet_id": "@{resource:aws_subnet.private-a.id}",
            }),
        ),
        resource(
            "aws_security_group",
            "endpoints",
            json!({"name": "endpoints", "vpc_id": vpc}),
        ),
        resource(
            "aws_vpc_security_group_ingress_rule",
            "endpoints",
            json!({
                "security_group_id": "@{resource:aws_security_group.endpoints.id}", "cidr_ipv4": "@{resource:aws_vpc.main.cidr_block}",
                "ip_protocol": "tcp", "from_port": 443, "to_port": 443,
            }),
        ),
        resource(
            "aws_vpc_endpoint",
            "s3",
            json!({
                "vpc_id": vpc, "service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway",
                "route_table_ids": ["@{resource:aws_route_table.private-a.id}"],
            }),
        ),
        resource(
            "aws_vpc_endpoint",
            "sts",
            json!({
                "vpc_id": vpc, "service_name": "com.amazonaws.@{data:aws_region.current.name}.sts", "vpc_endpoint_type": "Interface",
                "private_dns_enabled": true, "subnet_ids": ["@{resource:aws_subnet.private-a.id}"],
                "security_group_ids": ["@{resource:aws_security_group.endpoints.id}"],
            }),
        ),
        resource(
            "aws_cloudwatch_log_group",
            "flow",
            json!({
                "name": "/shop/flow", "retention_in_days": 90, "kms_key_id": "@{resource:aws_kms_key.logs.arn}",
            }),
        ),
        resource(
            "aws_flow_log",
            "main",
            json!({
                "vpc_id": vpc, "traffic_type": "ALL", "log_destination": "@{resource:aws_cloudwatch_log_group.flow.arn}",
                "iam_role_arn": "@{resource:aws_iam_role.flow.arn}",
            }),
        ),
    ]
}

fn keys_and_roles() -> Vec<Value> {
    let account = "arn:@{data:aws_partition.current.partition}:iam::@{data:aws_caller_identity.current.account_id}:root";
    vec![
        resource(
            "aws_kms_key",
            "logs",
            json!({
                "enable_key_rotation": true, "deletion_window_in_days": 30,
                "policy": {"Version": "2012-10-17", "Statement": [
                    {"Sid": "owner", "Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"},
                    {
                        "Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": ["kms:Encrypt*", "kms:Decrypt*"], "Resource": "*",
                        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:@{data:aws_caller_identity.current.account_id}:*"}},
                    },
                ]},
            }),
        ),
        resource(
            "aws_kms_alias",
            "logs",
            json!({"name": "alias/shop-logs", "target_key_id": "@{resource:aws_kms_key.logs.key_id}"}),
        ),
        resource(
            "aws_iam_role",
            "flow",
            json!({
                "name": "shop-flow",
                "assume_role_policy": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"},
                ]},
            }),
        ),
        resource(
            "aws_iam_role_policy",
            "flow",
            json!({
                "name": "flow", "role": "@{resource:aws_iam_role.flow.name}",
                "policy": {"Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": "@{resource:aws_cloudwatch_log_group.flow.arn}:*",
                }]},
            }),
        ),
    ]
}

fn stores() -> Vec<Value> {
    let bucket = "@{resource:aws_s3_bucket.state.id}";
    vec![
        resource(
            "aws_s3_bucket",
            "state",
            json!({"bucket": "shop-state-@{data:aws_caller_identity.current.account_id}", "force_destroy": false}),
        ),
        resource(
            "aws_s3_bucket_versioning",
            "state",
            json!({"bucket": bucket, "versioning_configuration": {"status": "Enabled"}}),
        ),
        resource(
            "aws_s3_bucket_server_side_encryption_configuration",
            "state",
            json!({
                "bucket": bucket,
                "rule": {"bucket_key_enabled": true, "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms", "kms_master_key_id": "@{resource:aws_kms_key.logs.arn}",
                }},
            }),
        ),
        resource(
            "aws_s3_bucket_public_access_block",
            "state",
            json!({
                "bucket": bucket, "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true,
            }),
        ),
        resource(
            "aws_s3_bucket_ownership_controls",
            "state",
            json!({"bucket": bucket, "rule": {"object_ownership": "BucketOwnerEnforced"}}),
        ),
        resource(
            "aws_s3_bucket_policy",
            "state",
            json!({
                "bucket": bucket,
                "policy": {"Version": "2012-10-17", "Statement": [{
                    "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                    "Resource": ["@{resource:aws_s3_bucket.state.arn}", "@{resource:aws_s3_bucket.state.arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }]},
            }),
        ),
        resource(
            "aws_s3_bucket_lifecycle_configuration",
            "state",
            json!({
                "bucket": bucket,
                "rule": [{"id": "noncurrent", "status": "Enabled", "filter": {}, "noncurrent_version_expiration": {"noncurrent_days": 90}}],
            }),
        ),
        resource(
            "aws_s3_bucket_logging",
            "state",
            json!({"bucket": bucket, "target_bucket": bucket, "target_prefix": "logs/"}),
        ),
    ]
}

fn platform() -> Value {
    let resources = [network(), keys_and_roles(), stores()].concat();
    json!({
        "resources": resources,
        "data": [
            resource("aws_caller_identity", "current", json!({})),
            resource("aws_partition", "current", json!({})),
            resource("aws_region", "current", json!({})),
        ],
        "outputs": [
            {"name": "vpc-id", "value": "@{resource:aws_vpc.main.id}"},
            {"name": "private-subnet-ids", "value": {"us-east-1a": "@{resource:aws_subnet.private-a.id}"}},
        ],
    })
}

#[test]
fn a_secure_platform_asks_for_no_targets_and_opens_nothing() {
    let requests = requests(&platform()).unwrap();
    for request in &requests {
        assert!(
            !matches!(
                request,
                TerraformRequest::Target { .. }
                    | TerraformRequest::Attribute { .. }
                    | TerraformRequest::Unchecked { .. }
            ),
            "{request}"
        );
    }
    let power: Vec<String> = requests
        .iter()
        .filter(|request| request.risk() > Risk::Plain)
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        power,
        [
            "manage aws_default_security_group",
            "manage aws_iam_role",
            "manage aws_iam_role_policy",
            "manage aws_s3_bucket_policy",
            "in aws_iam_role.assume_role_policy, allow sts:AssumeRole on self to service:vpc-flow-logs.amazonaws.com",
            "in aws_kms_key.policy, allow kms:* on self to aws:arn:{partition}:iam::{account}:root",
        ]
    );
}

#[test]
fn a_public_bucket_says_so_four_times() {
    let public = json!({"resources": [
        resource("aws_s3_bucket", "oidc", json!({"bucket": "shop-oidc"})),
        resource("aws_s3_bucket_public_access_block", "oidc", json!({
            "bucket": "@{resource:aws_s3_bucket.oidc.id}",
            "block_public_acls": false, "block_public_policy": false, "ignore_public_acls": false, "restrict_public_buckets": false,
        })),
    ]});
    let opened = requests(&public).unwrap();
    assert_eq!(
        opened
            .iter()
            .filter(|request| matches!(request, TerraformRequest::Attribute { .. }))
            .count(),
        4
    );
}
