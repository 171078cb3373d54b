//! What the host asks a plugin.

use std::sync::Arc;

use aegis_document::{Digest, Identifier, canonical::CanonicalError, digest_of};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::fact::{FactRef, Format};
use crate::template::{FactToken, Token};

/// A cluster of the stack, as a plugin sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterInfo {
    /// The short name in the stack file.
    pub name: Identifier,
    /// The full DNS name, `use1.shop.example.com`.
    pub dns_name: String,
    pub region: String,
    /// Availability zones, sorted.
    pub zones: Vec<String>,
    /// The network's IPv4 block.
    pub cidr: String,
    pub kubernetes_version: String,
    /// True while the cluster is being taken out of the stack.
    pub removing: bool,
}

/// A fact that the stage receives by value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct KnownFact {
    pub fact: FactRef,
    /// Checked against the fact's format by the caller. Never a secret.
    pub value: Value,
}

/// A fact that the stage receives as a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FactTokenOffer {
    pub fact: FactRef,
    pub format: Format,
    pub secret: bool,
}

impl FactTokenOffer {
    /// The text that the plugin may put into a document, `@{use1/network.vpc-id}`.
    pub fn token(&self) -> String {
        Token::Fact(FactToken {
            fact: self.fact.clone(),
            pointer: String::new(),
        })
        .to_string()
    }
}

/// Everything that a plugin's answer may depend on. It holds no clock, path or state of the world,
/// so equal requests have equal answers.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRequest {
    pub stack: Identifier,
    /// The stack's DNS domain.
    pub domain: String,
    /// The stage's name in the stack file.
    pub stage: Identifier,
    pub stage_type: Identifier,
    /// The cluster that the stage runs for; `None` for a stage of the stack.
    pub cluster: Option<ClusterInfo>,
    /// All clusters of the stack, sorted by name; shared by all requests of a plan. A stage of a cluster is shown
    /// only its own, see [`Self::visible_clusters`].
    pub clusters: Arc<[ClusterInfo]>,
    /// The stage's configuration; it has passed the stage type's schema.
    pub config: Value,
    /// The part of the stack's settings that the stage type declares.
    pub settings: Value,
    pub facts: Vec<KnownFact>,
    pub tokens: Vec<FactTokenOffer>,
    /// Names of the chart catalogue that the stage was granted.
    pub catalogue: Vec<Identifier>,
}

impl PlanRequest {
    /// The clusters that the plugin is shown: its own for a stage of a cluster, all of them for a stage of the
    /// stack. Showing all to each would make a plan of a thousand clusters a million records, and every
    /// cluster's digest depend on every other.
    pub fn visible_clusters(&self) -> &[ClusterInfo] {
        match &self.cluster {
            Some(own) => std::slice::from_ref(own),
            None => &self.clusters,
        }
    }

    /// The facts by value in the order in which the plugin sees them.
    pub(super) fn sorted_facts(&self) -> Vec<&KnownFact> {
        let mut facts: Vec<_> = self.facts.iter().collect();
        facts.sort_by(|a, b| a.fact.cmp(&b.fact));
        facts
    }

    /// The tokens in the order in which the plugin sees them.
    pub(super) fn sorted_tokens(&self) -> Vec<&FactTokenOffer> {
        let mut tokens: Vec<_> = self.tokens.iter().collect();
        tokens.sort_by(|a, b| a.fact.cmp(&b.fact));
        tokens
    }

    /// The names of the catalogue in the order in which the plugin sees them.
    pub(super) fn sorted_catalogue(&self) -> Vec<&Identifier> {
        let mut catalogue: Vec<_> = self.catalogue.iter().collect();
        catalogue.sort();
        catalogue
    }

    /// The digest of what the plugin is shown: SHA-256 of its canonical JSON.
    pub fn digest(&self) -> Result<Digest, CanonicalError> {
        digest_of(self)
    }
}

/// The form that [`PlanRequest::digest`] covers: what is shown, in the order in which it is shown.
impl Serialize for PlanRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "kebab-case")]
        struct Shown<'a> {
            stack: &'a Identifier,
            domain: &'a str,
            stage: &'a Identifier,
            stage_type: &'a Identifier,
            cluster: Option<&'a Identifier>,
            clusters: &'a [ClusterInfo],
            config: &'a Value,
            settings: &'a Value,
            facts: Vec<&'a KnownFact>,
            tokens: Vec<&'a FactTokenOffer>,
            catalogue: Vec<&'a Identifier>,
        }
        Shown {
            stack: &self.stack,
            domain: &self.domain,
            stage: &self.stage,
            stage_type: &self.stage_type,
            cluster: self.cluster.as_ref().map(|cluster| &cluster.name),
            clusters: self.visible_clusters(),
            config: &self.config,
            settings: &self.settings,
            facts: self.sorted_facts(),
            tokens: self.sorted_tokens(),
            catalogue: self.sorted_catalogue(),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    pub(in crate::sandbox) fn cluster(name: &str) -> ClusterInfo {
        ClusterInfo {
            name: Identifier::new(name).unwrap(),
            dns_name: format!("{name}.shop.example.com"),
            region: "us-east-1".into(),
            zones: vec!["us-east-1a".into(), "us-east-1b".into()],
            cidr: "10.0.0.0/16".into(),
            kubernetes_version: "1.36.3".into(),
            removing: false,
        }
    }

    pub(in crate::sandbox) fn request(own: Option<&str>) -> PlanRequest {
        PlanRequest {
            stack: Identifier::new("shop").unwrap(),
            domain: "shop.example.com".into(),
            stage: Identifier::new("network").unwrap(),
            stage_type: Identifier::new("network").unwrap(),
            cluster: own.map(cluster),
            clusters: ["euw1", "use1"].map(cluster).into(),
            config: json!({"nat": 1}),
            settings: json!({}),
            facts: vec![KnownFact {
                fact: "aws.partition".parse().unwrap(),
                value: json!("aws"),
            }],
            tokens: vec![FactTokenOffer {
                fact: "use1/network.vpc-id".parse().unwrap(),
                format: Format::AwsId,
                secret: false,
            }],
            catalogue: vec![Identifier::new("istio").unwrap()],
        }
    }

    #[test]
    fn a_token_is_the_text_that_is_parsed_back() {
        let offer = &request(None).tokens[0];
        assert_eq!(offer.token(), "@{use1/network.vpc-id}");
    }

    #[test]
    fn the_digest_covers_what_is_shown_and_nothing_else() {
        let digest = |request: &PlanRequest| request.digest().unwrap();
        let base = request(Some("use1"));
        let mut other_cluster_changed = base.clone();
        other_cluster_changed.clusters = [cluster("use1")].into();
        assert_eq!(digest(&base), digest(&other_cluster_changed));

        let mut reordered = request(None);
        reordered.facts.push(KnownFact {
            fact: "aws.account".parse().unwrap(),
            value: json!("1"),
        });
        let mut ordered = reordered.clone();
        ordered.facts.reverse();
        assert_eq!(digest(&ordered), digest(&reordered));

        let changes: [fn(&mut PlanRequest); 6] = [
            |r| r.config = json!({"nat": 2}),
            |r| r.settings = json!({"a": 1}),
            |r| r.cluster = None,
            |r| r.facts.clear(),
            |r| r.tokens[0].secret = true,
            |r| r.catalogue.clear(),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut changed = base.clone();
            change(&mut changed);
            assert_ne!(digest(&base), digest(&changed), "{index}");
        }
    }
}
