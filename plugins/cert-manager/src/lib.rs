//! The `cert-manager` plugin: an internal certificate authority for a cluster, and the trust in it.
//!
//! A root certificate signs an intermediate one, the intermediate one signs everything else, and every
//! namespace gets the root in a ConfigMap. The root's key signs nothing but the intermediate: only an
//! issuer of cert-manager's own namespace can use it.

mod authority;
mod config;
mod domain;
mod names;
mod network;
mod pem;
mod probes;
mod release;

use aegis_plugin::kubernetes::Object;
use aegis_plugin::security::{ChangeBuilder, Proposal, change};
use aegis_plugin::{
    Descriptor, FactSource, Failure, Request, Scope, Security, SecurityHost, StageType, offer,
    opaque,
};

use config::{Authority, Config};

/// The plugin.
#[derive(Debug)]
pub struct CertManager;

impl Security for CertManager {
    fn describe() -> Descriptor {
        Descriptor::security("cert-manager", env!("CARGO_PKG_VERSION")).stage_type(
            StageType::new::<Config>(
                "internal-ca",
                Scope::Cluster,
                "An internal certificate authority, and the trust in it",
            )
            .requires(opaque("cluster.name", "dns-name"))
            .provides(offer("certificates.issuer", "dns-name"))
            .conflicts("cert-manager"),
        )
    }

    fn plan(request: &Request, host: &impl SecurityHost) -> Result<Proposal, Failure> {
        let config: Config = request.config()?;
        config.check()?;
        advise(&config, host);
        let cluster = request.own_cluster()?;
        let on = |id: &str| change(id).cluster(&cluster.name);

        let namespace = Object::restricted_namespace(names::NAMESPACE, cluster)?;
        let mut proposal = Proposal::new().change(on("namespace").apply(namespace));
        // No Pod of the namespace ever runs without the policies.
        let mut cert_manager = on("cert-manager").after("namespace");
        for policy in network::policies(&config.network, cluster) {
            let id = format!("network-{}", policy.metadata.name);
            cert_manager = cert_manager.after(&id);
            proposal = proposal.change(on(&id).after("namespace").apply(policy));
        }
        proposal = proposal.change(cert_manager.release(release::cert_manager(&config)));

        let authorities = authority::objects(request, cluster, &config);
        proposal = in_turn(proposal, "cert-manager", authorities, on)
            .change(
                on("trust-manager")
                    .after("cert-manager")
                    .release(release::trust_manager(&config)),
            )
            .change(
                on("bundle")
                    .after("trust-manager")
                    .apply(authority::bundle(&config)),
            );
        Ok(proposal
            .provides("certificates.issuer", FactSource::known(names::ISSUER))
            .probes(probes::all()))
    }
}

/// One object after the other, the first after `before`.
fn in_turn(
    proposal: Proposal,
    before: &str,
    objects: Vec<(&'static str, Object)>,
    on: impl Fn(&str) -> ChangeBuilder,
) -> Proposal {
    let mut before = before.to_owned();
    objects
        .into_iter()
        .fold(proposal, |proposal, (id, object)| {
            let change = on(id)
                .after(std::mem::replace(&mut before, id.to_owned()))
                .apply(object);
            proposal.change(change)
        })
}

/// What an operator should know before the first certificate is issued.
fn advise(config: &Config, host: &impl SecurityHost) {
    for domain in config.domains.iter().filter(|name| domain::is_mdns(name)) {
        host.warn(&format!(
            "`{domain}` belongs to multicast DNS (RFC 6762): many resolvers ask the local network for it and never a DNS server; prefer `internal`"
        ));
    }
    if let Authority::Supplied { .. } = config.authority {
        host.info(&format!(
            "the intermediate authority is read from the Secret {}/{}, which the operator provides; `domains` do not bound what it signs",
            names::NAMESPACE,
            names::INTERMEDIATE
        ));
    }
}

aegis_plugin::export!(security: CertManager);
