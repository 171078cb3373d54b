//! Other publishers' plugins: taken for what they are, or not at all.

use aegis_document::Digest;
use aegis_registry::{Envelope, Kind, Metadata, Package, Statement};

use crate::desk::Desk;
use crate::world;

/// Packages a component as `acme` with other metadata than it should have, signs and offers it.
pub fn offer(desk: &Desk, plugin: &str, change: impl FnOnce(&mut Metadata)) -> Option<()> {
    let component = std::fs::read(world::component(plugin)?).unwrap();
    let package = std::fs::read(desk.package(plugin)).unwrap();
    let mut metadata = Package::read(&package).unwrap().into_metadata();
    metadata.manifest.plugin = format!("acme/{plugin}").parse().unwrap();
    change(&mut metadata);
    let package = Package::embed(&component, &metadata).unwrap();
    let statement = Statement {
        component: Digest::of(&package),
        manifest: metadata.manifest,
    };
    desk.ok(&["key", "generate", "--name", "acme"]);
    let key = desk.home().join("data/keys/acme.pub");
    desk.ok(&["trust", "add", "acme", "--key-file", key.to_str().unwrap()]);
    let envelope = Envelope::sign(&statement, &desk.key("acme")).unwrap();
    let path = desk.package("acme");
    std::fs::write(world::statement(&path), envelope.to_bytes().unwrap()).unwrap();
    std::fs::write(path, package).unwrap();
    Some(())
}

#[test]
fn a_plugin_is_of_the_kind_that_its_component_is() {
    for kind in [Kind::Provisioning, Kind::Gitops, Kind::Validation] {
        let Some(desk) = Desk::accepted() else { return };
        if offer(&desk, "cert-manager", |metadata| {
            metadata.manifest.kind = kind
        })
        .is_none()
        {
            return;
        }
        let before = desk.read("aegis.lock");
        let refused = desk.add("acme/cert-manager");
        assert_eq!(refused.code, Some(3), "{}: {refused}", kind.as_str());
        assert_eq!(desk.read("aegis.lock"), before);
    }
}

#[test]
fn a_plugin_that_says_another_thing_of_itself_than_was_signed_is_refused() {
    let Some(desk) = Desk::accepted() else { return };
    let offered = offer(&desk, "cert-manager", |metadata| {
        let types = metadata.descriptor.get_mut("stage-types").unwrap();
        types[0]["provides"] = serde_json::json!([]);
    });
    if offered.is_none() {
        return;
    }
    desk.add("acme/cert-manager").exits(3);
    // An honest one of the same publisher is accepted.
    let Some(desk) = Desk::accepted() else { return };
    offer(&desk, "cert-manager", |_| {});
    desk.add("acme/cert-manager").exits(0);
}

#[test]
fn a_plugin_for_a_newer_host_or_contract_is_refused() {
    type Change<'a> = &'a dyn Fn(&mut Metadata);
    let changes: [(Change<'_>, &str); 2] = [
        (
            &|metadata| metadata.manifest.minimum_host = "9.0.0".parse().unwrap(),
            "needs Aegis 9.0.0",
        ),
        (
            &|metadata| metadata.manifest.contract = "9.0.0".parse().unwrap(),
            "contract 9.0.0",
        ),
    ];
    for (change, words) in changes {
        let Some(desk) = Desk::accepted() else { return };
        if offer(&desk, "cert-manager", change).is_none() {
            return;
        }
        desk.add("acme/cert-manager").exits(3).says(&[words]);
    }
}

#[test]
fn an_enterprise_can_put_its_own_plugin_in_place_of_ours() {
    let Some(desk) = Desk::accepted() else { return };
    let Some(component) = world::component("cert-manager") else {
        return;
    };
    desk.ok(&["plan", "--quiet"]);
    let before = desk.plan();
    let manifest = world::repository().join("plugins/cert-manager/plugin.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    desk.write(
        "plugin.toml",
        manifest.replace("publisher = \"aegis\"", "publisher = \"acme\""),
    );
    let package = desk.plugins().join("acme-cert-manager.wasm");
    let package = package.to_str().unwrap();
    let component = component.to_str().unwrap();
    desk.ok(&["key", "generate", "--name", "acme"]);
    let key = desk.home().join("data/keys/acme.pub");
    desk.ok(&["trust", "add", "acme", "--key-file", key.to_str().unwrap()]);
    desk.ok(&[
        "plugin",
        "package",
        component,
        "--manifest",
        "plugin.toml",
        "--out",
        package,
    ]);
    desk.ok(&["plugin", "sign", package, "--key", "acme"]);
    desk.edit(
        "\nstages:\n",
        "\nstages:\n  certificates: {use: acme/cert-manager@^0.1}\n",
    );
    desk.run(&["plan"])
        .exits(3)
        .says(&["acme/cert-manager", "aegis plugin add"]);
    desk.add("acme/cert-manager").exits(0);
    desk.ok(&["plan", "--quiet"]);
    let after = desk.plan();
    assert_ne!(after["digest"], before["digest"]);
    assert_eq!(after["documents"], before["documents"]);
}
