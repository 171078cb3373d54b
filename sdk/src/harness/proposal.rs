//! Proposals as answers.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::descriptor::{is_identifier, not_an_identifier};
use super::{Answer, Faults};
use crate::{
    ChangeHeader, FactSource, Generator, Moved, Probe, ProvidedFact, Request, Scope, StageType,
};

/// The parts that the proposals of all kinds have.
struct Parts<'a> {
    headers: Vec<&'a ChangeHeader>,
    provides: &'a [ProvidedFact],
    probes: &'a [Probe],
    moved: &'a [Moved],
}

macro_rules! proposal_answer {
    ($kind:ident, $additional:path) => {
        impl Answer for crate::$kind::Proposal {
            fn faults(&self, request: &Request, stage_type: &StageType) -> Vec<String> {
                let parts = Parts {
                    headers: self.changes.iter().map(|change| &change.header).collect(),
                    provides: &self.provides,
                    probes: &self.probes,
                    moved: &self.moved,
                };
                let mut faults = Faults(Vec::new());
                parts.check(request, stage_type, &mut faults);
                check_tokens(self, request, &mut faults);
                $additional(self, &mut faults);
                faults.0
            }
        }
    };
}

#[cfg(feature = "provisioning")]
proposal_answer!(provisioning, check_references);
#[cfg(feature = "security")]
proposal_answer!(security, nothing);
#[cfg(feature = "gitops")]
proposal_answer!(gitops, nothing);

#[cfg(any(feature = "security", feature = "gitops"))]
fn nothing<P>(_: &P, _: &mut Faults) {}

impl Parts<'_> {
    fn check(&self, request: &Request, stage_type: &StageType, faults: &mut Faults) {
        self.check_headers(request, stage_type, faults);
        self.check_facts(stage_type, faults);
        let mut probes = BTreeSet::new();
        for probe in self.probes {
            let id = &probe.id;
            faults.require(is_identifier(id), || not_an_identifier("a probe", id));
            faults.require(probes.insert(id), || {
                format!("two probes are called `{id}`")
            });
            faults.require_cluster(id, probe.cluster.as_deref(), request);
        }
        for moved in self.moved {
            faults.require(moved.from != moved.to, || {
                format!("`{}` is moved to where it is", moved.from)
            });
        }
    }

    fn check_headers(&self, request: &Request, stage_type: &StageType, faults: &mut Faults) {
        let mut ids = BTreeSet::new();
        for header in &self.headers {
            let id = &header.id;
            faults.require(is_identifier(id), || not_an_identifier("a change", id));
            faults.require(ids.insert(id), || format!("two changes are called `{id}`"));
            faults.require_cluster(id, header.cluster.as_deref(), request);
            let own = request.cluster.as_ref().map(|cluster| &cluster.name);
            let foreign = header.cluster.is_some() && header.cluster.as_ref() != own;
            faults.require(stage_type.scope == Scope::Stack || !foreign, || {
                format!("`{id}` changes another cluster than the stage's own")
            });
        }
        for header in &self.headers {
            for before in &header.after {
                faults.require(ids.contains(before) && *before != header.id, || {
                    format!(
                        "`{}` comes after `{before}`, which is no other change",
                        header.id
                    )
                });
            }
        }
    }

    fn check_facts(&self, stage_type: &StageType, faults: &mut Faults) {
        let mut provided = BTreeSet::new();
        for fact in self.provides {
            let name = &fact.name;
            faults.require(provided.insert(name), || {
                format!("the fact `{name}` is provided twice")
            });
            let Some(offer) = stage_type.provides.iter().find(|offer| offer.name == *name) else {
                faults
                    .0
                    .push(format!("the fact `{name}` is provided and not offered"));
                continue;
            };
            faults.require(offer.secret || !is_secret(&fact.source), || {
                format!("the fact `{name}` comes from a secret source and is not offered as secret")
            });
        }
        for offer in &stage_type.provides {
            faults.require(provided.contains(&offer.name), || {
                format!("the fact `{}` is offered and not provided", offer.name)
            });
        }
    }
}

