//! Components that do not fit their world.

use super::guest::Guest;
use super::{load, sandbox};
use crate::proposal::Kind;
use crate::sandbox::{Difference, LinkError, LoadError};

fn refused(kind: Kind, guest: &Guest) -> LinkError {
    match sandbox().load_unverified(kind, &guest.component()) {
        Err(LoadError::Link(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// A world with the exports of a security plugin.
fn security(extra: &str, packages: &str) -> String {
    format!(
        "package test:plugin;
         world plugin {{
             {extra}
             export aegis:plugin/description@0.1.0;
             export aegis:plugin/securer@0.1.0;
         }}
         {packages}"
    )
}

#[test]
fn a_component_of_each_kind_links_and_says_what_it_can_do() {
    for kind in Kind::ALL {
        let guest = Guest::new(kind)
            .with(r#"(import "aegis:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#);
        let plugin = load(kind, &guest);
        assert_eq!(
            plugin.surface().abilities(),
            ["write log messages"],
            "{kind}"
        );
        assert_eq!(plugin.surface().fits(), [kind]);
    }
}

#[test]
fn an_import_outside_of_the_contract_does_not_link() {
    let world = security(
        "import wasi:filesystem/types@0.2.0;",
        "package wasi:filesystem@0.2.0 { interface types { open: func(path: string); } }",
    );
    // The other package is a nested one.
    let guest = Guest::new(Kind::Security)
        .world(&world)
        .with(r#"(import "wasi:filesystem/types@0.2.0" "open" (func $open (param i32 i32)))"#)
        .runs(
            "plan",
            "(call $open (i32.const 0) (i32.const 0)) (i32.const 2048)",
        );
    let error = refused(Kind::Security, &guest);
    assert_eq!(
        error.differences,
        [Difference::Foreign {
            import: "wasi:filesystem/types@0.2.0".into()
        }]
    );
    assert!(error.help().contains("without WASI"), "{}", error.help());
}

#[test]
fn an_import_of_another_kind_does_not_link() {
    let guest = Guest::new(Kind::Security)
        .world(&security("import aegis:plugin/tls-prober@0.1.0;", ""))
        .with(r#"(import "aegis:plugin/tls-prober@0.1.0" "connect" (func $connect (param i32 i32 i32 i32 i32 i32)))"#)
        .runs(
            "plan",
            "(call $connect (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const 2048)",
        );
    let error = refused(Kind::Security, &guest);
    assert!(
        matches!(
            &error.differences[..],
            [Difference::OtherKind {
                kinds: [Kind::Validation],
                ..
            }]
        ),
        "{error}"
    );
}

#[test]
fn a_plugin_signed_as_another_kind_does_not_link() {
    let error = refused(Kind::Validation, &Guest::new(Kind::Gitops));
    assert!(
        error
            .differences
            .contains(&Difference::IsOtherKind { kind: Kind::Gitops }),
        "{error}"
    );
}

#[test]
fn a_missing_export_is_named() {
    let world = "package test:plugin; world plugin { export aegis:plugin/description@0.1.0; }";
    let error = refused(Kind::Security, &Guest::new(Kind::Security).world(world));
    assert_eq!(
        error.differences,
        [Difference::MissingExport {
            interface: "aegis:plugin/securer@0.1.0".into()
        }]
    );
}

#[test]
fn a_newer_contract_is_named() {
    let world = security(
        "import aegis:plugin/log@0.9.0;",
        "package aegis:plugin@0.9.0 { interface log { shout: func(message: string); } }",
    );
    let guest = Guest::new(Kind::Security)
        .world(&world)
        .with(r#"(import "aegis:plugin/log@0.9.0" "shout" (func $shout (param i32 i32)))"#)
        .runs(
            "plan",
            "(call $shout (i32.const 0) (i32.const 0)) (i32.const 2048)",
        );
    let error = refused(Kind::Security, &guest);
    assert!(
        matches!(&error.differences[..], [Difference::OtherVersion { .. }]),
        "{error}"
    );
    assert!(error.help().contains("update aegis"), "{}", error.help());
}

#[test]
fn a_function_of_another_type_does_not_link() {
    let world = security(
        "import aegis:plugin/log@0.1.1;",
        "package aegis:plugin@0.1.1 { interface log { write: func(message: string); } }",
    );
    let guest = Guest::new(Kind::Security)
        .world(&world)
        .with(r#"(import "aegis:plugin/log@0.1.1" "write" (func $write (param i32 i32)))"#)
        .runs(
            "plan",
            "(call $write (i32.const 0) (i32.const 0)) (i32.const 2048)",
        );
    let error = refused(Kind::Security, &guest);
    assert!(
        matches!(&error.differences[..], [Difference::OtherTypes { .. }]),
        "{error}"
    );
    assert!(error.to_string().contains("write"), "{error}");
}

#[test]
fn an_export_of_another_type_does_not_link() {
    let world = "package test:plugin;
        world plugin { export aegis:plugin/description@0.1.1; export aegis:plugin/securer@0.1.0; }
        package aegis:plugin@0.1.1 { interface description { describe: func() -> list<string>; } }";
    let guest = Guest::new(Kind::Security)
        .world(world)
        .answers("describe", serde_json::json!(["a"]));
    let error = refused(Kind::Security, &guest);
    assert!(
        matches!(&error.differences[..], [Difference::OtherTypes { .. }]),
        "{error}"
    );
}

#[test]
fn the_table_of_interfaces_is_that_of_the_contract() {
    use crate::sandbox::link::{INTERFACES, export_of};
    use wit_parser::{Resolve, WorldItem};

    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/0.1.0"))
        .unwrap();
    for kind in Kind::ALL {
        let world = &resolve.worlds[resolve.select_world(&[package], Some(kind.name())).unwrap()];
        let functions = |item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => {
                let interface = &resolve.interfaces[*id];
                let mut functions: Vec<_> = interface.functions.keys().cloned().collect();
                functions.sort();
                (interface.name.clone().unwrap(), functions)
            }
            other => panic!("{other:?}"),
        };
        let imports: Vec<_> = world
            .imports
            .values()
            .map(functions)
            .filter(|(_, names)| !names.is_empty())
            .collect();
        for (name, names) in &imports {
            let full = format!("aegis:plugin/{name}@0.1.0");
            let known = INTERFACES
                .iter()
                .find(|known| known.is(&full))
                .unwrap_or_else(|| panic!("{full}"));
            assert_eq!(known.functions, names, "{name}");
        }
        let granted = INTERFACES
            .iter()
            .filter(|known| known.for_kind(kind))
            .count();
        assert_eq!(granted, imports.len(), "{kind}");
        let exports: Vec<_> = world.exports.values().map(functions).collect();
        let (name, names) = export_of(kind);
        assert!(
            exports
                .iter()
                .any(|(found, functions)| found == name && functions == names),
            "{kind}"
        );
    }
}
