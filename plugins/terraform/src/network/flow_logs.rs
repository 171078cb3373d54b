//! Flow logs of the VPC, in CloudWatch.

use aegis_plugin::terraform::{Resource, reference, resource};
use aegis_plugin::{Cluster, Request};
use serde_json::json;

use super::config::FlowLogs;
use super::routing::vpc_id;
use crate::naming::{Tags, dashed, fit};
use crate::policy::{allow, arn, policy, trust_service};

/// The longest name that IAM takes for a role.
const LONGEST_ROLE_NAME: usize = 64;

/// The log group, the role that writes to it and to nothing else, and the flow log.
///
/// The records are encrypted with a key of CloudWatch's own: a key of the stack would tie the network to the stage that makes
/// keys.
pub(super) fn resources(
    request: &Request,
    cluster: &Cluster,
    config: &FlowLogs,
    tags: &Tags,
) -> [Resource; 4] {
    let group = resource(
        "aws_cloudwatch_log_group",
        "flow-logs",
        json!({
            "name": format!("/aegis/{}/{}/flow-logs", request.stack, cluster.name),
            "retention_in_days": config.retention_days,
            "tags": tags.named("flow-logs"),
        }),
    );
    let name = dashed(&format!("{}-{}-flow-logs", request.stack, cluster.name));
    let role = resource(
        "aws_iam_role",
        "flow-logs",
        json!({
            "name": fit(&name, LONGEST_ROLE_NAME),
            "path": format!("/aegis/{}/", request.stack),
            "description": "Writes the network's flow logs",
            "assume_role_policy": trust_service(
                "vpc-flow-logs.amazonaws.com",
                &arn("ec2", &cluster.region, "vpc-flow-log/*"),
            ),
            "tags": tags.named("flow-logs"),
        }),
    );
    let log_group = reference("aws_cloudwatch_log_group", "flow-logs", "arn");
    let permissions = resource(
        "aws_iam_role_policy",
        "flow-logs",
        json!({
            "name": "write",
            "role": reference("aws_iam_role", "flow-logs", "id"),
            "policy": policy([
                allow(
                    "Write",
                    &["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    format!("{log_group}:*"),
                ),
                allow(
                    "Find",
                    &["logs:DescribeLogGroups"],
                    arn("logs", &cluster.region, "log-group:*"),
                ),
            ]),
        }),
    );
    let flow_log = resource(
        "aws_flow_log",
        "main",
        json!({
            "vpc_id": vpc_id(),
            "traffic_type": config.traffic.name(),
            "log_destination_type": "cloud-watch-logs",
            "log_destination": log_group,
            "iam_role_arn": reference("aws_iam_role", "flow-logs", "arn"),
            "max_aggregation_interval": config.aggregation_seconds,
            "tags": tags.named("flow-logs"),
        }),
    )
    .depends_on("aws_iam_role_policy", "flow-logs");
    [group, role, permissions, flow_log]
}