fn is_secret(source: &FactSource) -> bool {
    match source {
        FactSource::TokenRequest(_) => true,
        FactSource::Generated(generator) => !matches!(generator, Generator::Certificate(_)),
        _ => false,
    }
}

/// Every token is of a fact of the request, or a reference within a Terraform root.
fn check_tokens(answer: &impl Serialize, request: &Request, faults: &mut Faults) {
    let known: BTreeSet<_> = request
        .tokens
        .iter()
        .map(|token| token.token.trim_start_matches("@{").trim_end_matches('}'))
        .collect();
    for token in tokens_of(answer) {
        let fact = token.split('#').next().unwrap_or(&token);
        let local = fact.starts_with("resource:") || fact.starts_with("data:");
        faults.require(local || known.contains(fact), || {
            format!("the token `@{{{token}}}` is of no fact that the request gives")
        });
    }
}

/// References of a Terraform root are to resources and data sources that it has.
#[cfg(feature = "provisioning")]
fn check_references(proposal: &crate::provisioning::Proposal, faults: &mut Faults) {
    for change in &proposal.changes {
        let crate::provisioning::Action::Terraform(root) = &change.action else {
            continue;
        };
        let resources = root
            .resources
            .iter()
            .map(|resource| format!("{}.{}", resource.type_, resource.name));
        let resources: BTreeSet<_> = resources.collect();
        let data = root
            .data
            .iter()
            .map(|data| format!("data:{}.{}", data.type_, data.name));
        let known: BTreeSet<_> = resources
            .iter()
            .map(|address| format!("resource:{address}"))
            .chain(data)
            .collect();
        for token in tokens_of(root) {
            let address: Vec<_> = token.splitn(3, '.').take(2).collect();
            let local = token.starts_with("resource:") || token.starts_with("data:");
            faults.require(!local || known.contains(&address.join(".")), || {
                format!(
                    "the root `{}` has nothing that `@{{{token}}}` refers to",
                    root.root
                )
            });
        }
        for resource in &root.resources {
            for address in &resource.depends_on {
                faults.require(resources.contains(address), || {
                    format!("the root `{}` has no resource `{address}`", root.root)
                });
            }
        }
    }
}

/// All tokens in an answer's texts, without braces. One that is not closed goes on to the text's end,
/// and is then of no fact.
fn tokens_of(answer: &impl Serialize) -> BTreeSet<String> {
    let mut tokens = BTreeSet::new();
    if let Ok(value) = serde_json::to_value(answer) {
        collect_tokens(&value, &mut tokens);
    }
    tokens
}

