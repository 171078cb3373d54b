//! Whether a component fits its world, and what to say when it does not.
//!
//! The linker of a kind holds the interfaces of that kind's world and nothing else, so a component that
//! wants more cannot be instantiated. Its own message for that says little to a person; this module
//! compares the component's type with the world first and names every difference.

mod contract;
mod error;

use semver::Version;

use self::contract::{DESCRIPTION, PACKAGE, TYPES, compatible, split};
use super::inspect::Surface;
use crate::proposal::Kind;

pub use contract::CONTRACT;
pub(super) use contract::{INTERFACES, Interface, export_of, is_interface};
pub use error::{Difference, LinkError};

/// Compares a component's type with the world of a kind.
pub(super) fn compare(kind: Kind, surface: &Surface) -> Result<(), LinkError> {
    let mut differences = Vec::new();
    for (import, functions) in &surface.imports {
        differences.extend(compare_import(
            kind,
            import,
            functions.iter().map(String::as_str),
        ));
    }
    let (own, _) = export_of(kind);
    for (name, functions) in [DESCRIPTION, export_of(kind)] {
        compare_export(name, functions, surface, &mut differences);
    }
    if differences.iter().any(
        |found| matches!(found, Difference::MissingExport { interface } if interface.contains(own)),
    ) {
        let other = Kind::ALL
            .into_iter()
            .find(|other| *other != kind && find_export(surface, export_of(*other).0).is_some());
        differences.extend(other.map(|kind| Difference::IsOtherKind { kind }));
    }
    if differences.is_empty() {
        Ok(())
    } else {
        Err(LinkError { kind, differences })
    }
}

fn compare_import<'a>(
    kind: Kind,
    import: &'a str,
    functions: impl Iterator<Item = &'a str>,
) -> Vec<Difference> {
    let Some((name, version)) = split(import) else {
        return vec![Difference::Foreign {
            import: import.to_owned(),
        }];
    };
    if !compatible(&version) {
        return vec![Difference::OtherVersion {
            name: name.to_owned(),
            wanted: version,
        }];
    }
    let known = INTERFACES.iter().find(|known| known.name == name);
    let Some(known) = known else {
        if TYPES.contains(&name) {
            return Vec::new();
        }
        return vec![Difference::UnknownInterface {
            import: import.to_owned(),
        }];
    };
    if !known.for_kind(kind) {
        return vec![Difference::OtherKind {
            import: import.to_owned(),
            kinds: known.kinds,
        }];
    }
    functions
        .filter(|function| !known.functions.contains(function))
        .map(|function| Difference::UnknownFunction {
            interface: name.to_owned(),
            function: function.to_owned(),
        })
        .collect()
}

fn find_export<'a>(
    surface: &'a Surface,
    name: &str,
) -> Option<(Version, &'a std::collections::BTreeSet<String>)> {
    surface
        .exports
        .iter()
        .find_map(|(export, functions)| match split(export) {
            Some((interface, version)) if interface == name => Some((version, functions)),
            _ => None,
        })
}

fn compare_export(
    name: &str,
    functions: &[&str],
    surface: &Surface,
    differences: &mut Vec<Difference>,
) {
    match find_export(surface, name) {
        None => differences.push(Difference::MissingExport {
            interface: format!("{PACKAGE}{name}@{CONTRACT}"),
        }),
        Some((wanted, _)) if !compatible(&wanted) => {
            differences.push(Difference::OtherVersion {
                name: name.to_owned(),
                wanted,
            });
        }
        Some((_, found)) => differences.extend(
            functions
                .iter()
                .filter(|function| !found.contains(**function))
                .map(|function| Difference::MissingFunction {
                    interface: name.to_owned(),
                    function: (*function).to_owned(),
                }),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn surface(imports: &[(&str, &[&str])], exports: &[(&str, &[&str])]) -> Surface {
        let collect = |items: &[(&str, &[&str])]| -> BTreeMap<_, _> {
            items
                .iter()
                .map(|(name, functions)| {
                    (
                        (*name).to_owned(),
                        functions.iter().map(|f| (*f).to_owned()).collect(),
                    )
                })
                .collect()
        };
        Surface {
            imports: collect(imports),
            exports: collect(exports),
        }
    }

    const SECURITY: &[(&str, &[&str])] = &[
        ("aegis:plugin/description@0.1.0", &["describe"]),
        ("aegis:plugin/securer@0.1.0", &["plan", "health"]),
    ];

    #[test]
    fn a_component_of_the_contract_fits() {
        let fits = surface(
            &[
                ("aegis:plugin/types@0.1.0", &[]),
                ("aegis:plugin/log@0.1.0", &["write"]),
            ],
            SECURITY,
        );
        assert_eq!(compare(Kind::Security, &fits), Ok(()));
    }

    #[test]
    fn the_error_is_a_difference_that_a_person_can_read() {
        let wants_more = surface(
            &[
                ("wasi:filesystem/types@0.2.0", &["open-at"]),
                ("aegis:plugin/ec2-reader@0.1.0", &["vpcs"]),
                ("aegis:plugin/log@0.2.0", &["write"]),
                ("aegis:plugin/clock@0.1.0", &["now"]),
                (
                    "aegis:plugin/kubernetes-reader@0.1.1",
                    &["get-object", "watch"],
                ),
            ],
            SECURITY,
        );
        let error = compare(Kind::Security, &wants_more).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the component does not fit the security world of contract 0.1.0:\n  \
             wants aegis:plugin/clock@0.1.0, which this host does not have\n  \
             wants aegis:plugin/ec2-reader@0.1.0: only for plugins of the kind provisioning, validation\n  \
             wants watch of kubernetes-reader, which this host does not have\n  \
             speaks log of contract 0.2.0; this host speaks 0.1.0\n  \
             wants wasi:filesystem/types@0.2.0: no plugin gets anything outside of the contract\n  \
             this host gives a security plugin: log, kubernetes-reader"
        );
        assert!(error.help().contains("update aegis"), "{}", error.help());
    }

    #[test]
    fn a_plugin_of_another_kind_is_told_what_it_is() {
        let error = compare(Kind::Provisioning, &surface(&[], SECURITY)).unwrap_err();
        assert_eq!(
            error.differences,
            [
                Difference::MissingExport {
                    interface: "aegis:plugin/provisioner@0.1.0".into()
                },
                Difference::IsOtherKind {
                    kind: Kind::Security
                },
            ]
        );
        assert!(
            error.help().contains("it is a security plugin"),
            "{}",
            error.help()
        );
    }
}
