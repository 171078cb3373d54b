//! Requests in the form of this version.

use super::bindings::types as wit;
use crate::sandbox::request::{ClusterInfo, PlanRequest};

/// The record that a plugin is given.
pub(in crate::sandbox) fn request(
    request: &PlanRequest,
) -> Result<wit::Request, serde_json::Error> {
    let facts = request
        .sorted_facts()
        .into_iter()
        .map(|known| {
            Ok(wit::KnownFact {
                name: known.fact.name.to_string(),
                cluster: known.fact.cluster.as_ref().map(ToString::to_string),
                value: serde_json::to_string(&known.value)?,
            })
        })
        .collect::<Result<_, serde_json::Error>>()?;
    let tokens = request
        .sorted_tokens()
        .into_iter()
        .map(|offer| wit::FactToken {
            name: offer.fact.name.to_string(),
            cluster: offer.fact.cluster.as_ref().map(ToString::to_string),
            format: offer.format.to_string(),
            secret: offer.secret,
            token: offer.token(),
        })
        .collect();
    Ok(wit::Request {
        stack: request.stack.to_string(),
        domain: request.domain.clone(),
        stage: request.stage.to_string(),
        stage_type: request.stage_type.to_string(),
        cluster: request.cluster.as_ref().map(cluster),
        clusters: request.visible_clusters().iter().map(cluster).collect(),
        config: serde_json::to_string(&request.config)?,
        settings: serde_json::to_string(&request.settings)?,
        facts,
        tokens,
        catalogue: request
            .sorted_catalogue()
            .into_iter()
            .map(ToString::to_string)
            .collect(),
    })
}

fn cluster(cluster: &ClusterInfo) -> wit::Cluster {
    wit::Cluster {
        name: cluster.name.to_string(),
        dns_name: cluster.dns_name.clone(),
        region: cluster.region.clone(),
        zones: cluster.zones.clone(),
        cidr: cluster.cidr.clone(),
        kubernetes_version: cluster.kubernetes_version.clone(),
        removing: cluster.removing,
    }
}