fn collect_tokens(value: &Value, tokens: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let mut rest = text.as_str();
            while let Some((before, after)) = rest.split_once("@{") {
                rest = after;
                if !before.ends_with('@') {
                    let (token, behind) = after.split_once('}').unwrap_or((after, ""));
                    tokens.insert(token.to_owned());
                    rest = behind;
                }
            }
        }
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| collect_tokens(element, tokens)),
        Value::Object(fields) => fields
            .values()
            .for_each(|field| collect_tokens(field, tokens)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn escaped_braces_are_no_tokens() {
        for (text, want) in [
            ("@{a}", vec!["a"]),
            ("x@{a/b#/c}y@{d}", vec!["a/b#/c", "d"]),
            ("@@{a}", vec![]),
            ("@@{a} @{b}", vec!["b"]),
            ("@{unclosed", vec!["unclosed"]),
        ] {
            let tokens: Vec<_> = tokens_of(&[text]).into_iter().collect();
            assert_eq!(tokens, want, "{text}");
        }
    }

    #[cfg(feature = "provisioning")]
    mod provisioning {
        use serde_json::json;

        use crate::harness::{Answer, Harness, cluster};
        use crate::provisioning::{Change, Proposal, change};
        use crate::terraform::{self, Root};
        use crate::{Descriptor, FactSource, Probe, Scope, StageType, offer, opaque};

        fn faults(proposal: &Proposal) -> Vec<String> {
            let stage_type = StageType::new::<()>("network", Scope::Cluster, "A network")
                .requires(opaque("foundation.key-arn", "arn").stack())
                .provides(offer("network.vpc-id", "aws-id"));
            let plugin = Descriptor::provisioning("test", "1.0.0").stage_type(stage_type.clone());
            let request = Harness::new(&plugin, "network")
                .cluster(cluster("use1", "us-east-1"))
                .cluster(cluster("euw1", "eu-west-1"))
                .own("use1")
                .request();
            proposal.faults(&request, &stage_type)
        }

        fn root() -> Root {
            Root::new("network-use1", "us-east-1")
                .data("aws_partition", "current", json!({}))
                .resource(terraform::resource(
                    "aws_vpc",
                    "main",
                    json!({ "key": "@{foundation.key-arn}", "text": "@@{literal}" }),
                ))
                .resource(
                    terraform::resource(
                        "aws_subnet",
                        "a",
                        json!({
                            "vpc_id": terraform::reference("aws_vpc", "main", "id"),
                            "p": terraform::data_reference("aws_partition", "current", "partition"),
                        }),
                    )
                    .depends_on("aws_vpc", "main"),
                )
                .output("vpc-id", terraform::reference("aws_vpc", "main", "id"))
        }

        fn good() -> Proposal {
            Proposal::new()
                .change(change("network").terraform(root()))
                .provides(
                    "network.vpc-id",
                    FactSource::terraform_output("network-use1", "vpc-id"),
                )
                .probe(Probe::fact_present("vpc", "network.vpc-id"))
        }

        fn other(id: &str) -> Change {
            change(id).terraform(Root::new("other", "us-east-1"))
        }

        fn with(resource: terraform::Resource) -> Proposal {
            let root = Root::new("more", "us-east-1").resource(resource);
            good().change(change("more").terraform(root))
        }

        #[test]
        fn a_sound_proposal_has_no_faults() {
            assert_eq!(faults(&good()), Vec::<String>::new());
        }

        #[test]
        fn what_the_host_would_refuse_is_told() {
            let mut foreign = other("x");
            foreign.header.cluster = Some("euw1".into());
            let mut unknown = good().change(other("x"));
            unknown.probes[0].cluster = Some("apse1".into());
            let mut after_itself = other("x");
            after_itself.header.after.push("x".into());
            let vpc = |body| terraform::resource("aws_vpc", "x", body);
            let cases = [
                (
                    good().change(other("network")),
                    "two changes are called `network`",
                ),
                (good().change(other("No Name")), "is not an identifier"),
                (
                    good().change(foreign),
                    "another cluster than the stage's own",
                ),
                (unknown, "`apse1`, which the stack has not"),
                (good().change(after_itself), "which is no other change"),
                (
                    good().probe(Probe::api_reachable("vpc")),
                    "two probes are called `vpc`",
                ),
                (
                    good().provides("network.id", FactSource::known("a")),
                    "provided and not offered",
                ),
                (
                    good().provides("network.vpc-id", FactSource::known("a")),
                    "provided twice",
                ),
                (
                    with(vpc(json!({ "a": "@{network.zones}" }))),
                    "of no fact that the request gives",
                ),
                (
                    with(vpc(json!({ "a": "@{resource:aws_kms_key.main.arn}" }))),
                    "has nothing that `@{resource:aws_kms_key.main.arn}` refers to",
                ),
                (
                    with(vpc(json!({})).depends_on("aws_kms_key", "main")),
                    "has no resource `aws_kms_key.main`",
                ),
                (
                    good().moved(None, "terraform/a", "terraform/a"),
                    "moved to where it is",
                ),
            ];
            for (proposal, want) in cases {
                let faults = faults(&proposal);
                assert_eq!(faults.len(), 1, "{want}: {faults:?}");
                assert!(faults[0].contains(want), "{want}: {faults:?}");
            }
        }

        #[test]
        fn an_offered_fact_has_to_be_provided_and_a_secret_source_needs_a_secret_fact() {
            let mut proposal = good();
            proposal.provides.clear();
            assert_eq!(
                faults(&proposal),
                ["the fact `network.vpc-id` is offered and not provided"]
            );
            let proposal = proposal.provides("network.vpc-id", FactSource::random_bytes(32));
            let faults = faults(&proposal);
            assert!(faults[0].contains("is not offered as secret"), "{faults:?}");
        }
    }
}
