//! An Argo CD application. The host writes its document; only these fields are the plugin's.

use aegis_document::{Identifier, untrusted};

use super::{DeriveContext, cluster_of};
use crate::capability::application::ApplicationRequest;
use crate::capability::denial::Denial;
use crate::capability::{Request, codes, path, syntax};
use crate::proposal::{Application, Change};

pub(super) fn derive(
    application: &Application,
    change: &Change,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let asked = format!("run application {}", untrusted(&application.name));
    implied_by(application, cluster_of(change, &asked)?, context)
}

/// What an application implies, run by the Argo CD of a cluster.
pub(in crate::capability) fn implied_by(
    application: &Application,
    cluster: &Identifier,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let asked = format!("run application {}", untrusted(&application.name));
    let malformed = |what: &str, text: &str, help: &str| {
        Denial::forbidden(
            codes::MALFORMED_NAME,
            asked.clone(),
            format!("`{}` is not {what}", untrusted(text)),
            help,
        )
    };
    if !syntax::is_dns_subdomain(&application.name) {
        return Err(malformed(
            "the name of an application",
            &application.name,
            "a name is a DNS name",
        ));
    }
    if !syntax::is_dns_subdomain(&application.project) {
        return Err(malformed(
            "the name of a project",
            &application.project,
            "name one project; `*` is none",
        ));
    }
    if application.project == "default" {
        return Err(Denial::forbidden(
            codes::FORBIDDEN,
            asked,
            "the project `default` allows everything",
            "use a project of its own",
        )
        .at("/project"));
    }
    if !is_repository(&application.repository) {
        return Err(malformed(
            "a Git repository",
            &application.repository,
            "a repository is `https://host/path`",
        ));
    }
    path::check(&application.path).map_err(|problem| {
        Denial::forbidden(
            codes::MALFORMED_NAME,
            asked.clone(),
            format!(
                "`{}` is not a path: {problem}",
                untrusted(&application.path)
            ),
            "a path leads into the repository",
        )
    })?;
    let branch = if syntax::is_commit(&application.revision) {
        None
    } else if syntax::is_branch(&application.revision) {
        Some(application.revision.clone())
    } else {
        return Err(malformed(
            "a revision",
            &application.revision,
            "a revision is a 40-digit commit or a branch that the grant names",
        ));
    };
    if !syntax::is_dns_label(&application.destination_namespace) {
        return Err(malformed(
            "a namespace",
            &application.destination_namespace,
            "a namespace is a DNS label",
        ));
    }
    let destination = Identifier::new(application.destination_cluster.clone())
        .ok()
        .filter(|destination| context.clusters.contains(destination))
        .ok_or_else(|| {
            malformed(
                "a cluster of the stack",
                &application.destination_cluster,
                "name a cluster of the stack",
            )
        })?;
    Ok(vec![Request::Application(ApplicationRequest {
        cluster: cluster.clone(),
        name: application.name.clone(),
        project: application.project.clone(),
        repository: application.repository.clone(),
        own: context.repository.as_ref().is_some_and(|own| {
            own.url == application.repository && own.branch == application.revision
        }),
        branch,
        path: application.path.clone(),
        destination,
        namespace: application.destination_namespace.clone(),
    })])
}

/// `https://host/path` without user information, query or fragment.
fn is_repository(text: &str) -> bool {
    let Some((host, path)) = text
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    syntax::is_dns_subdomain(host)
        && text.len() <= 512
        && path.split('/').all(|segment| {
            !segment.is_empty()
                && !segment.starts_with(['.', '-'])
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        })
}
