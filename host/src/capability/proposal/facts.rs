//! Facts that a stage requires and provides.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::{Identifier, pointer, untrusted};

use crate::capability::denial::Denial;
use crate::capability::facts::FactRequest;
use crate::capability::token_request::TokenRequest;
use crate::capability::{ClusterRequest, DeriveContext, Request, codes, syntax};
use crate::proposal::{
    Action, Collection, FactOffer, FactSource, Generator, ObjectRef, Proposal, ProvidedFact,
    StageType,
};

/// What a stage type requires, used or not: the values reach the plugin.
pub(super) fn required(stage_type: &StageType) -> Vec<Request> {
    stage_type
        .requires
        .iter()
        .map(|fact| {
            Request::Facts(FactRequest::Require {
                name: fact.name.clone(),
                secret: fact.secret,
            })
        })
        .collect()
}

/// What the provided facts imply. They are those that the stage type offers, all of them and no other.
pub(super) fn provided(
    proposal: &Proposal,
    stage_type: &StageType,
    context: &DeriveContext,
) -> Result<Vec<Request>, Vec<Denial>> {
    let offers: BTreeMap<&Identifier, &FactOffer> = stage_type
        .provides
        .iter()
        .map(|offer| (&offer.name, offer))
        .collect();
    let mut requests = Vec::new();
    let mut denials = Vec::new();
    let mut seen = BTreeSet::new();
    for fact in &proposal.provides {
        if !seen.insert(&fact.name) {
            denials.push(refuse(
                codes::DUPLICATE,
                fact,
                "it is provided twice",
                "provide each fact once",
            ));
            continue;
        }
        let Some(offer) = offers.get(&fact.name) else {
            denials.push(refuse(
                codes::FACT_OFFER,
                fact,
                "the stage type does not offer it",
                "declare it in the stage type's `provides`",
            ));
            continue;
        };
        requests.push(Request::Facts(FactRequest::Provide {
            name: fact.name.clone(),
            secret: offer.secret,
        }));
        match source(fact, offer, proposal, context) {
            Ok(more) => requests.extend(more),
            Err(denial) => denials.push(denial),
        }
    }
    for missing in offers.keys().filter(|name| !seen.contains(**name)) {
        denials.push(Denial::forbidden(
            codes::FACT_OFFER,
            format!("leave out the fact {missing}"),
            "the stage type offers it, and others may wait for it",
            "provide it, or take it out of the stage type's `provides`",
        ));
    }
    if denials.is_empty() {
        Ok(requests)
    } else {
        Err(denials)
    }
}

fn refuse(
    code: &'static str,
    fact: &ProvidedFact,
    reason: impl Into<String>,
    help: &str,
) -> Denial {
    Denial::forbidden(
        code,
        format!("provide the fact {}", fact.name),
        reason,
        help,
    )
}

/// A secret comes only from where it is kept secret, and what is secret never becomes public.
fn source(
    fact: &ProvidedFact,
    offer: &FactOffer,
    proposal: &Proposal,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let dangling = |what: String| {
        refuse(
            codes::DANGLING,
            fact,
            what,
            "name a part of the same proposal",
        )
    };
    let secret = |is_secret: bool, why: &str| {
        if is_secret && !offer.secret {
            return Err(refuse(
                codes::FACT_OFFER,
                fact,
                why,
                "declare the fact as secret",
            ));
        }
        Ok(())
    };
    match &fact.source {
        FactSource::Value(value) => {
            if offer.secret {
                return Err(refuse(
                    codes::FACT_OFFER,
                    fact,
                    "a plugin never holds a secret, so it cannot write one down",
                    "have the host generate or read it",
                ));
            }
            offer.format.check(value).map_err(|misfit| {
                refuse(
                    codes::FACT_OFFER,
                    fact,
                    misfit.to_string(),
                    "provide a value of the offered format",
                )
            })?;
            Ok(Vec::new())
        }
        FactSource::TerraformOutput { root, output } => {
            let output = proposal
                .changes
                .iter()
                .find_map(|change| match &change.action {
                    Action::Terraform(candidate) if candidate.root == *root => candidate
                        .outputs
                        .iter()
                        .find(|candidate| candidate.name == *output),
                    _ => None,
                });
            let output = output
                .ok_or_else(|| dangling("the proposal has no such Terraform output".to_owned()))?;
            secret(
                output.sensitive,
                "the output is sensitive and the fact is not secret",
            )?;
            Ok(Vec::new())
        }
        FactSource::KopsField(at) => {
            let has_cluster = proposal
                .changes
                .iter()
                .any(|change| matches!(change.action, Action::Kops(_)));
            if !has_cluster {
                return Err(dangling("the proposal has no kOps cluster".to_owned()));
            }
            check_pointer(at, fact)?;
            Ok(Vec::new())
        }
        FactSource::ToolOutput {
            change: id,
            pointer: at,
        } => {
            let called = proposal
                .changes
                .iter()
                .any(|change| change.id == *id && matches!(change.action, Action::Tool(_)));
            if !called {
                return Err(dangling(format!("the proposal has no tool call {id}")));
            }
            check_pointer(at, fact)?;
            Ok(Vec::new())
        }
        FactSource::KubernetesField {
            cluster,
            object,
            pointer: at,
            ..
        } => {
            check_pointer(at, fact)?;
            let of_secret = object.group.is_empty() && object.kind == "Secret";
            secret(of_secret, "a field of a Secret is secret")?;
            object_read(
                cluster.as_ref().or(context.cluster.as_ref()),
                object,
                fact,
                context,
            )
        }
        FactSource::TokenRequest {
            namespace,
            service_account,
            audience,
            ttl_seconds,
        } => {
            secret(true, "a token is secret")?;
            // The API server's own bounds: ten minutes, and here at most a year.
            if !(600..=31_536_000).contains(ttl_seconds)
                || !syntax::is_dns_label(namespace)
                || !syntax::is_dns_subdomain(service_account)
                || audience.is_empty()
            {
                return Err(refuse(
                    codes::MALFORMED_FIELD,
                    fact,
                    "this is not a service account with an audience and a lifetime of ten minutes to a year",
                    "name the service account exactly",
                ));
            }
            let cluster = context.cluster.clone().ok_or_else(|| no_cluster(fact))?;
            Ok(vec![Request::TokenRequest(TokenRequest {
                cluster,
                namespace: namespace.clone(),
                service_account: service_account.clone(),
                audience: audience.clone(),
            })])
        }
        FactSource::Generated(generator) => {
            generated(fact, offer, generator, proposal, context)?;
            Ok(Vec::new())
        }
        FactSource::External(source) => {
            secret(true, "what comes from the operator's store is secret")?;
            Ok(vec![Request::Facts(FactRequest::External {
                name: fact.name.clone(),
                source: source.clone(),
            })])
        }
    }
}

