//! What a plugin reads out of a request: its configuration, settings and facts.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::{Cluster, ConfigProblem, Failure, KnownFact, Request, Token, pointer};

impl Request {
    /// The stage's configuration.
    ///
    /// # Errors
    /// `Failure::InvalidConfig` with the JSON pointer of where it is not a `C`.
    pub fn config<C: DeserializeOwned>(&self) -> Result<C, Failure> {
        read(&self.config, |problem| problem)
    }

    /// The part of the stack's settings that the stage type declares.
    ///
    /// # Errors
    /// `Failure::InvalidConfig` with the JSON pointer, within the settings, of where they are not an `S`.
    pub fn settings<S: DeserializeOwned>(&self) -> Result<S, Failure> {
        read(&self.settings, |problem| ConfigProblem {
            message: format!("in the stack's settings: {}", problem.message),
            ..problem
        })
    }

    /// The cluster that the stage runs for.
    ///
    /// # Errors
    /// `Failure::Internal` for a stage of the stack, which has none: its stage type has the wrong scope.
    pub fn own_cluster(&self) -> Result<&Cluster, Failure> {
        self.cluster.as_ref().ok_or_else(|| {
            Failure::Internal(format!(
                "stage type `{}` wants a cluster, but its scope is the stack",
                self.stage_type
            ))
        })
    }

    /// The token of an opaque fact of the own cluster or of the stack.
    ///
    /// # Errors
    /// `Failure::Internal` when the request has none: the stage type does not require the fact, or
    /// requires it as optional and nobody provides it (see [`Request::optional_token`]).
    pub fn token(&self, name: &str) -> Result<Token, Failure> {
        self.optional_token(name)
            .ok_or_else(|| undeclared(name, None, "opaque"))
    }

    /// The token of an optional fact of the own cluster or of the stack, when somebody provides it.
    pub fn optional_token(&self, name: &str) -> Option<Token> {
        let own = self.cluster.as_ref().map(|cluster| cluster.name.as_str());
        self.find_token(own, name)
            .or_else(|| self.find_token(None, name))
    }

    /// The token of an opaque fact of this cluster.
    ///
    /// # Errors
    /// As [`Request::token`].
    pub fn token_of(&self, cluster: &str, name: &str) -> Result<Token, Failure> {
        self.find_token(Some(cluster), name)
            .ok_or_else(|| undeclared(name, Some(cluster), "opaque"))
    }

    /// The tokens of a fact that is required of each cluster, by cluster.
    pub fn tokens_by_cluster(&self, name: &str) -> BTreeMap<&str, Token> {
        self.tokens
            .iter()
            .filter(|token| token.name == name)
            .filter_map(|token| Some((token.cluster.as_deref()?, token.into())))
            .collect()
    }

    /// A fact by value, of the own cluster or of the stack. Several are read best through
    /// [`Request::facts_by_value`], which reports all missing ones at once.
    ///
    /// # Errors
    /// `Failure::NeedsFact` when it is not known; `Failure::Internal` when it is not a `T`.
    pub fn fact<T: DeserializeOwned>(&self, name: &str) -> Result<T, Failure> {
        self.optional_fact(name)?
            .ok_or_else(|| Failure::NeedsFact(vec![name.to_owned()]))
    }

    /// A fact by value that may be missing.
    ///
    /// # Errors
    /// `Failure::Internal` when it is not a `T`.
    pub fn optional_fact<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        let own = self.cluster.as_ref().map(|cluster| cluster.name.as_str());
        self.find_fact(own, name)
            .or_else(|| self.find_fact(None, name))
            .map(value)
            .transpose()
    }

    /// A fact by value of this cluster.
    ///
    /// # Errors
    /// As [`Request::fact`].
    pub fn fact_of<T: DeserializeOwned>(&self, cluster: &str, name: &str) -> Result<T, Failure> {
        self.find_fact(Some(cluster), name)
            .ok_or_else(|| Failure::NeedsFact(vec![name.to_owned()]))
            .and_then(value)
    }

    /// The known values of a fact that is required of each cluster, by cluster.
    ///
    /// # Errors
    /// `Failure::Internal` when one is not a `T`.
    pub fn facts_by_cluster<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<BTreeMap<&str, T>, Failure> {
        self.facts
            .iter()
            .filter(|fact| fact.name == name)
            .filter_map(|fact| Some((fact.cluster.as_deref()?, fact)))
            .map(|(cluster, fact)| Ok((cluster, value(fact)?)))
            .collect()
    }

    /// A reader of facts by value that remembers which are missing.
    pub fn facts_by_value(&self) -> NeedsFact<'_> {
        NeedsFact {
            request: self,
            missing: Vec::new(),
            wrong: None,
        }
    }

    /// Whether the stage was granted this entry of the chart catalogue.
    pub fn may_release(&self, entry: &str) -> bool {
        self.catalogue.iter().any(|name| name == entry)
    }

    fn find_token(&self, cluster: Option<&str>, name: &str) -> Option<Token> {
        self.tokens
            .iter()
            .find(|token| token.name == name && token.cluster.as_deref() == cluster)
            .map(Token::from)
    }

    fn find_fact(&self, cluster: Option<&str>, name: &str) -> Option<&KnownFact> {
        self.facts
            .iter()
            .find(|fact| fact.name == name && fact.cluster.as_deref() == cluster)
    }
}

