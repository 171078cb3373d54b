//! Whether a descriptor keeps the contract's rules.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Faults;
use super::format::is_format;
use crate::{Descriptor, FactMode, FactReach, Scope, StageType};

/// Checks a descriptor: identifiers, a semantic version, unique stage types and facts, known fact formats,
/// secrets that are opaque, and a configuration schema that the host accepts.
///
/// # Errors
/// Everything that is wrong, each with where.
pub fn check(descriptor: &Descriptor) -> Result<(), Faults> {
    let mut faults = Faults(Vec::new());
    faults.require(is_identifier(&descriptor.name), || {
        not_an_identifier("the plugin's name", &descriptor.name)
    });
    if let Err(error) = semver::Version::parse(&descriptor.version) {
        faults.0.push(format!(
            "`{}` is not a semantic version: {error}",
            descriptor.version
        ));
    }
    faults.require(!descriptor.stage_types.is_empty(), || {
        String::from("the plugin offers no stage type")
    });
    let mut names = BTreeSet::new();
    for stage_type in &descriptor.stage_types {
        let name = &stage_type.name;
        faults.require(is_identifier(name), || {
            not_an_identifier("a stage type", name)
        });
        faults.require(names.insert(name), || {
            format!("stage type `{name}` is offered twice")
        });
        let mut found = Faults(Vec::new());
        check_stage_type(stage_type, &mut found);
        let located = found.0.into_iter();
        faults
            .0
            .extend(located.map(|fault| format!("stage type `{name}`: {fault}")));
    }
    faults.into_result()
}

/// The contract's rule: ASCII, a lower-case letter first, then lower-case letters, digits, `-` and
/// `.`, at most 63 characters.
pub(super) fn is_identifier(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|character| {
            character.is_ascii_lowercase()
                || character.is_ascii_digit()
                || matches!(character, '-' | '.')
        })
}

pub(super) fn not_an_identifier(what: &str, text: &str) -> String {
    format!(
        "{what}, `{text}`, is not an identifier: lower-case letters, digits, `-` and `.`, a letter \
         first, at most 63 characters"
    )
}

fn check_stage_type(stage_type: &StageType, faults: &mut Faults) {
    let title = stage_type.title.trim();
    faults.require(!title.is_empty() && !title.contains('\n'), || {
        String::from("its title has to be one line")
    });
    faults.require(stage_type.config_version > 0, || {
        String::from("configuration versions begin at 1")
    });
    check_schema(&stage_type.config_schema, faults);
    for pointer in &stage_type.settings {
        faults.require(pointer.starts_with('/'), || {
            format!("the setting `{pointer}` is not a JSON pointer below the root")
        });
    }
    for class in &stage_type.conflicts {
        faults.require(is_identifier(class), || {
            not_an_identifier("a conflict class", class)
        });
    }
    check_requirements(stage_type, faults);
    let mut offered = BTreeSet::new();
    for fact in &stage_type.provides {
        check_fact(&fact.name, &fact.format, fact.schema, faults);
        faults.require(offered.insert(&fact.name), || {
            format!("it provides the fact `{}` twice", fact.name)
        });
    }
}

fn check_requirements(stage_type: &StageType, faults: &mut Faults) {
    let mut required = BTreeSet::new();
    for fact in &stage_type.requires {
        let name = &fact.name;
        check_fact(name, &fact.format, fact.schema, faults);
        faults.require(required.insert((name, fact.reach)), || {
            format!("it requires the fact `{name}` twice")
        });
        faults.require(!fact.secret || fact.mode == FactMode::Opaque, || {
            format!("the secret fact `{name}` is required by value; secrets are always opaque")
        });
        let own = fact.reach == FactReach::OwnCluster;
        faults.require(!own || stage_type.scope == Scope::Cluster, || {
            format!("the fact `{name}` is of the own cluster, which a stage of the stack has not")
        });
    }
}

fn check_fact(name: &str, format: &str, schema: u32, faults: &mut Faults) {
    faults.require(is_identifier(name), || not_an_identifier("a fact", name));
    faults.require(is_format(format), || {
        format!("the fact `{name}` has the unknown format `{format}`")
    });
    faults.require(schema > 0, || {
        format!("the fact `{name}` has schema 0; they begin at 1")
    });
}

