//! Where facts come from, what makes a stage ready, and what was renamed.

use super::super::bindings::types as wit;
use super::kubernetes::object_ref;
use crate::proposal::{
    CertificateAuthority, FactSource, Generator, Health, Moved, ObjectRef, Probe, ProbeCheck,
    ProvidedFact, Readiness,
};
use crate::sandbox::parse::{AnswerError, At, Budget, each, object, text, value};

pub(super) fn provided_fact(
    raw: wit::ProvidedFact,
    budget: &mut Budget,
) -> Result<ProvidedFact, AnswerError> {
    Ok(ProvidedFact {
        name: text::identifier(raw.name).at("name")?,
        source: source(raw.source, budget).at("source")?,
    })
}

fn source(raw: wit::FactSource, budget: &mut Budget) -> Result<FactSource, AnswerError> {
    Ok(match raw {
        wit::FactSource::Value(text) => FactSource::Value(value(&text, budget)?),
        wit::FactSource::TerraformOutput(raw) => FactSource::TerraformOutput {
            root: text::identifier(raw.root).at("root")?,
            output: text::terraform_name(raw.output).at("output")?,
        },
        wit::FactSource::KopsField(pointer) => FactSource::KopsField(text::json_pointer(pointer)?),
        wit::FactSource::KubernetesField(raw) => FactSource::KubernetesField {
            cluster: text::optional_identifier(raw.cluster).at("cluster")?,
            object: ObjectRef {
                group: text::api_group(raw.group).at("group")?,
                kind: text::kubernetes_kind(raw.kind).at("kind")?,
                namespace: raw
                    .namespace
                    .map(text::dns_label)
                    .transpose()
                    .at("namespace")?,
                name: text::object_name(raw.name).at("name")?,
            },
            pointer: text::json_pointer(raw.pointer).at("pointer")?,
            until_seconds: raw.until_seconds,
        },
        wit::FactSource::TokenRequest(raw) => FactSource::TokenRequest {
            namespace: text::dns_label(raw.namespace).at("namespace")?,
            service_account: text::object_name(raw.service_account).at("service-account")?,
            audience: text::control(raw.audience).at("audience")?,
            ttl_seconds: raw.ttl_seconds,
        },
        wit::FactSource::Generated(raw) => FactSource::Generated(generator(raw)?),
        wit::FactSource::ToolOutput(raw) => FactSource::ToolOutput {
            change: text::identifier(raw.change).at("change")?,
            pointer: text::json_pointer(raw.pointer).at("pointer")?,
        },
        wit::FactSource::External(reference) => FactSource::External(text::control(reference)?),
    })
}

fn generator(raw: wit::Generator) -> Result<Generator, AnswerError> {
    Ok(match raw {
        wit::Generator::Bytes(count) => Generator::Bytes(count),
        wit::Generator::CertificateAuthority(raw) => {
            Generator::CertificateAuthority(CertificateAuthority {
                common_name: text::control(raw.common_name).at("common-name")?,
                parent: text::optional_identifier(raw.parent).at("parent")?,
                validity_days: raw.validity_days,
            })
        }
        wit::Generator::Certificate(authority) => {
            Generator::Certificate(text::identifier(authority)?)
        }
    })
}

pub(super) fn probe(raw: wit::Probe, budget: &mut Budget) -> Result<Probe, AnswerError> {
    Ok(Probe {
        id: text::identifier(raw.id).at("id")?,
        cluster: text::optional_identifier(raw.cluster).at("cluster")?,
        check: check(raw.check, budget).at("check")?,
        timeout_seconds: raw.timeout_seconds,
    })
}

fn check(raw: wit::ProbeCheck, budget: &mut Budget) -> Result<ProbeCheck, AnswerError> {
    Ok(match raw {
        wit::ProbeCheck::Condition(raw) => ProbeCheck::Condition {
            object: object_ref(raw.object).at("object")?,
            condition: text::control(raw.type_).at("type")?,
            status: text::word(raw.status).at("status")?,
        },
        wit::ProbeCheck::Rollout(raw) => ProbeCheck::Rollout(object_ref(raw)?),
        wit::ProbeCheck::Admission(raw) => ProbeCheck::Admission {
            object: object(&raw.object, budget).at("object")?,
            admitted: raw.admitted,
        },
        wit::ProbeCheck::FactPresent(name) => ProbeCheck::FactPresent(text::identifier(name)?),
        wit::ProbeCheck::ApplicationSynced(name) => {
            ProbeCheck::ApplicationSynced(text::object_name(name)?)
        }
        wit::ProbeCheck::ApiReachable => ProbeCheck::ApiReachable,
    })
}

pub(super) fn moved(raw: wit::Moved) -> Result<Moved, AnswerError> {
    Ok(Moved {
        cluster: text::optional_identifier(raw.cluster).at("cluster")?,
        from: text::control(raw.from).at("from")?,
        to: text::control(raw.to).at("to")?,
    })
}

pub(in crate::sandbox) fn health(
    raw: Vec<wit::HealthFinding>,
    budget: &mut Budget,
) -> Result<Vec<Health>, AnswerError> {
    each("health", raw, budget, |raw, _| {
        Ok(Health {
            subject: text::people(raw.subject).at("subject")?,
            readiness: match raw.readiness {
                wit::Readiness::Ready => Readiness::Ready,
                wit::Readiness::Progressing => Readiness::Progressing,
                wit::Readiness::Degraded => Readiness::Degraded,
                wit::Readiness::NotJudged => Readiness::NotJudged,
            },
            reason: text::people(raw.reason).at("reason")?,
        })
    })
}
