//! Kubernetes clusters on EC2 with kOps.
//!
//! One stage type, `cluster`: from the network, the keys and the buckets that other stages made, a
//! configuration that says what is special, and defaults that are the secure ones, it proposes
//! the Cluster and its InstanceGroups (`kops.k8s.io/v1alpha2`).

mod access;
mod cluster;
mod config;
mod control_plane;
mod design;
mod facts;
mod image;
mod instance_group;
mod name;
mod nodes;
mod object;
mod partition;
mod service_account;

use aegis_plugin::provisioning::{Proposal, change};
use aegis_plugin::{
    Descriptor, FactSource, Failure, Probe, Provisioning, ProvisioningHost, Request, Scope,
    StageType, kops, offer,
};

pub use config::Config;

use config::RollMode;
use design::Design;
use facts::Facts;
use service_account::Settings;

/// The one stage type.
const CLUSTER: &str = "cluster";
/// The entry of kOps' secret store from which the API server gets its `EncryptionConfiguration`.
const ENCRYPTION_ENTRY: &str = "encryptionconfig";
/// Seconds until a cluster that was made from nothing answers: machines start, etcd forms, images are pulled.
const API_TIMEOUT: u32 = 1800;

/// The plugin.
#[derive(Debug)]
pub struct Kops;

impl Provisioning for Kops {
    fn describe() -> Descriptor {
        let stage_type = StageType::new::<Config>(
            CLUSTER,
            Scope::Cluster,
            "A hardened Kubernetes cluster made by kOps",
        )
        .setting("/service-accounts")
        .provides(offer("cluster.name", "dns-name"))
        .provides(offer("cluster.oidc-issuer", "https-url"))
        .provides(offer("cluster.api-server", "https-url"));
        let stage_type = facts::requirements()
            .into_iter()
            .fold(stage_type, StageType::requires);
        Descriptor::provisioning("kops", env!("CARGO_PKG_VERSION")).stage_type(stage_type)
    }

    fn plan(request: &Request, host: &impl ProvisioningHost) -> Result<Proposal, Failure> {
        if request.stage_type != CLUSTER {
            return Err(Failure::internal(format!(
                "there is no stage type `{}`",
                request.stage_type
            )));
        }
        let config: Config = request.config()?;
        let settings: Settings = request.settings()?;
        let design = Design::of(request, &config, &settings)?;
        let facts = Facts::of(request, design.cluster)?;
        if let Some(weakness) = control_plane::weakness(design.cluster, &design.members) {
            host.warn(&weakness);
        }

        let name = design.cluster.name.as_str();
        Ok(Proposal::new()
            .change(
                change(CLUSTER)
                    .cluster(name)
                    .kops(proposed(&design, &facts)),
            )
            .provides(
                "cluster.name",
                FactSource::known(design.cluster.dns_name.as_str()),
            )
            .provides(
                "cluster.oidc-issuer",
                FactSource::known(cluster::issuer(&design, &facts)),
            )
            .provides(
                "cluster.api-server",
                FactSource::known(format!("https://{}", design.api_name())),
            )
            .probe(
                Probe::api_reachable("api")
                    .cluster(name)
                    .timeout(API_TIMEOUT),
            ))
    }
}

/// The cluster with its instance groups: the control plane first, as kOps starts it.
fn proposed(design: &Design<'_>, facts: &Facts) -> kops::Cluster {
    let mut proposed = kops::Cluster::new(cluster::spec(design, facts));
    for member in &design.members {
        proposed = proposed.instance_group(
            &member.group,
            instance_group::control_plane(design, facts, member),
        );
    }
    for group in &design.groups {
        proposed = proposed.instance_group(group.name, instance_group::nodes(design, facts, group));
    }
    if design.encrypts_secrets {
        proposed = proposed.secret(ENCRYPTION_ENTRY, facts::ENCRYPTION);
    }
    match design.config.rolling_update.mode {
        RollMode::AsNeeded => proposed,
        RollMode::Never => proposed.never_roll(),
    }
}

aegis_plugin::export!(provisioning: Kops);
