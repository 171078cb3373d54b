//! The same inputs give the same plan, other inputs another one, and only the plan that was made is applied.

use aegis_registry::Capabilities;
use serde_json::{Value, json};

use crate::desk::{Desk, SMALL};
use crate::world;

#[test]
fn two_checkouts_give_the_same_bytes() {
    let Some(desk) = Desk::accepted() else { return };
    let other = desk.checkout();
    for desk in [&desk, &other] {
        desk.ok(&["plan", "--quiet"]);
    }
    // The whole file, evidence included.
    let plans = [&desk, &other].map(|desk| std::fs::read(desk.plan_file()).unwrap());
    assert!(plans[0] == plans[1], "the plans differ");
}

#[test]
fn planning_in_another_order_and_at_another_time_gives_the_same_bytes() {
    let Some(desk) = Desk::accepted() else { return };
    let mut plans = ["1", "2", "7"].map(|number| {
        desk.ok(&["plan", "--quiet", "--parallelism", number]);
        std::fs::read(desk.plan_file()).unwrap()
    });
    plans.sort();
    assert!(plans[0] == plans[2], "the plans differ");
}

#[test]
fn comments_and_layout_of_the_stack_file_do_not_matter() {
    let Some(desk) = Desk::accepted() else { return };
    desk.ok(&["plan", "--quiet"]);
    let before = desk.plan();
    desk.edit("\nclusters:\n", "\n\n# Two regions.\nclusters:\n");
    desk.ok(&["plan", "--quiet"]);
    assert_eq!(desk.plan()["digest"], before["digest"]);
}

/// The plan of a desk after an input was changed, also in `new.json`; the one from before lies in the default place.
fn changed(desk: &Desk, change: impl FnOnce(&Desk)) -> Value {
    desk.ok(&["plan", "--quiet"]);
    let before = desk.plan();
    change(desk);
    desk.ok(&["plan", "--quiet", "--out", "new.json"]);
    let after: Value = serde_json::from_str(&desk.read("new.json")).unwrap();
    assert_ne!(after["digest"], before["digest"]);
    after
}

/// Nothing was written and nothing was recorded.
#[track_caller]
fn untouched(desk: &Desk) {
    assert!(desk.files().is_empty());
    assert!(desk.journal().is_empty());
}

#[test]
fn a_plan_from_before_the_stack_was_changed_is_not_applied() {
    let Some(desk) = Desk::accepted() else { return };
    changed(&desk, |desk| desk.edit("max: 12", "max: 13"));
    let refused = desk.run(&["apply"]).exits(1);
    refused.says(&["AEG0563", "the stack file was changed", "aegis plan"]);
    untouched(&desk);
    desk.ok(&["apply", "--quiet", "new.json"]);
}

#[test]
fn a_plan_from_before_a_supplied_fact_was_changed_is_not_applied() {
    let Some(desk) = Desk::with_stack(SMALL) else {
        return;
    };
    changed(&desk, |desk| {
        desk.edit("name: use1.shop", "name: other.shop")
    });
    desk.run(&["apply"])
        .exits(1)
        .says(&["AEG0563", "aegis plan"]);
    untouched(&desk);
}

#[test]
fn a_plan_from_before_the_policy_was_changed_is_not_applied() {
    let Some(desk) = Desk::accepted() else { return };
    changed(&desk, |desk| {
        desk.edit("block-at: high", "block-at: critical")
    });
    desk.run(&["apply"]).exits(1).says(&["aegis plan"]);
    untouched(&desk);
}

#[test]
fn a_plan_from_before_a_grant_was_changed_is_not_applied() {
    let Some(desk) = Desk::accepted() else { return };
    changed(&desk, |desk| {
        desk.accept_changed(|lock| {
            let name = "aegis/terraform".parse().unwrap();
            let mut entry = lock.plugins()[&name].clone();
            let mut grant: Vec<Value> = entry.grant.clone().into();
            let most = grant
                .iter_mut()
                .find_map(|line| line.get_mut("max-resources"));
            *most.unwrap() = json!(199);
            entry.grant = Capabilities::new(grant).unwrap();
            lock.insert(entry);
        });
    });
    let refused = desk.run(&["apply"]).exits(1);
    refused.says(&["AEG0564", "what is granted", "aegis plan"]);
    untouched(&desk);
}

