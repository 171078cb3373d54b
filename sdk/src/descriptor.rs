//! What a plugin says about itself.

use schemars::{JsonSchema, generate::SchemaSettings};

use crate::{Descriptor, FactMode, FactOffer, FactReach, FactRequirement, Kind, Scope, StageType};

impl Descriptor {
    /// A plugin of this kind. The version is usually `env!("CARGO_PKG_VERSION")`.
    ///
    /// The kinds have shorthands of their own, for example
    /// [`Descriptor::provisioning`].
    pub fn new(kind: Kind, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            kind,
            stage_types: Vec::new(),
        }
    }

    /// A provisioning plugin.
    pub fn provisioning(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self::new(Kind::Provisioning, name, version)
    }

    /// A security plugin.
    pub fn security(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self::new(Kind::Security, name, version)
    }

    /// A GitOps plugin.
    pub fn gitops(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self::new(Kind::Gitops, name, version)
    }

    /// A validation plugin.
    pub fn validation(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self::new(Kind::Validation, name, version)
    }

    /// Adds a stage type.
    pub fn stage_type(mut self, stage_type: StageType) -> Self {
        self.stage_types.push(stage_type);
        self
    }
}

impl StageType {
    /// A stage type whose configuration is a `Config`.
    ///
    /// The JSON Schema is derived from `Config`; give it `#[serde(deny_unknown_fields)]`, or a
    /// mistyped key in a stack file is ignored. Configuration version 1, no settings, no facts.
    pub fn new<Config: JsonSchema>(
        name: impl Into<String>,
        scope: Scope,
        title: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            scope,
            config_version: 1,
            config_schema: schema_of::<Config>(),
            settings: Vec::new(),
            requires: Vec::new(),
            provides: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    /// Raised when the configuration changes incompatibly; 1 without this.
    pub fn config_version(mut self, version: u32) -> Self {
        self.config_version = version;
        self
    }

    /// Adds a JSON pointer into the stack's settings that this stage reads.
    pub fn setting(mut self, pointer: impl Into<String>) -> Self {
        self.settings.push(pointer.into());
        self
    }

    /// Adds a fact that the stage needs; see [`opaque`] and [`by_value`].
    pub fn requires(mut self, fact: FactRequirement) -> Self {
        self.requires.push(fact);
        self
    }

    /// Adds a fact that the stage promises to provide; see [`offer`].
    pub fn provides(mut self, fact: FactOffer) -> Self {
        self.provides.push(fact);
        self
    }

    /// Adds a class of which a cluster can hold only one, for example `cni`.
    pub fn conflicts(mut self, class: impl Into<String>) -> Self {
        self.conflicts.push(class.into());
        self
    }
}

/// A fact that is required as a token: of the own cluster, schema 1, not optional, not secret.
pub fn opaque(name: impl Into<String>, format: impl Into<String>) -> FactRequirement {
    requirement(name.into(), format.into(), FactMode::Opaque)
}

/// A fact that is required by value, because the structure of the stage's output depends on it: of
/// the own cluster, schema 1, not optional.
pub fn by_value(name: impl Into<String>, format: impl Into<String>) -> FactRequirement {
    requirement(name.into(), format.into(), FactMode::Value)
}

/// A fact that a stage provides in its own scope: schema 1, not secret.
pub fn offer(name: impl Into<String>, format: impl Into<String>) -> FactOffer {
    FactOffer {
        name: name.into(),
        format: format.into(),
        schema: 1,
        secret: false,
    }
}

fn requirement(name: String, format: String, mode: FactMode) -> FactRequirement {
    FactRequirement {
        name,
        format,
        schema: 1,
        mode,
        reach: FactReach::OwnCluster,
        optional: false,
        secret: false,
    }
}

impl FactRequirement {
    /// The fact of the cluster that the stage runs for.
    pub fn own_cluster(mut self) -> Self {
        self.reach = FactReach::OwnCluster;
        self
    }

    /// The one fact of the stack.
    pub fn stack(mut self) -> Self {
        self.reach = FactReach::Stack;
        self
    }

    /// The fact of every cluster.
    pub fn each_cluster(mut self) -> Self {
        self.reach = FactReach::EachCluster;
        self
    }

    /// Major version of the fact's meaning.
    pub fn schema(mut self, version: u32) -> Self {
        self.schema = version;
        self
    }

    /// The stage can do without it.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The fact is secret: a token that fits secret sinks only.
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

impl FactOffer {
    /// Major version of the fact's meaning.
    pub fn schema(mut self, version: u32) -> Self {
        self.schema = version;
        self
    }

    /// The fact is secret.
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// The JSON Schema (draft 2020-12) of a configuration, as JSON text with sorted keys.
pub fn schema_of<Config: JsonSchema>() -> String {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Config>()
        .to_value()
        .to_string()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
    struct Config {
        /// At most this many nodes.
        max_nodes: u8,
        groups: Vec<Group>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Group {
        name: String,
    }

    impl Default for Config {
        fn default() -> Self {
            Self {
                max_nodes: 3,
                groups: Vec::new(),
            }
        }
    }

    #[test]
    fn the_schema_says_what_the_type_says() {
        let schema: Value = serde_json::from_str(&schema_of::<Config>()).unwrap();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(schema["additionalProperties"], false);
        let max = &schema["properties"]["max-nodes"];
        assert_eq!(max["description"], "At most this many nodes.");
        assert_eq!(max["maximum"], 255);
        assert_eq!(
            schema["properties"]["groups"]["items"],
            json!({ "$ref": "#/$defs/Group" })
        );
    }

    #[test]
    fn requirements_and_offers_start_from_the_usual_case() {
        let fact = opaque("network.vpc-id", "aws-id");
        assert_eq!(
            (fact.mode, fact.reach),
            (FactMode::Opaque, FactReach::OwnCluster)
        );
        assert_eq!((fact.schema, fact.optional, fact.secret), (1, false, false));
        let fact = by_value("mesh.port", "port")
            .each_cluster()
            .schema(2)
            .optional();
        assert_eq!(
            (fact.mode, fact.reach),
            (FactMode::Value, FactReach::EachCluster)
        );
        assert_eq!((fact.schema, fact.optional), (2, true));
        assert!(offer("mesh.key", "pem").secret().secret);
    }
}