fn check_schema(schema: &str, faults: &mut Faults) {
    let Ok(schema) = serde_json::from_str::<Value>(schema) else {
        faults
            .0
            .push(String::from("its configuration schema is not JSON"));
        return;
    };
    if schema["type"] != "object" {
        faults
            .0
            .push(String::from("its configuration has to be an object"));
        return;
    }
    faults.require(schema["additionalProperties"] == false, || {
        String::from(
            "its configuration takes unknown keys; give it `#[serde(deny_unknown_fields)]`",
        )
    });
    check_references(&schema, faults);
}

/// References to other documents would make the host fetch them.
fn check_references(schema: &Value, faults: &mut Faults) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::String(reference)) = keywords.get("$ref") {
                faults.require(reference.starts_with('#'), || {
                    format!("its configuration schema refers to `{reference}`, outside of itself")
                });
            }
            keywords
                .values()
                .for_each(|inner| check_references(inner, faults));
        }
        Value::Array(elements) => elements
            .iter()
            .for_each(|inner| check_references(inner, faults)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::{by_value, offer, opaque};

    /// A configuration.
    #[derive(JsonSchema, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        /// Where references come from.
        #[expect(dead_code, reason = "only its schema is used")]
        inner: Inner,
    }

    #[derive(JsonSchema, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {}

    #[derive(JsonSchema, serde::Deserialize)]
    struct Open {}

    fn stage() -> StageType {
        StageType::new::<Config>("network", Scope::Cluster, "A network")
    }

    fn plugin(stage_type: StageType) -> Descriptor {
        Descriptor::new(crate::Kind::Provisioning, "terraform", "1.2.3").stage_type(stage_type)
    }

    #[test]
    fn a_descriptor_that_keeps_the_rules_passes() {
        let stage = stage()
            .setting("/service-accounts")
            .requires(opaque("foundation.key-arn", "arn").stack().secret())
            .requires(by_value("network.zones", "list<text>").each_cluster())
            .provides(offer("network.vpc-id", "aws-id"))
            .conflicts("vpc");
        check(&plugin(stage)).unwrap();
    }

    #[test]
    fn every_broken_rule_is_told() {
        let mut version = plugin(stage());
        version.version = "1.2".into();
        let mut name = plugin(stage());
        name.name = "Terraform".into();
        let twice = plugin(stage()).stage_type(stage());
        let mut remote = stage();
        remote.config_schema =
            r#"{"type":"object","additionalProperties":false,"allOf":[{"$ref":"https://a"}]}"#
                .into();
        let stack = StageType::new::<Config>("base", Scope::Stack, "A base");
        let cases = [
            (version, "not a semantic version"),
            (name, "not an identifier"),
            (twice, "offered twice"),
            (plugin(remote), "outside of itself"),
            (
                plugin(StageType::new::<Open>("open", Scope::Stack, "Open")),
                "takes unknown keys",
            ),
            (
                plugin(StageType::new::<String>("text", Scope::Stack, "Text")),
                "has to be an object",
            ),
            (
                plugin(stage().requires(by_value("a.b", "text").secret())),
                "secrets are always opaque",
            ),
            (
                plugin(stage().requires(opaque("a.b", "string"))),
                "unknown format `string`",
            ),
            (
                plugin(stack.requires(opaque("a.b", "text"))),
                "which a stage of the stack has not",
            ),
            (
                plugin(stage().provides(offer("A", "text"))),
                "not an identifier",
            ),
            (
                plugin(
                    stage()
                        .provides(offer("a", "text"))
                        .provides(offer("a", "text")),
                ),
                "provides the fact `a` twice",
            ),
            (plugin(stage().setting("tags")), "not a JSON pointer"),
            (plugin(stage().config_version(0)), "begin at 1"),
        ];
        for (descriptor, want) in cases {
            let faults = check(&descriptor).unwrap_err();
            assert_eq!(faults.0.len(), 1, "{want}: {faults}");
            assert!(faults.0[0].contains(want), "{want}: {faults}");
        }
    }
}
