//! A release of a chart. What the chart renders is authorised object by object once it is rendered.

use aegis_document::untrusted;

use super::{DeriveContext, cluster_of};
use crate::capability::denial::Denial;
use crate::capability::release::ReleaseRequest;
use crate::capability::{Request, codes, syntax};
use crate::proposal::{Change, CrdPolicy, HooksPolicy, Release};

/// Helm's limit for the name of a release.
const MAX_NAME: usize = 53;

pub(super) fn derive(release: &Release, change: &Change, _: &DeriveContext) -> Result<Vec<Request>, Denial> {
    let asked = format!("install chart {}", release.entry);
    let cluster = cluster_of(change, &asked)?;
    if release.name.len() > MAX_NAME || !syntax::is_dns_subdomain(&release.name) {
        return Err(Denial::forbidden(
            codes::MALFORMED_NAME,
            asked,
            format!("`{}` is not the name of a release", untrusted(&release.name)),
            format!("a name is a DNS name of at most {MAX_NAME} characters"),
        ));
    }
    if !syntax::is_dns_label(&release.namespace) {
        return Err(Denial::forbidden(
            codes::MALFORMED_NAME,
            asked,
            format!("`{}` is not the name of a namespace", untrusted(&release.namespace)),
            "a namespace is a DNS label",
        ));
    }
    if release.values.as_map().is_none() {
        return Err(Denial::forbidden(codes::MALFORMED_FIELD, asked, "the values have to be a map", "use `{}` for none")
            .at("/values"));
    }
    Ok(vec![Request::Release(ReleaseRequest {
        cluster: cluster.clone(),
        namespace: release.namespace.clone(),
        name: release.name.clone(),
        entry: release.entry.clone(),
        crds: release.crds == CrdPolicy::Manage,
        hooks: release.hooks == HooksPolicy::Run,
    })])
}