/// Reads facts by value and reports all missing ones at once, so that a stage is deferred once and
/// not once for each fact.
///
/// ```
/// # use aegis_plugin::{Failure, Request};
/// fn plan(request: &Request) -> Result<(), Failure> {
///     let mut facts = request.facts_by_value();
///     let zones = facts.get::<Vec<String>>("network.zones");
///     let issuer = facts.get::<String>("cluster.oidc-issuer");
///     let (Some(zones), Some(issuer)) = (zones, issuer) else {
///         return Err(facts.into_failure());
///     };
///     // …
/// #   let _ = (zones, issuer);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct NeedsFact<'request> {
    request: &'request Request,
    missing: Vec<String>,
    wrong: Option<Failure>,
}

impl NeedsFact<'_> {
    /// The fact's value, of the own cluster or of the stack; `None` is remembered.
    pub fn get<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let fact = self.request.fact(name);
        self.keep(fact)
    }

    /// The value of this cluster's fact; `None` is remembered.
    pub fn get_of<T: DeserializeOwned>(&mut self, cluster: &str, name: &str) -> Option<T> {
        let fact = self.request.fact_of(cluster, name);
        self.keep(fact)
    }

    /// `Failure::NeedsFact` with everything that was missing, or what was wrong with a value that
    /// was there.
    pub fn into_failure(self) -> Failure {
        self.wrong.unwrap_or(Failure::NeedsFact(self.missing))
    }

    /// `Ok` when nothing was missing.
    ///
    /// # Errors
    /// As [`NeedsFact::into_failure`].
    pub fn finish(self) -> Result<(), Failure> {
        if self.missing.is_empty() && self.wrong.is_none() {
            Ok(())
        } else {
            Err(self.into_failure())
        }
    }

    fn keep<T>(&mut self, fact: Result<T, Failure>) -> Option<T> {
        match fact {
            Ok(value) => return Some(value),
            Err(Failure::NeedsFact(names)) => {
                for name in names {
                    if !self.missing.contains(&name) {
                        self.missing.push(name);
                    }
                }
            }
            Err(other) => {
                self.wrong.get_or_insert(other);
            }
        }
        None
    }
}

fn value<T: DeserializeOwned>(fact: &KnownFact) -> Result<T, Failure> {
    serde_json::from_str(&fact.value).map_err(|error| {
        Failure::Internal(format!(
            "the fact `{}` is not as expected: {error}",
            fact.name
        ))
    })
}

fn undeclared(name: &str, cluster: Option<&str>, mode: &str) -> Failure {
    let of = cluster.map_or(String::new(), |cluster| format!(" of cluster `{cluster}`"));
    Failure::Internal(format!(
        "the request has no token of the fact `{name}`{of}; does the stage type require it as {mode}?"
    ))
}

fn read<T: DeserializeOwned>(
    text: &str,
    describe: impl FnOnce(ConfigProblem) -> ConfigProblem,
) -> Result<T, Failure> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer_of(error.path());
        let problem = ConfigProblem::new(pointer, without_position(&error.into_inner()));
        Failure::InvalidConfig(vec![describe(problem)])
    })
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer::push(&mut pointer, &index.to_string()),
            Segment::Map { key } => pointer::push(&mut pointer, key),
            Segment::Enum { variant } => pointer::push(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    pointer
}

