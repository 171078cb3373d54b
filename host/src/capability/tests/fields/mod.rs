//! Every kind and every field that the host has a policy for: what it implies needs a line of its own, and
//! that line gives nothing else. The cases come out of the host's own tables, so a field that is added to one of
//! them is tried without anybody thinking of it.

mod honest;
mod line;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::codes::NOT_REQUESTED;
use super::super::{Reach, Request, Risk, derive};
use super::{apply, clusters, codes, context, id};
use crate::capability::CapabilitySet;
use honest::{edited, examples};
use line::{line, means};

fn requests(object: &Value) -> Option<BTreeSet<Request>> {
    derive(&apply(object), &context())
        .ok()
        .map(BTreeSet::from_iter)
}

fn lines<'a>(requests: impl IntoIterator<Item = &'a Request>) -> Value {
    requests.into_iter().map(line).collect()
}

/// What is wrong: without its line a request has to be refused, with the lines of all it has to be allowed.
fn wrong(claim: &str, object: &Value, requests: &BTreeSet<Request>) -> Vec<String> {
    let mut wrong = Vec::new();
    let denials = codes(&lines(requests), apply(object));
    if !denials.is_empty() {
        wrong.push(format!("{claim}: {denials:?} with all lines"));
    }
    let beyond = requests.iter().filter(|request| {
        let mut others = requests.iter().filter(|other| other != request);
        request.risk() != Risk::Plain && !others.any(|other| means(other, request))
    });
    for request in beyond {
        let others = lines(requests.iter().filter(|other| *other != request));
        let denials = codes(&others, apply(object));
        if denials != [NOT_REQUESTED] {
            wrong.push(format!(
                "{claim}: {denials:?} without the line for {request}"
            ));
        }
    }
    wrong
}

#[test]
fn everything_that_a_kind_implies_needs_its_line() {
    let judge = |(kind, _, honest): (String, _, Value)| match requests(&honest) {
        Some(requests) => wrong(&kind, &honest, &requests),
        None => vec![format!("{kind} is refused")],
    };
    let problems: Vec<String> = examples().into_iter().flat_map(judge).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn everything_that_a_field_implies_needs_its_line() {
    let (mut implying, mut problems) = (BTreeSet::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (kind, shape, honest) in examples() {
        let before = requests(&honest).unwrap_or_default();
        for (way, object) in edited(shape, &honest) {
            // What nobody can grant needs no line.
            let Some(requests) = requests(&object).filter(|requests| *requests != before) else {
                continue;
            };
            let claim = format!("{kind} {way}");
            // Many fields imply the same, and what is implied is all that is decided about.
            if !seen.contains(&requests) {
                problems.extend(wrong(&claim, &object, &requests));
                seen.insert(requests);
            }
            implying.insert(claim);
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    // The tables are walked to their ends.
    for claim in [
        "v1 Pod /spec/containers/0/securityContext/privileged",
        "v1 Pod /spec/volumes/0/projected/sources/0/serviceAccountToken/audience",
        "apps/v1 Deployment /spec/template/spec/hostNetwork",
        "batch/v1 CronJob /spec/jobTemplate/spec/template/spec/nodeName",
        "apps/v1 StatefulSet /spec/template/spec/initContainers/0/image",
        "rbac.authorization.k8s.io/v1 ClusterRole /rules/0/verbs/0",
        "rbac.authorization.k8s.io/v1 RoleBinding /roleRef/name",
        "v1 Service /spec/type",
        "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration /webhooks/0/rules/0/operations/0",
        "argoproj.io/v1alpha1 Application /spec/project",
        "cert-manager.io/v1 Certificate /spec/isCA",
    ] {
        assert!(
            implying.contains(claim),
            "{claim} implies nothing: {implying:#?}"
        );
    }
}

#[test]
fn a_line_gives_what_it_names_and_nothing_else() {
    let mut all = BTreeSet::new();
    for (_, shape, honest) in examples() {
        all.extend(requests(&honest).unwrap_or_default());
        all.extend(
            edited(shape, &honest)
                .iter()
                .filter_map(|(_, object)| requests(object))
                .flatten(),
        );
    }
    all.retain(|request| request.risk() != Risk::Plain);
    let (own, clusters) = (id("use1"), clusters());
    let reach = Reach {
        own: Some(&own),
        clusters: &clusters,
    };
    let lines: Vec<(&Request, CapabilitySet)> = all
        .iter()
        .map(|request| {
            (
                request,
                CapabilitySet::parse(&json!([line(request)])).unwrap(),
            )
        })
        .collect();
    let mut problems = Vec::new();
    for (request, line) in &lines {
        for other in &all {
            let covered = line.covering(other, reach).is_some();
            if covered != (*request == other || means(request, other)) {
                problems.push(format!("{request} / {other}: {covered}"));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
