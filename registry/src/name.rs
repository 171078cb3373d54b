//! The name of a plugin: the publisher's name space and a name within it.

use std::fmt;
use std::str::FromStr;

use aegis_document::Identifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `publisher/plugin`, for example `acme/linkerd`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginName {
    /// The name space: only keys trusted for it can sign the plugin.
    pub publisher: Identifier,
    /// The name within the name space.
    pub plugin: Identifier,
}

/// Why a text is not the name of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a plugin is named `publisher/plugin`, both in lower-case letters, digits, `-` and `.`")]
pub struct PluginNameError;

impl PluginName {
    /// Joins two checked names.
    pub const fn new(publisher: Identifier, plugin: Identifier) -> Self {
        Self { publisher, plugin }
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.publisher, self.plugin)
    }
}

impl fmt::Debug for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl FromStr for PluginName {
    type Err = PluginNameError;

    fn from_str(text: &str) -> Result<Self, PluginNameError> {
        let (publisher, plugin) = text.split_once('/').ok_or(PluginNameError)?;
        Ok(Self {
            publisher: Identifier::new(publisher).map_err(|_| PluginNameError)?,
            plugin: Identifier::new(plugin).map_err(|_| PluginNameError)?,
        })
    }
}

impl Serialize for PluginName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PluginName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_exactly_two_parts() {
        assert_eq!(
            "acme/linkerd".parse::<PluginName>().unwrap().to_string(),
            "acme/linkerd"
        );
        for text in [
            "", "acme", "/", "acme/", "/linkerd", "a/b/c", "../b", "a/..", "A/b", "a/b ",
        ] {
            assert_eq!(text.parse::<PluginName>(), Err(PluginNameError), "{text:?}");
        }
    }
}
