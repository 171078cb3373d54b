//! One stage type, the requests that can be made to it, and its runs.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value, json};

use super::{Answer, Faults, Memory};
use crate::{
    Cluster, Descriptor, FactMode, FactReach, FactRequirement, FactToken, KnownFact, Request,
    Scope, StageType,
};

/// Builds requests for one stage type and runs a plugin with them.
#[derive(Clone, Debug)]
pub struct Harness {
    stage_type: StageType,
    own: Option<String>,
    settings: Value,
    left_out: BTreeSet<String>,
    request: Request,
}

impl Harness {
    /// For a stage type of a plugin: the stack `shop` of `shop.example.com` without clusters, a
    /// stage named as its type, an empty configuration, no settings, no facts by value, and a token
    /// for each fact that is required as one.
    ///
    /// # Panics
    /// When the plugin has no such stage type.
    #[track_caller]
    pub fn new(descriptor: &Descriptor, stage_type: &str) -> Self {
        let Some(found) = descriptor
            .stage_types
            .iter()
            .find(|offered| offered.name == stage_type)
        else {
            panic!("`{}` offers no stage type `{stage_type}`", descriptor.name);
        };
        Self {
            stage_type: found.clone(),
            own: None,
            settings: json!({}),
            left_out: BTreeSet::new(),
            request: Request {
                stack: String::from("shop"),
                domain: String::from("shop.example.com"),
                stage: stage_type.to_owned(),
                stage_type: stage_type.to_owned(),
                cluster: None,
                clusters: Vec::new(),
                config: String::from("{}"),
                settings: String::from("{}"),
                facts: Vec::new(),
                tokens: Vec::new(),
                catalogue: Vec::new(),
            },
        }
    }

    /// The stack's name.
    pub fn stack(mut self, name: &str) -> Self {
        self.request.stack = name.to_owned();
        self
    }

    /// The stack's DNS domain.
    pub fn domain(mut self, domain: &str) -> Self {
        self.request.domain = domain.to_owned();
        self
    }

    /// The stage's name in the stack file.
    pub fn stage(mut self, name: &str) -> Self {
        self.request.stage = name.to_owned();
        self
    }

    /// Adds a cluster to the stack; see [`cluster`](super::cluster).
    pub fn cluster(mut self, cluster: Cluster) -> Self {
        self.request.clusters.push(cluster);
        self
    }

    /// The cluster that the stage runs for, one of those that were added.
    pub fn own(mut self, cluster: &str) -> Self {
        self.own = Some(cluster.to_owned());
        self
    }

    /// The stage's configuration.
    pub fn config(mut self, config: Value) -> Self {
        self.request.config = config.to_string();
        self
    }

    /// The stack's settings, all of them: the request holds what the stage type declares.
    pub fn settings(mut self, settings: Value) -> Self {
        self.settings = settings;
        self
    }

    /// The value of a fact, in the reach in which the stage type requires it: of the own cluster, of
    /// the stack or of each cluster.
    ///
    /// # Panics
    /// When the stage type does not require the fact by value.
    #[track_caller]
    pub fn fact(mut self, name: &str, value: Value) -> Self {
        self.expect_value_fact(name);
        let reaches: BTreeSet<_> = self
            .required(name, FactMode::Value)
            .flat_map(|fact| self.owners(fact))
            .collect();
        for cluster in reaches {
            self = self.add_fact(name, cluster, &value);
        }
        self
    }

    /// The value of one cluster's fact.
    ///
    /// # Panics
    /// As [`Harness::fact`].
    #[track_caller]
    pub fn fact_of(self, cluster: &str, name: &str, value: Value) -> Self {
        self.expect_value_fact(name);
        self.add_fact(name, Some(cluster.to_owned()), &value)
    }

    /// Nobody provides this optional fact: there is no token of it.
    pub fn without(mut self, name: &str) -> Self {
        self.left_out.insert(name.to_owned());
        self
    }

    /// Grants an entry of the chart catalogue.
    pub fn catalogue(mut self, entry: &str) -> Self {
        self.request.catalogue.push(entry.to_owned());
        self
    }

