//! The `argocd` plugin: Argo CD, and the application that delivers the platform.
//!
//! Nobody signs in with a password, nobody may do anything that the configuration does not say, and what
//! reaches the cluster comes from one Git repository through one project.

mod config;
mod health;
mod names;
mod network;
mod probes;
mod project;
mod rbac;
mod release;
mod settings;
mod sign_in;
mod syntax;

use aegis_plugin::gitops::{Proposal, change};
use aegis_plugin::kubernetes::Object;
use aegis_plugin::{
    Descriptor, FactSource, Failure, Gitops, GitopsHost, Request, Scope, StageType, offer, opaque,
};

use config::Config;
use settings::Settings;

/// The plugin.
#[derive(Debug)]
pub struct ArgoCd;

impl Gitops for ArgoCd {
    fn describe() -> Descriptor {
        Descriptor::gitops("argocd", env!("CARGO_PKG_VERSION")).stage_type(
            StageType::new::<Config>(
                "install",
                Scope::Cluster,
                "Argo CD, and the application that delivers the platform",
            )
            .setting("/git")
            .setting("/oidc")
            .requires(opaque("cluster.name", "dns-name"))
            .requires(opaque("certificates.issuer", "dns-name"))
            .provides(offer("delivery.namespace", "text"))
            .conflicts("argocd"),
        )
    }

    fn plan(request: &Request, host: &impl GitopsHost) -> Result<Proposal, Failure> {
        let config: Config = request.config()?;
        let settings: Settings = request.settings()?;
        config.check(&settings)?;
        settings.check()?;
        advise(&config, &settings, host);
        let cluster = request.own_cluster()?;
        let on = |id: &str| change(id).cluster(&cluster.name);

        let namespace = Object::restricted_namespace(names::NAMESPACE, cluster)?;
        let mut proposal = Proposal::new().change(on("namespace").apply(namespace));
        // No Pod of the namespace ever runs without the policies.
        let mut argo_cd = on("argo-cd").after("namespace");
        for policy in network::policies(&config.network, &settings, cluster) {
            let id = format!("network-{}", policy.metadata.name);
            argo_cd = argo_cd.after(&id);
            proposal = proposal.change(on(&id).after("namespace").apply(policy));
        }
        let issuer = request.token("certificates.issuer")?;
        proposal = proposal
            .change(argo_cd.release(release::argo_cd(&config, &settings, cluster, &issuer)))
            .change(
                on("project")
                    .after("argo-cd")
                    .apply(project::platform(&config.project, &settings)),
            );
        if let Some(git) = &settings.git {
            let application = on("application").after("project");
            proposal = proposal.change(application.application(project::application(git, cluster)));
        }
        Ok(proposal
            .provides("delivery.namespace", FactSource::known(names::NAMESPACE))
            .probes(probes::all()))
    }
}

/// What an operator should know about what the stage leaves out.
fn advise(config: &Config, settings: &Settings, host: &impl GitopsHost) {
    if settings.git.is_none() {
        host.warn("the stack's settings name no `git` repository: Argo CD is installed, but delivers nothing");
    }
    match &settings.oidc {
        None => host.warn(
            "the stack's settings have no `oidc`: nobody can sign in to Argo CD, which works on its own",
        ),
        Some(_) if config.access.is_empty() => host.warn(
            "`access` names no group: people can sign in to Argo CD, but see nothing",
        ),
        Some(_) => {}
    }
}

aegis_plugin::export!(gitops: ArgoCd);
