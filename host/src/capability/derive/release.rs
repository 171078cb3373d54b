//! A release of a chart. What the chart renders is authorised object by object once it is rendered.

use aegis_document::untrusted;

use super::{DeriveContext, cluster_of};
use crate::capability::denial::Denial;
use crate::capability::release::ReleaseRequest;
use crate::capability::{Request, codes, syntax};
use crate::fact::Format;
use crate::proposal::{Change, CrdPolicy, HooksPolicy, Release};
use crate::template::{Node, Templated, Token};

/// Helm's limit for the name of a release.
const MAX_NAME: usize = 53;

pub(super) fn derive(
    release: &Release,
    change: &Change,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let asked = format!("install chart {}", release.entry);
    let cluster = cluster_of(change, &asked)?;
    if release.name.len() > MAX_NAME || !syntax::is_dns_subdomain(&release.name) {
        return Err(Denial::forbidden(
            codes::MALFORMED_NAME,
            &*asked,
            format!(
                "`{}` is not the name of a release",
                untrusted(&release.name)
            ),
            format!("a name is a DNS name of at most {MAX_NAME} characters"),
        ));
    }
    if !syntax::is_dns_label(&release.namespace) {
        return Err(Denial::forbidden(
            codes::MALFORMED_NAME,
            &*asked,
            format!(
                "`{}` is not the name of a namespace",
                untrusted(&release.namespace)
            ),
            "a namespace is a DNS label",
        ));
    }
    if release.values.as_map().is_none() {
        return Err(Denial::forbidden(
            codes::MALFORMED_FIELD,
            &*asked,
            "the values have to be a map",
            "use `{}` for none",
        )
        .at("/values"));
    }
    check_values(&release.values, context, &asked)?;
    Ok(vec![Request::Release(ReleaseRequest {
        cluster: cluster.clone(),
        namespace: release.namespace.clone(),
        name: release.name.clone(),
        entry: release.entry.clone(),
        crds: release.crds == CrdPolicy::Manage,
        hooks: release.hooks == HooksPolicy::Run,
    })])
}

/// A chart pastes its values into text, so free text in a value could become another object.
fn check_values(values: &Node, context: &DeriveContext, asked: &str) -> Result<(), Denial> {
    let mut result = Ok(());
    values.visit(&mut |place| {
        let Some(Token::Fact(token)) = place.node.as_text().and_then(Templated::as_token) else { return };
        let format = context.facts.get(&token.fact).and_then(|declared| declared.format.at(&token.pointer));
        if result.is_ok() && !format.is_some_and(cannot_break_out) {
            result = Err(Denial::forbidden(
                codes::NOT_EMBEDDABLE,
                asked,
                format!("the chart pastes {token} into text, and a value of its format could change that text"),
                "use a fact of format arn, aws-id, cidr, dns-name, https-url, port, number or boolean, or a list or record of them",
            )
            .at(format!("/values{}", place.pointer)));
        }
    });
    result
}

fn cannot_break_out(format: &Format) -> bool {
    match format {
        Format::Number | Format::Boolean => true,
        // The keys of a map are the provider's text.
        Format::Map(_) | Format::Text | Format::Pem => false,
        Format::List(inner) => cannot_break_out(inner),
        Format::Record(fields) => fields.values().all(cannot_break_out),
        scalar => scalar.embeddable(),
    }
}