#[test]
fn a_plan_from_before_a_plugin_was_changed_is_not_applied() {
    let Some(desk) = Desk::accepted() else { return };
    let Some(component) = world::component("argocd") else {
        return;
    };
    let plan = changed(&desk, |desk| {
        // A second key of the same publisher, and a component with other bytes of the same behaviour.
        desk.ok(&["key", "generate", "--name", "second"]);
        let key = desk.home().join("data/keys/second.pub");
        desk.ok(&["trust", "add", "aegis", "--key-file", key.to_str().unwrap()]);
        let manifest = world::repository().join("plugins/argocd/plugin.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        desk.write(
            "plugin.toml",
            manifest.replace("Argo CD without", "Argo CD again, without"),
        );
        let package = desk.package("argocd");
        std::fs::remove_file(world::statement(&package)).unwrap();
        let package = package.to_str().unwrap();
        let component = component.to_str().unwrap();
        desk.ok(&[
            "plugin",
            "package",
            component,
            "--manifest",
            "plugin.toml",
            "--out",
            package,
        ]);
        desk.ok(&["plugin", "sign", package, "--key", "second"]);
        // What the lock file names is another component, so it has to be accepted again.
        desk.run(&["plan"])
            .exits(3)
            .says(&["the lock file pins the component"]);
        desk.add("aegis/argocd").exits(0);
    });
    let refused = desk.run(&["apply"]).exits(1);
    refused.says(&["AEG0564", "plugins"]);
    untouched(&desk);
    // The behaviour is the same, so only the words about the plugin differ.
    let old = desk.plan();
    assert_ne!(plan["body"]["plugins"], old["body"]["plugins"]);
    assert_eq!(plan["documents"], old["documents"]);
}

#[test]
fn a_plan_from_before_a_fact_was_imported_anew_leaves_alone_what_holds_the_fact() {
    let Some(desk) = Desk::complete() else { return };
    changed(&desk, |desk| desk.edit("max: 12", "max: 13"));
    std::fs::rename(desk.stack().join("new.json"), desk.plan_file()).unwrap();
    let outputs = desk.read("terraform-outputs/use1-keys.json");
    let other = outputs.replace(":key/", ":key/f");
    assert_ne!(other, outputs);
    desk.write("other.json", other);
    desk.import("use1", "keys", &desk.stack().join("other.json"))
        .exits(0);

    let before = desk.files();
    let stale = desk.run(&["apply"]).exits(2);
    let stale = stale.says(&[
        "use1/cluster",
        "the fact use1/keys.volumes-arn has another value than in the plan",
    ]);
    assert!(stale.out.contains("aegis plan"), "{stale}");
    assert!(desk.files() == before, "the tree was changed");
    desk.plan_and_apply();
    assert!(desk.files() != before);
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn an_empty_plan_from_before_an_import_stays_empty() {
    let Some(desk) = Desk::applied() else { return };
    desk.ok(&["plan", "--quiet"]);
    let old = desk.plan();
    desk.import_outputs();
    let before = desk.files();
    desk.ok(&["apply"]);
    assert!(desk.files() == before, "the tree was changed");
    desk.ok(&["plan", "--quiet"]);
    assert_ne!(desk.plan()["digest"], old["digest"]);
}

/// Another character of the same kind, so that what is changed still is a plan.
fn other(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'8' | b'a'..=b'e' | b'g'..=b'y' | b'A'..=b'Y' => Some(byte + 1),
        b'9' => Some(b'1'),
        b'f' => Some(b'e'),
        b'z' | b'Z' => Some(byte - 1),
        _ => None,
    }
}

#[test]
fn a_plan_that_was_edited_anywhere_is_refused() {
    let Some(desk) = Desk::with_stack(SMALL) else {
        return;
    };
    desk.ok(&["plan", "--quiet"]);
    let good = std::fs::read(desk.plan_file()).unwrap();
    // Evidence helps a person and decides nothing: it is not under the digest.
    let text = String::from_utf8(good.clone()).unwrap();
    let from = text.find("\"evidence\":{").unwrap();
    let evidence = from..from + text[from..].find('}').unwrap();
    let samples = 200;
    for sample in 0..samples {
        let start = good.len() * sample / samples;
        let at =
            (start..good.len()).find(|at| other(good[*at]).is_some() && !evidence.contains(at));
        let mut edited = good.clone();
        edited[at.unwrap()] = other(good[at.unwrap()]).unwrap();
        std::fs::write(desk.plan_file(), &edited).unwrap();
        let ended = desk.run(&["apply"]);
        let around = at.unwrap().saturating_sub(40)..(at.unwrap() + 20).min(good.len());
        assert_eq!(
            ended.code,
            Some(1),
            "byte {at:?}, at {}: {ended}",
            &text[around]
        );
    }
    untouched(&desk);
}

#[test]
fn what_is_no_plan_is_refused_with_a_next_step() {
    let Some(desk) = Desk::accepted() else { return };
    desk.run(&["apply"]).exits(1).says(&[
        "AEG0740",
        "there is no plan",
        "make one with `aegis plan`",
    ]);
    desk.ok(&["plan", "--quiet"]);
    let good = desk.read(".aegis/plan.json");
    let cases = [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "\u{0}\u{1}".to_owned(),
        good[..good.len() / 2].to_owned(),
        good.replacen("aegis.plan/1", "aegis.plan/2", 1),
        good.replacen("\"body\":{", "\"body\":{\"extra\":1,", 1),
        good.replacen("\"digest\":", "\"digest\":\"x\",\"digest\":", 1),
        format!("{good}{good}"),
    ];
    for case in cases {
        desk.write(".aegis/plan.json", &case);
        let refused = desk.run(&["apply"]).exits(1);
        refused.says(&["AEG0741", "aegis plan"]);
    }
    desk.run(&["apply", "nowhere.json"])
        .exits(1)
        .says(&["nowhere.json"]);
    desk.run(&["apply", "platform-of-folders/"]).exits(1);
    untouched(&desk);
}
