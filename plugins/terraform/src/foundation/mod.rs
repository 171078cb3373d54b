//! Stage type `foundation`: what the whole stack stands on.

mod boundary;
mod bucket;
mod config;
mod deploy;
mod stores;

use aegis_plugin::provisioning::{Proposal, change};
use aegis_plugin::terraform::{Root, reference};
use aegis_plugin::{FactSource, Failure, Problems, Request, Scope, StageType, offer};

use self::bucket::Bucket;
use self::config::Config;
use self::deploy::Deploy;
use crate::naming::{self, Tags, dashed};
use crate::policy::with_account;
use crate::{PROVIDER, PROVIDER_VERSIONS};

pub(crate) const NAME: &str = "foundation";

/// What the keys of Terraform's state begin with, within the state store.
fn terraform_prefix(request: &Request) -> String {
    format!("{}/terraform/", request.stack)
}

pub(crate) fn stage_type() -> StageType {
    StageType::new::<Config>(
        NAME,
        Scope::Stack,
        "Stores for state and OIDC discovery, their keys, the roles' boundary and the role of workflows",
    )
    .setting("/github")
    .provides(offer("state.bucket", "dns-name"))
    .provides(offer("state.kms-key-arn", "arn"))
    .provides(offer("oidc.bucket", "dns-name"))
    .provides(offer("oidc.region", "text"))
    .provides(offer("iam.boundary-arn", "arn"))
}

pub(crate) fn plan(request: &Request) -> Result<Proposal, Failure> {
    let config: Config = request.config()?;
    let mut problems = Problems::default();
    config.check(&mut problems);
    let region = config.region(request, &mut problems);
    let github = config::github(request, &mut problems)?;
    problems.finish()?;

    let tags = Tags::of_stack(request, &config.tags);
    let names = ["state", "oidc", "access-logs"].map(|purpose| naming::bucket(request, purpose));
    let [state_name, oidc_name, logs_name] = &names;
    let bucket = |label, name| Bucket {
        label,
        name,
        tags: &tags,
    };
    let state = bucket("state", state_name);
    let oidc = bucket("oidc", oidc_name);

    let alias = format!("alias/{}/state", dashed(&request.stack));
    let mut root = with_account(Root::new(NAME, &region).provider(PROVIDER, PROVIDER_VERSIONS))
        .resources(stores::key(&alias, &tags))
        .resources(stores::state(&state, &config))
        .resources(stores::discovery(&oidc));
    if config.access_logs.enabled {
        let logs = bucket("access-logs", logs_name);
        root = root.resources(stores::access_logs(&logs, &[&oidc, &state], &config));
    }
    root = root.resource(boundary::policy_resource(request, &state, &oidc, &tags));
    if let Some(github) = &github {
        let deploy = Deploy {
            request,
            github,
            provider: config.github_provider,
            region: &region,
            state: &state,
            tags: &tags,
        };
        root = root
            .resources(deploy.resources())
            .output("deploy-role-arn", deploy::role_arn());
    }
    let root = root
        .output("state-bucket", state.id())
        .output("state-kms-key-arn", stores::state_key())
        .output("oidc-bucket", oidc.id())
        .output(
            "boundary-arn",
            reference("aws_iam_policy", "boundary", "arn"),
        );

    Ok(Proposal::new()
        .change(change(NAME).terraform(root))
        .provides("state.bucket", FactSource::known(state_name.as_str()))
        .provides(
            "state.kms-key-arn",
            FactSource::terraform_output(NAME, "state-kms-key-arn"),
        )
        .provides("oidc.bucket", FactSource::known(oidc_name.as_str()))
        .provides("oidc.region", FactSource::known(region))
        .provides(
            "iam.boundary-arn",
            FactSource::terraform_output(NAME, "boundary-arn"),
        ))
}
