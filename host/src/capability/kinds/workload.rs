//! Kinds that run Pods.

use super::pod_shape::{CLAIM_SPEC, POD_SPEC, SELECTOR, TEMPLATE, TEMPLATE_METADATA};
use super::shape::Shape::{self, Bool, Fields, Fixed, Int, IntOrWord, List, Word};
use super::table::{KindPolicy, Object, never};
use crate::capability::denial::Denial;
use crate::capability::derive::template_keys;
use crate::capability::pods;
use crate::capability::{Request, Risk};

const fn policy(
    group: &'static str,
    kind: &'static str,
    shape: Shape,
    implied: fn(&Object<'_>) -> Result<Vec<Request>, Denial>,
) -> KindPolicy {
    KindPolicy {
        group,
        kind,
        versions: &["v1"],
        risk: Risk::Code,
        shape,
        beyond: never,
        implied,
    }
}

pub(super) const KINDS: &[KindPolicy] = &[
    policy("", "Pod", Fields(&[("spec", POD_SPEC)]), |object| {
        let annotations = object
            .object
            .annotations
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_literal()))
            .collect::<Vec<_>>();
        pods::implied_by(object, &["spec"], &annotations)
    }),
    policy("apps", "Deployment", DEPLOYMENT, |object| {
        template(object, &["spec", "template"])
    }),
    policy("apps", "DaemonSet", DAEMON_SET, |object| {
        template(object, &["spec", "template"])
    }),
    policy("apps", "StatefulSet", STATEFUL_SET, |object| {
        let mut requests = template(object, &["spec", "template"])?;
        requests.extend(claims(object)?);
        Ok(requests)
    }),
    policy("batch", "Job", Fields(&[("spec", JOB_SPEC)]), |object| {
        template(object, &["spec", "template"])
    }),
    policy("batch", "CronJob", CRON_JOB, |object| {
        let mut requests = template(object, &["spec", "jobTemplate", "spec", "template"])?;
        if let Some(job) = object.body.find(&["spec", "jobTemplate"]) {
            requests.extend(template_keys(object, &job)?);
        }
        Ok(requests)
    }),
];

const ROLLING: Shape = Fields(&[
    ("type", Word),
    (
        "rollingUpdate",
        Fields(&[
            ("maxSurge", IntOrWord),
            ("maxUnavailable", IntOrWord),
            ("partition", Int),
        ]),
    ),
]);

const DEPLOYMENT: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("minReadySeconds", Int),
        ("paused", Bool),
        ("progressDeadlineSeconds", Int),
        ("replicas", Int),
        ("revisionHistoryLimit", Int),
        ("selector", SELECTOR),
        ("strategy", ROLLING),
        ("template", TEMPLATE),
    ]),
)]);

const DAEMON_SET: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("minReadySeconds", Int),
        ("revisionHistoryLimit", Int),
        ("selector", SELECTOR),
        ("template", TEMPLATE),
        ("updateStrategy", ROLLING),
    ]),
)]);

const STATEFUL_SET: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("minReadySeconds", Int),
        ("ordinals", Fields(&[("start", Int)])),
        (
            "persistentVolumeClaimRetentionPolicy",
            Fields(&[("whenDeleted", Word), ("whenScaled", Word)]),
        ),
        ("podManagementPolicy", Word),
        ("replicas", Int),
        ("revisionHistoryLimit", Int),
        ("selector", SELECTOR),
        ("serviceName", Word),
        ("template", TEMPLATE),
        ("updateStrategy", ROLLING),
        (
            "volumeClaimTemplates",
            List(&Fields(&[
                ("apiVersion", Word),
                ("kind", Word),
                ("metadata", TEMPLATE_METADATA),
                ("spec", CLAIM_SPEC),
                ("status", Fixed),
            ])),
        ),
    ]),
)]);

/// `managedBy` hands a Job to another controller; it is not among the fields.
const JOB_SPEC: Shape = Fields(&[
    ("activeDeadlineSeconds", Int),
    ("backoffLimit", Int),
    ("backoffLimitPerIndex", Int),
    ("completionMode", Word),
    ("completions", Int),
    ("manualSelector", Bool),
    ("maxFailedIndexes", Int),
    ("parallelism", Int),
    ("podFailurePolicy", Fixed),
    ("podReplacementPolicy", Word),
    ("selector", SELECTOR),
    ("successPolicy", Fixed),
    ("suspend", Bool),
    ("template", TEMPLATE),
    ("ttlSecondsAfterFinished", Int),
]);

const CRON_JOB: Shape = Fields(&[(
    "spec",
    Fields(&[
        ("concurrencyPolicy", Word),
        ("failedJobsHistoryLimit", Int),
        (
            "jobTemplate",
            Fields(&[("metadata", TEMPLATE_METADATA), ("spec", JOB_SPEC)]),
        ),
        ("schedule", Word),
        ("startingDeadlineSeconds", Int),
        ("successfulJobsHistoryLimit", Int),
        ("suspend", Bool),
        ("timeZone", Word),
    ]),
)]);

/// What the template of Pods at the end of a way implies, its labels and annotations included.
fn template(object: &Object<'_>, way: &[&str]) -> Result<Vec<Request>, Denial> {
    let Some(template) = object.body.find(way) else {
        return Err(object.body.missing("template"));
    };
    let mut requests = template_keys(object, &template)?;
    let annotations = match template.find(&["metadata", "annotations"]) {
        Some(annotations) => annotations.entries()?,
        None => Vec::new(),
    };
    let annotations = annotations
        .iter()
        .map(|(key, value)| Ok((*key, value.text()?.as_literal())))
        .collect::<Result<Vec<_>, Denial>>()?;
    let way: Vec<&str> = way.iter().copied().chain(["spec"]).collect();
    requests.extend(pods::implied_by(object, &way, &annotations)?);
    Ok(requests)
}

/// The claims that come into being with each Pod of a StatefulSet.
fn claims(object: &Object<'_>) -> Result<Vec<Request>, Denial> {
    let Some(spec) = object.body.get("spec") else {
        return Err(object.body.missing("spec"));
    };
    let mut requests = Vec::new();
    for claim in spec.list("volumeClaimTemplates")? {
        requests.extend(template_keys(object, &claim)?);
    }
    Ok(requests)
}
