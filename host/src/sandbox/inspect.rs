//! What a component can do at most, read from its own type before anything of it runs.

use std::collections::{BTreeMap, BTreeSet};

use aegis_document::untrusted;
use serde::Serialize;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::link::{INTERFACES, Interface, compare};
use crate::proposal::Kind;

/// The functions that a component wants from its host and those it offers, by interface. Names are
/// foreign text, kept as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Surface {
    /// Interface to functions. An interface of types alone has none.
    pub imports: BTreeMap<String, BTreeSet<String>>,
    pub exports: BTreeMap<String, BTreeSet<String>>,
}

impl Surface {
    pub(super) fn of(engine: &Engine, component: &Component) -> Self {
        let kind = component.component_type();
        let collect = |items: &mut dyn Iterator<Item = (String, ComponentItem)>| {
            items
                .map(|(name, item)| (name, functions(engine, &item)))
                .collect::<BTreeMap<_, _>>()
        };
        let imports = collect(
            &mut kind
                .imports(engine)
                .map(|(name, item)| (name.to_owned(), item.ty)),
        );
        let exports = collect(
            &mut kind
                .exports(engine)
                .map(|(name, item)| (name.to_owned(), item.ty)),
        );
        Self { imports, exports }
    }

    /// The kinds of plugin that it could be: those whose world it fits.
    pub fn fits(&self) -> Vec<Kind> {
        Kind::ALL
            .into_iter()
            .filter(|kind| compare(*kind, self).is_ok())
            .collect()
    }

    /// In plain words, what the plugin can do to the world outside of its answers. The grant decides how
    /// much of it happens.
    pub fn abilities(&self) -> Vec<String> {
        self.imports
            .iter()
            .filter(|(_, functions)| !functions.is_empty())
            .map(|(name, functions)| {
                let known: Option<&Interface> = INTERFACES.iter().find(|known| known.is(name));
                match known {
                    Some(interface) => interface.ability.to_owned(),
                    None => {
                        let functions: Vec<_> = functions
                            .iter()
                            .map(|name| untrusted(name).to_string())
                            .collect();
                        format!(
                            "unknown to this host: {} ({})",
                            untrusted(name),
                            functions.join(", ")
                        )
                    }
                }
            })
            .collect()
    }
}

/// The names of an instance's functions; a bare function has its own name as interface and no functions.
fn functions(engine: &Engine, item: &ComponentItem) -> BTreeSet<String> {
    match item {
        ComponentItem::ComponentInstance(instance) => instance
            .exports(engine)
            .filter(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
            .map(|(name, _)| name.to_owned())
            .collect(),
        ComponentItem::Type(_) => BTreeSet::new(),
        _ => BTreeSet::from(["(not an interface)".to_owned()]),
    }
}
