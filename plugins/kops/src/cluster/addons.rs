//! What kOps runs in the cluster besides Kubernetes itself.

use serde_json::{Value, json};

use crate::design::Design;

pub fn fields(design: &Design<'_>) -> Value {
    let config = design.config;
    json!({
        // A later stage installs it; kOps only has to know that there will be one.
        "certManager": { "enabled": true, "managed": false },
        "podIdentityWebhook": { "enabled": true, "replicas": 2 },
        "metricsServer": { "enabled": config.metrics_server, "insecure": false },
        "cloudConfig": {
            "manageStorageClasses": true,
            "awsEBSCSIDriver": { "enabled": true },
        },
        // Drains a node before AWS takes it away. It hears of that over a queue: Pods cannot ask the metadata service.
        "nodeTerminationHandler": {
            "enabled": true,
            "enableSQSTerminationDraining": true,
            "managedASGTag": "aws-node-termination-handler/managed",
            "enableSpotInterruptionDraining": true,
            "enableScheduledEventDraining": true,
            "enableRebalanceMonitoring": false,
            "enableRebalanceDraining": false,
            "excludeFromLoadBalancers": true,
        },
        "clusterAutoscaler": autoscaler(config.autoscaling),
    })
}

/// Careful: it grows the group that fits best and keeps groups alike, and takes no node away that runs something
/// that might not come back elsewhere.
fn autoscaler(enabled: bool) -> Value {
    if !enabled {
        return json!({ "enabled": false });
    }
    json!({
        "enabled": true,
        "expander": "least-waste",
        "balanceSimilarNodeGroups": true,
        "skipNodesWithCustomControllerPods": true,
        "skipNodesWithLocalStorage": true,
        "skipNodesWithSystemPods": true,
        "scaleDownUtilizationThreshold": "0.5",
        "scaleDownDelayAfterAdd": "10m0s",
        "scaleDownUnneededTime": "10m0s",
        "scaleDownUnreadyTime": "20m0s",
        "maxNodeProvisionTime": "15m0s",
    })
}