    /// The request.
    ///
    /// # Panics
    /// When a stage of a cluster has no [own](Harness::own) cluster among those added, or a stage of
    /// the stack has one.
    #[track_caller]
    pub fn request(&self) -> Request {
        let mut request = self.request.clone();
        request.clusters.sort_by(|a, b| a.name.cmp(&b.name));
        request.cluster = match (self.stage_type.scope, &self.own) {
            (Scope::Stack, None) => None,
            (Scope::Stack, Some(_)) => panic!("a stage of the stack has no own cluster"),
            (Scope::Cluster, own) => {
                let found = request
                    .clusters
                    .iter()
                    .find(|cluster| Some(&cluster.name) == own.as_ref());
                assert!(
                    found.is_some(),
                    "name the own cluster, one that was added, with `own`"
                );
                found.cloned()
            }
        };
        request.settings = declared(&self.settings, &self.stage_type.settings).to_string();
        request.tokens = self.tokens();
        request
            .facts
            .sort_by(|a, b| (&a.name, &a.cluster).cmp(&(&b.name, &b.cluster)));
        request.catalogue.sort();
        request
    }

    /// Runs a function of the plugin, for example `Terraform::plan`, and checks its answer.
    ///
    /// # Errors
    /// The plugin's failure.
    ///
    /// # Panics
    /// When a second run answers otherwise, when the answer has [faults](Answer::faults), or as
    /// [`Harness::request`].
    #[track_caller]
    pub fn run<A, E>(
        &self,
        host: &Memory,
        function: impl Fn(&Request, &Memory) -> Result<A, E>,
    ) -> Result<A, E>
    where
        A: Answer,
        E: PartialEq + fmt::Debug,
    {
        let request = self.request();
        let answer = function(&request, host);
        let again = function(&request, host);
        assert!(
            answer == again,
            "the same request gave two answers:\n{answer:#?}\n{again:#?}"
        );
        if let Ok(answer) = &answer {
            let faults = Faults(answer.faults(&request, &self.stage_type));
            assert!(faults.0.is_empty(), "the answer has faults:\n{faults}");
        }
        answer
    }

    fn add_fact(mut self, name: &str, cluster: Option<String>, value: &Value) -> Self {
        self.request.facts.push(KnownFact {
            name: name.to_owned(),
            cluster,
            value: value.to_string(),
        });
        self
    }

    #[track_caller]
    fn expect_value_fact(&self, name: &str) {
        assert!(
            self.required(name, FactMode::Value).next().is_some(),
            "stage type `{}` does not require the fact `{name}` by value",
            self.stage_type.name
        );
    }

    fn required<'a>(
        &'a self,
        name: &'a str,
        mode: FactMode,
    ) -> impl Iterator<Item = &'a FactRequirement> {
        self.stage_type
            .requires
            .iter()
            .filter(move |fact| fact.name == name && fact.mode == mode)
    }

    /// Whose fact a requirement means: clusters, or the stack (none).
    fn owners(&self, fact: &FactRequirement) -> Vec<Option<String>> {
        match fact.reach {
            FactReach::OwnCluster => vec![self.own.clone()],
            FactReach::Stack => vec![None],
            FactReach::EachCluster => self
                .request
                .clusters
                .iter()
                .map(|cluster| Some(cluster.name.clone()))
                .collect(),
        }
    }

    fn tokens(&self) -> Vec<FactToken> {
        let opaque =
            self.stage_type.requires.iter().filter(|fact| {
                fact.mode == FactMode::Opaque && !self.left_out.contains(&fact.name)
            });
        let mut tokens: Vec<_> = opaque
            .flat_map(|fact| self.owners(fact).into_iter().map(move |of| (fact, of)))
            .map(|(fact, cluster)| FactToken {
                name: fact.name.clone(),
                format: fact.format.clone(),
                secret: fact.secret,
                token: match &cluster {
                    Some(cluster) => format!("@{{{cluster}/{}}}", fact.name),
                    None => format!("@{{{}}}", fact.name),
                },
                cluster,
            })
            .collect();
        tokens.sort_by(|a, b| (&a.name, &a.cluster).cmp(&(&b.name, &b.cluster)));
        tokens.dedup();
        tokens
    }
}

