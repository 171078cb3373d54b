//! Presets: sets of stages that a stack file starts from. A preset is written like the `stages` of
//! a stack file, and reads through the same code.

use std::sync::Arc;

use miette::NamedSource;

use super::error::{Problems, Report};
use super::file::{Named, Preset, StageEntry, stages};
use super::syntax::{self, Value};

/// The text of a preset; `None` for the empty one.
pub fn text(preset: Preset) -> Option<&'static str> {
    match preset {
        Preset::None => None,
        Preset::Standard => Some(include_str!("presets/standard.yaml")),
    }
}

/// The stages of a preset.
///
/// # Errors
/// Only if a preset that this program carries is wrong; a test reads every one of them.
pub(crate) fn load(preset: Preset) -> Result<Named<StageEntry>, Problems> {
    let Some(text) = text(preset) else {
        return Ok(Named::new());
    };
    let name = format!("preset {preset}");
    let mut report = Report::new(Arc::new(NamedSource::new(name, text.to_owned())));
    let node = syntax::read(text, &mut report);
    let stages = node.and_then(|node| match node.value {
        Value::Map(entries) => entries
            .iter()
            .find(|entry| entry.key.value == "stages")
            .map(|entry| stages(&entry.value, &mut report)),
        Value::List(_) | Value::Scalar(_) => None,
    });
    report.finish(stages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_names_its_plugins_and_no_versions() {
        for preset in Preset::ALL {
            for (name, (_, stage)) in load(*preset).unwrap() {
                let plugin = stage.plugin.unwrap_or_else(|| panic!("{name}")).value;
                assert_eq!(plugin.publisher, "aegis", "{name}");
                assert_eq!(plugin.requirement, semver::VersionReq::STAR, "{name}");
                assert!(stage.off.is_none(), "{name}");
            }
        }
    }

    #[test]
    fn the_standard_preset_is_the_platform() {
        let names: Vec<String> = load(Preset::Standard).unwrap().into_keys().collect();
        assert_eq!(
            names,
            [
                "certificates",
                "cluster",
                "compliance",
                "delivery",
                "foundation",
                "keys",
                "network"
            ]
        );
    }
}
