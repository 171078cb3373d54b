//! Whoever has to approve a plan approves exactly that plan, once, in their own name.

use std::path::PathBuf;

use aegis_registry::{Role, Trust};

use crate::desk::{Desk, SMALL};
use crate::ended::Ended;
use crate::world;

/// A small stack whose plans two people must approve: the operator, and `second`. A key `stranger` may not.
fn desk() -> Option<Desk> {
    let desk = Desk::with_stack(&format!("{SMALL}policy: {{approvals: 2}}\n"))?;
    for name in ["second", "stranger"] {
        desk.ok(&["key", "generate", "--name", name]);
    }
    let key = desk.home().join("data/keys/second.pub");
    desk.ok(&[
        "trust",
        "add",
        "--role",
        "approvers",
        "--key-file",
        key.to_str().unwrap(),
    ]);
    desk.ok(&["plan", "--quiet"]);
    Some(desk)
}

fn digest(desk: &Desk) -> String {
    desk.plan()["digest"].as_str().unwrap().to_owned()
}

fn approve(desk: &Desk, key: &str) -> Ended {
    desk.run(&["approve", "--key", key, "--digest", &digest(desk)])
}

/// The approvals that lie beside the state.
fn files(desk: &Desk) -> Vec<PathBuf> {
    world::files_below(&desk.stack().join(".aegis/approvals"))
}

#[test]
fn a_plan_is_applied_when_enough_people_have_approved_it() {
    let Some(desk) = desk() else { return };
    let missing = |found: &str| {
        let refused = desk.run(&["apply"]).exits(3);
        refused.says(&[
            "AEG0566",
            &format!("needs 2 approvals and has {found}"),
            "aegis approve",
        ]);
    };
    missing("0");
    approve(&desk, "operator")
        .exits(0)
        .shows(&["is approved by"]);
    missing("1");
    // The same again is no second approval.
    approve(&desk, "operator").exits(0);
    missing("1");
    approve(&desk, "second").exits(0);
    assert!(desk.files().is_empty());
    desk.ok(&["apply"]);
    assert!(!desk.files().is_empty());
}

#[test]
fn an_approval_is_made_by_an_approver_who_has_read_the_plan() {
    let Some(desk) = desk() else { return };
    approve(&desk, "stranger")
        .exits(3)
        .says(&["not among the approvers"]);
    approve(&desk, "nobody").exits(1);
    let other = format!("sha256:{}", "0".repeat(64));
    let refused = desk.run(&["approve", "--digest", &other]).exits(3);
    refused.says(&["another digest than the one that you have read"]);
    let refused = desk.run(&["approve"]).exits(3);
    refused.says(&["no terminal", "--digest sha256:"]);
    let expires = ["approve", "--digest", &digest(&desk), "--expires", "soon"];
    desk.run(&expires).exits(1).says(&["--expires"]);
    assert!(files(&desk).is_empty());
}

#[test]
fn only_what_the_stack_plans_now_is_approved() {
    let Some(desk) = desk() else { return };
    desk.edit("name: use1.shop", "name: other.shop");
    approve(&desk, "operator")
        .exits(3)
        .says(&["is not what the stack plans now", "aegis plan"]);
    assert!(files(&desk).is_empty());
}

#[test]
fn an_approval_of_another_plan_does_not_count() {
    let Some(desk) = desk() else { return };
    for key in ["operator", "second"] {
        approve(&desk, key).exits(0);
    }
    let approvals = files(&desk);
    desk.edit("name: use1.shop", "name: other.shop");
    desk.ok(&["plan", "--quiet"]);
    desk.run(&["apply"]).exits(3).says(&["has 0"]);
    // Nor when somebody puts it where those of this plan lie.
    let digest = digest(&desk);
    let folder = desk
        .stack()
        .join(".aegis/approvals")
        .join(digest.trim_start_matches("sha256:"));
    std::fs::create_dir_all(&folder).unwrap();
    for file in approvals {
        std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
    }
    desk.run(&["apply"]).exits(3).says(&["for another plan"]);
    assert!(desk.files().is_empty());
}

#[test]
fn an_approval_that_was_altered_or_has_expired_does_not_count() {
    let Some(desk) = desk() else { return };
    approve(&desk, "second").exits(0);
    let digest = digest(&desk);
    desk.ok(&["approve", "--digest", &digest, "--expires", "2020-01-01"]);
    desk.run(&["apply"])
        .exits(3)
        .says(&["expired on 2020-01-01"]);
    approve(&desk, "operator").exits(0);
    for file in files(&desk) {
        let good = std::fs::read(&file).unwrap();
        for part in [4, 2] {
            let mut altered = good.clone();
            let at = altered.len() / part;
            altered[at] ^= 1;
            std::fs::write(&file, altered).unwrap();
            let refused = desk.run(&["apply"]);
            assert_eq!(refused.code, Some(3), "{refused}");
        }
        std::fs::write(&file, good).unwrap();
    }
    assert!(desk.files().is_empty());
    desk.ok(&["apply"]);
}

#[test]
fn whoever_is_an_approver_no_longer_has_not_approved() {
    let Some(desk) = desk() else { return };
    for key in ["operator", "second"] {
        approve(&desk, key).exits(0);
    }
    let path = desk.trust_file();
    let good = Trust::load(&path).unwrap();
    let mut trust = good.clone();
    let second = desk.key("second").public().fingerprint();
    trust.revoke_key(second, "left").unwrap();
    trust.save(&path).unwrap();
    let refused = desk.run(&["apply"]);
    assert_eq!(refused.code, Some(3), "{refused}");
    good.save(&path).unwrap();
    desk.ok(&["apply"]);
}

#[test]
fn the_operators_trust_can_ask_for_more_than_the_stack_file() {
    let Some(desk) = desk() else { return };
    desk.edit("policy: {approvals: 2}\n", "");
    let path = desk.trust_file();
    let mut trust = Trust::load(&path).unwrap();
    trust
        .set_threshold(&Role::Approvers, 2.try_into().unwrap())
        .unwrap();
    trust.save(&path).unwrap();
    desk.ok(&["plan", "--quiet"]);
    desk.run(&["apply"])
        .exits(3)
        .says(&["needs 2 approvals and has 0"]);
    for key in ["operator", "second"] {
        approve(&desk, key).exits(0);
    }
    desk.ok(&["apply"]);
}

#[test]
fn a_plan_of_somebody_else_is_not_applied_unread() {
    let Some(desk) = Desk::with_stack(SMALL) else {
        return;
    };
    desk.ok(&["plan", "--quiet"]);
    // Another operator with the same rights, to whom the plan was sent.
    let other = desk.colleague();
    let refused = other.run(&["apply"]).exits(3);
    refused.says(&["was not made on this machine", "aegis approve"]);
    let digest = digest(&desk);
    other.ok(&["approve", "--digest", &digest]);
    other.ok(&["apply"]);
}