fn no_cluster(fact: &ProvidedFact) -> Denial {
    refuse(
        codes::SCOPE,
        fact,
        "nobody says which cluster is meant",
        "name the cluster",
    )
}

fn check_pointer(at: &str, fact: &ProvidedFact) -> Result<(), Denial> {
    if pointer::tokens(at).is_some() {
        return Ok(());
    }
    let reason = format!("`{}` is not a JSON pointer", untrusted(at));
    Err(refuse(
        codes::MALFORMED_FIELD,
        fact,
        reason,
        "write it as RFC 6901 says, `/a/b`",
    ))
}

/// An object that the stage proposes can be read without more; others need `cluster.read`.
fn object_read(
    cluster: Option<&Identifier>,
    object: &ObjectRef,
    fact: &ProvidedFact,
    context: &DeriveContext,
) -> Result<Vec<Request>, Denial> {
    let cluster = cluster.ok_or_else(|| no_cluster(fact))?;
    if context.proposes(cluster, object) {
        return Ok(Vec::new());
    }
    let collection = Collection {
        group: object.group.clone(),
        kind: object.kind.clone(),
    };
    Ok(vec![Request::Cluster(ClusterRequest::read(
        cluster.clone(),
        collection,
        object.namespace.clone(),
        Some(object.name.clone()),
    ))])
}

fn generated(
    fact: &ProvidedFact,
    offer: &FactOffer,
    generator: &Generator,
    proposal: &Proposal,
    context: &DeriveContext,
) -> Result<(), Denial> {
    let is_authority = |name: &Identifier| {
        proposal.provides.iter().any(|other| {
            other.name == *name
                && matches!(
                    other.source,
                    FactSource::Generated(Generator::CertificateAuthority(_))
                )
        })
    };
    let required = |name: &Identifier| {
        context
            .facts
            .named(name, context.cluster.as_ref())
            .is_some_and(|(_, declared)| declared.secret)
    };
    match generator {
        Generator::Certificate(authority) if !is_authority(authority) => Err(refuse(
            codes::DANGLING,
            fact,
            format!("the proposal has no authority {authority}"),
            "name a certificate authority of the same proposal",
        )),
        // The public half.
        Generator::Certificate(_) => Ok(()),
        _ if !offer.secret => Err(refuse(
            codes::FACT_OFFER,
            fact,
            "what the host generates is secret",
            "declare the fact as secret",
        )),
        Generator::Bytes(count) if !(16..=1024).contains(count) => Err(refuse(
            codes::MALFORMED_FIELD,
            fact,
            "a generated secret has 16 to 1024 bytes",
            "choose a length between them",
        )),
        Generator::Bytes(_) => Ok(()),
        Generator::CertificateAuthority(authority) => {
            let common_name = &authority.common_name;
            let printable = (1..=64).contains(&common_name.len())
                && common_name.bytes().all(|b| (b' '..=b'~').contains(&b));
            if !printable || !(1..=7300).contains(&authority.validity_days) {
                return Err(refuse(
                    codes::MALFORMED_FIELD,
                    fact,
                    "an authority has a common name of at most 64 ASCII characters and lives 1 to 7300 days",
                    "see the contract",
                ));
            }
            match &authority.parent {
                Some(parent)
                    if *parent == fact.name || !(is_authority(parent) || required(parent)) =>
                {
                    Err(refuse(
                        codes::DANGLING,
                        fact,
                        format!(
                            "the parent {parent} is neither an authority of this proposal nor a secret fact that the stage requires"
                        ),
                        "require the parent as a secret fact",
                    ))
                }
                _ => Ok(()),
            }
        }
    }
}
