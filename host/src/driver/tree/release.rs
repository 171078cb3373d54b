//! Chart releases: values and a pin for the host, or an Application for Argo CD.

use serde_json::{Map, Value, json};

use super::render::{RenderContext, RenderError, Rendered, StagePlace};
use super::{application, kubernetes, layout};
use crate::driver::document::ReleaseDocument;
use crate::proposal::{CrdPolicy, HooksPolicy};

const API_VERSION: &str = "aegis.platform/v1";
const DIGEST_ANNOTATION: &str = "aegis.platform/chart-digest";

pub(super) fn render(
    (cluster, stage): StagePlace<'_>,
    (namespace, name): (&str, &str),
    document: &ReleaseDocument,
    context: &RenderContext<'_>,
) -> Result<Rendered, RenderError> {
    let mut rendered = Rendered::default();
    let values = context.settle(document.release.values.clone(), &mut rendered)?;
    match &document.argocd {
        Some(place) => {
            let source = chart_source(document, values);
            let mut annotations = Map::new();
            // Argo CD pins a chart by its version; whoever checks the archive finds the digest here.
            if let Some(digest) = &document.chart.digest {
                annotations.insert(DIGEST_ANNOTATION.into(), digest.to_string().into());
            }
            let object = application::envelope(
                application::metadata(&document.application_name(), &place.namespace, annotations),
                &place.project,
                source,
                application::in_cluster(namespace),
                Some((true, true)),
            );
            let path = layout::release(cluster, stage, (namespace, name), ".yaml")?;
            rendered.add_settled(path, object, kubernetes::print)?;
        }
        None => {
            let path = layout::release(cluster, stage, (namespace, name), "/values.yaml")?;
            rendered.add_settled(path, values, kubernetes::print)?;
            let path = layout::release(cluster, stage, (namespace, name), "/release.yaml")?;
            rendered.add_settled(path, pin(document), kubernetes::print)?;
        }
    }
    Ok(rendered)
}

fn chart_source(document: &ReleaseDocument, values: Value) -> Value {
    json!({
        "chart": document.chart.chart,
        "helm": {
            "releaseName": document.release.name,
            "skipCrds": document.release.crds == CrdPolicy::Skip,
            "valuesObject": values,
        },
        // Argo CD names OCI registries without a scheme.
        "repoURL": document.chart.repository.trim_start_matches("oci://"),
        "targetRevision": document.chart.version,
    })
}

fn pin(document: &ReleaseDocument) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "Release",
        "metadata": {"name": document.release.name, "namespace": document.release.namespace},
        "spec": {
            "chart": {
                "digest": document.chart.digest.map(|digest| digest.to_string()),
                "name": document.chart.chart,
                "repository": document.chart.repository,
                "version": document.chart.version,
            },
            "crds": match document.release.crds { CrdPolicy::Manage => "manage", CrdPolicy::Skip => "skip" },
            "hooks": match document.release.hooks { HooksPolicy::Run => "run", HooksPolicy::Skip => "skip" },
        },
    })
}