/// The part of the settings that lies at these pointers, each in its place. Only pointers through
/// objects are followed.
fn declared(settings: &Value, pointers: &[String]) -> Value {
    let mut part = Value::Object(Map::new());
    for pointer in pointers {
        let Some(found) = settings.pointer(pointer) else {
            continue;
        };
        let mut place = &mut part;
        for segment in pointer.split('/').skip(1) {
            let key = segment.replace("~1", "/").replace("~0", "~");
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[key.as_str()];
        }
        *place = found.clone();
    }
    part
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::harness::cluster;
    use crate::{Failure, Health, Readiness, by_value, opaque};

    fn plugin(scope: Scope) -> Descriptor {
        let each = opaque("mesh.address", "dns-name").each_cluster();
        let stage_type = StageType::new::<()>("mesh", scope, "A mesh")
            .setting("/mesh/trust~1domain")
            .requires(each)
            .requires(by_value("stack.size", "number").stack());
        Descriptor::new(crate::Kind::Security, "test", "1.0.0").stage_type(stage_type)
    }

    fn healthy(request: &Request, _: &Memory) -> Result<Vec<Health>, Failure> {
        let health = Health::new(&request.stack, Readiness::Ready, "all is well");
        Ok(vec![health])
    }

    #[test]
    fn a_request_is_sorted_and_has_every_token() {
        let request = Harness::new(&plugin(Scope::Stack), "mesh")
            .cluster(cluster("use1", "us-east-1"))
            .cluster(cluster("euw1", "eu-west-1"))
            .fact("stack.size", json!(2))
            .catalogue("istio-base")
            .catalogue("cert-manager")
            .request();
        let clusters: Vec<_> = request.clusters.iter().map(|found| &found.name).collect();
        assert_eq!(clusters, ["euw1", "use1"]);
        let tokens: Vec<_> = request.tokens.iter().map(|found| &found.token).collect();
        assert_eq!(tokens, ["@{euw1/mesh.address}", "@{use1/mesh.address}"]);
        assert_eq!(request.catalogue, ["cert-manager", "istio-base"]);
        assert_eq!(request.cluster, None);
    }

    #[test]
    fn settings_are_cut_down_to_the_declared_pointers() {
        let settings = json!({ "mesh": { "trust/domain": "a", "other": 1 }, "more": 2 });
        let request = Harness::new(&plugin(Scope::Stack), "mesh")
            .settings(settings)
            .request();
        assert_eq!(request.settings, r#"{"mesh":{"trust/domain":"a"}}"#);
    }

    #[test]
    fn the_plugins_failure_comes_back() {
        let harness = Harness::new(&plugin(Scope::Stack), "mesh");
        let run = harness.run(&Memory::new(), |_, _| {
            Err::<Vec<Health>, _>(Failure::unsupported("no"))
        });
        assert_eq!(run, Err(Failure::unsupported("no")));
        assert!(harness.run(&Memory::new(), healthy).is_ok());
    }

    #[test]
    #[should_panic(expected = "gave two answers")]
    fn an_answer_that_changes_is_refused() {
        let calls = Cell::new(0);
        let _ = Harness::new(&plugin(Scope::Stack), "mesh").run(&Memory::new(), |_, _| {
            calls.set(calls.get() + 1);
            let subject = calls.get().to_string();
            Ok::<_, Failure>(vec![Health::new(subject, Readiness::Ready, "")])
        });
    }

    #[test]
    #[should_panic(expected = "does not require the fact `mesh.address` by value")]
    fn a_value_for_an_opaque_fact_is_refused() {
        let _ = Harness::new(&plugin(Scope::Stack), "mesh").fact("mesh.address", json!("a"));
    }

    #[test]
    #[should_panic(expected = "name the own cluster")]
    fn a_stage_of_a_cluster_needs_its_cluster() {
        let _ = Harness::new(&plugin(Scope::Cluster), "mesh").request();
    }

    #[test]
    #[should_panic(expected = "offers no stage type `network`")]
    fn an_unknown_stage_type_is_refused() {
        let _ = Harness::new(&plugin(Scope::Stack), "network");
    }
}