/// The message without serde_json's ` at line 1 column 9`: the plugin sees the configuration as the
/// host wrote it, so that line is in no file of the operator's.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    message
        .strip_suffix(&position)
        .map_or(message.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::harness::{Harness, cluster};
    use crate::{Descriptor, Kind, Scope, StageType, by_value, opaque};

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Config {
        #[serde(default)]
        groups: Vec<Group>,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Group {
        max: u8,
        #[serde(default)]
        labels: BTreeMap<String, String>,
    }

    fn harness() -> Harness {
        let stage_type = StageType::new::<Config>("nodes", Scope::Cluster, "Nodes")
            .setting("/service-accounts")
            .requires(opaque("network.vpc-id", "aws-id"))
            .requires(opaque("foundation.key-arn", "arn").stack())
            .requires(opaque("mesh.address", "dns-name").each_cluster())
            .requires(opaque("extra.id", "text").optional())
            .requires(by_value("network.zones", "list<text>"))
            .requires(by_value("stack.size", "number").stack())
            .requires(by_value("mesh.port", "port").each_cluster());
        let plugin = Descriptor::new(Kind::Provisioning, "test", "1.0.0").stage_type(stage_type);
        Harness::new(&plugin, "nodes")
            .cluster(cluster("use1", "us-east-1"))
            .cluster(cluster("euw1", "eu-west-1"))
            .own("use1")
    }

    #[test]
    fn a_wrong_configuration_is_pointed_at() {
        for (config, pointer, message) in [
            (
                json!({ "groups": [{ "max": 300 }] }),
                "/groups/0/max",
                "300",
            ),
            (
                json!({ "groups": [{}] }),
                "/groups/0",
                "missing field `max`",
            ),
            (
                json!({ "groups": [{ "max": 1, "labels": { "a/b": 1 } }] }),
                "/groups/0/labels/a~1b",
                "expected a string",
            ),
            (json!({ "group": [] }), "/group", "unknown field `group`"),
            (json!([1]), "/0", "expected"),
        ] {
            let request = harness().config(config.clone()).request();
            let Err(Failure::InvalidConfig(problems)) = request.config::<Config>() else {
                panic!("{config} was accepted");
            };
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].pointer, pointer, "{config}");
            assert!(
                problems[0].message.contains(message),
                "{}",
                problems[0].message
            );
            assert!(
                !problems[0].message.contains("line"),
                "{}",
                problems[0].message
            );
        }
    }

    #[test]
    fn settings_hold_what_the_stage_type_declares() {
        let settings =
            json!({ "service-accounts": [{ "name": "api" }], "oidc": { "issuer": "x" } });
        let request = harness().settings(settings).request();
        assert_eq!(
            request.settings::<Value>(),
            Ok(json!({ "service-accounts": [{ "name": "api" }] }))
        );
        let Err(Failure::InvalidConfig(problems)) =
            request.settings::<BTreeMap<String, Vec<Group>>>()
        else {
            panic!("the settings were accepted");
        };
        assert_eq!(problems[0].pointer, "/service-accounts/0/name");
        assert!(problems[0].message.starts_with("in the stack's settings: "));
    }

    #[test]
    fn tokens_are_of_the_own_cluster_or_the_stack() {
        let request = harness().request();
        let text = |token: Result<Token, Failure>| token.map(|token| token.whole());
        for (got, want) in [
            (
                text(request.token("network.vpc-id")),
                "@{use1/network.vpc-id}",
            ),
            (
                text(request.token("foundation.key-arn")),
                "@{foundation.key-arn}",
            ),
            (text(request.token("mesh.address")), "@{use1/mesh.address}"),
            (
                text(request.token_of("euw1", "mesh.address")),
                "@{euw1/mesh.address}",
            ),
        ] {
            assert_eq!(got, Ok(want.to_owned()));
        }
        let clusters: Vec<_> = request
            .tokens_by_cluster("mesh.address")
            .into_keys()
            .collect();
        assert_eq!(clusters, ["euw1", "use1"]);
    }

    #[test]
    fn a_token_that_was_not_required_is_the_plugins_fault() {
        let request = harness().without("extra.id").request();
        assert_eq!(request.optional_token("extra.id"), None);
        for missing in [
            request.token("extra.id"),
            request.token("network.zones"),
            request.token_of("euw1", "network.vpc-id"),
        ] {
            assert!(matches!(missing, Err(Failure::Internal(_))), "{missing:?}");
        }
    }

    #[test]
    fn facts_by_value_are_read_in_their_reach() {
        let request = harness()
            .fact("network.zones", json!(["a", "b"]))
            .fact("stack.size", json!(2))
            .fact_of("euw1", "mesh.port", json!(15443))
            .request();
        assert_eq!(
            request.fact::<Vec<String>>("network.zones"),
            Ok(vec!["a".into(), "b".into()])
        );
        assert_eq!(request.fact::<u32>("stack.size"), Ok(2));
        assert_eq!(request.fact_of::<u16>("euw1", "mesh.port"), Ok(15443));
        assert_eq!(
            request.facts_by_cluster::<u16>("mesh.port"),
            Ok(BTreeMap::from([("euw1", 15443)]))
        );
        assert_eq!(request.optional_fact::<u16>("mesh.port"), Ok(None));
        assert!(matches!(
            request.fact::<u32>("network.zones"),
            Err(Failure::Internal(_))
        ));
    }

    #[test]
    fn all_missing_facts_are_told_at_once() {
        let request = harness().fact("stack.size", json!(2)).request();
        let mut facts = request.facts_by_value();
        assert_eq!(facts.get::<Vec<String>>("network.zones"), None);
        assert_eq!(facts.get::<u32>("stack.size"), Some(2));
        assert_eq!(facts.get_of::<u16>("euw1", "mesh.port"), None);
        assert_eq!(facts.get_of::<u16>("use1", "mesh.port"), None);
        assert_eq!(
            facts.finish(),
            Err(Failure::NeedsFact(vec![
                "network.zones".into(),
                "mesh.port".into()
            ]))
        );
    }

    #[test]
    fn a_fact_of_another_kind_outweighs_missing_ones() {
        let request = harness().fact("stack.size", json!("large")).request();
        let mut facts = request.facts_by_value();
        assert_eq!(facts.get::<u32>("stack.size"), None);
        assert_eq!(facts.get::<Vec<String>>("network.zones"), None);
        assert!(matches!(facts.into_failure(), Failure::Internal(_)));
    }
}
