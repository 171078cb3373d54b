//! Real disks: full ones, read-only ones and folders that are not there. What was there stays, the problem is said with
//! its code and next step, and once the disk is mended the next command goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::desk::{Desk, SMALL};
use crate::ended::Ended;
use crate::world;

/// Something that is mounted while it lives.
struct Mount(PathBuf);

impl Mount {
    /// `None`, with a word about it, where this is not allowed: it takes the rights of the system's administrator.
    fn with(arguments: &[&str], at: &Path) -> Option<Self> {
        let mut command = Command::new("mount");
        match command.args(arguments).arg(at).output() {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            _ => {
                println!("skipped: needs the right to mount file systems");
                None
            }
        }
    }

    /// A disk of so many KiB in place of a folder, with what the folder held.
    fn disk(kib: usize, at: &Path) -> Option<Self> {
        let aside = at.with_extension("aside");
        world::copy(at, &aside);
        let size = format!("size={kib}k,mode=700");
        let mount = Self::with(&["-t", "tmpfs", "-o", &size, "tmpfs"], at);
        if mount.is_some() {
            world::copy(&aside, at);
        }
        std::fs::remove_dir_all(aside).unwrap();
        mount
    }

    /// A folder that cannot be written any more, by nobody.
    fn read_only(at: &Path) -> Option<Self> {
        let mount = Self::with(&["--bind", at.to_str().unwrap()], at)?;
        mount.again("remount,bind,ro");
        Some(mount)
    }

    fn again(&self, options: &str) {
        let done = Command::new("mount")
            .args(["-o", options])
            .arg(&self.0)
            .status();
        assert!(done.unwrap().success(), "{options}");
    }

    fn resize(&self, kib: usize) {
        self.again(&format!("remount,size={kib}k"));
    }

    /// How many KiB are in use.
    fn used(&self) -> usize {
        let about = rustix::fs::statvfs(&self.0).unwrap();
        usize::try_from((about.f_blocks - about.f_bfree) * about.f_frsize).unwrap() / 1024
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The small stack with a first apply behind it and a plan ahead that changes, adds and waits for nothing.
fn ahead() -> Option<Desk> {
    let desk = Desk::with_stack(SMALL)?;
    desk.plan_and_apply();
    desk.edit("client-id: argocd", "client-id: other");
    desk.edit("zones: 3", "zones: 2");
    desk.ok(&["plan", "--quiet"]);
    Some(desk)
}

/// A problem as it has to be said: with a code and a next step.
#[track_caller]
fn said(ended: &Ended) {
    assert!(!ended.err.contains("panicked"), "{ended}");
    let code = regex::Regex::new("AEG[0-9]{4}").unwrap();
    assert!(
        code.is_match(&ended.err) || code.is_match(&ended.out),
        "{ended}"
    );
    let next = ended.err.contains("help: ") || ended.out.contains("aegis plan");
    assert!(next, "no next step: {ended}");
}

/// Files by path.
type Contents = BTreeMap<String, Vec<u8>>;

/// Every file of the tree is as before or as it is to be, and nothing else lies in it.
#[track_caller]
fn between(desk: &Desk, (before, after): (&Contents, &Contents), at: &str) {
    for (name, content) in desk.files() {
        let known = [before.get(&name), after.get(&name)];
        assert!(known.contains(&Some(&content)), "{at}: {name}");
    }
    let kept = before.keys().filter(|name| after.contains_key(*name));
    for name in kept {
        assert!(desk.tree().join(name).is_file(), "{at}: {name} is lost");
    }
    let left = world::files_below(&desk.tree());
    let left: Vec<_> = left
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "tmp"))
        .collect();
    assert!(left.is_empty(), "{at}: {left:?}");
}

/// Applies on a disk in place of a folder that has room for so much more, mends the disk, and goes on.
fn fill(place: impl Fn(&Desk) -> PathBuf) {
    const LARGE: usize = 64 << 10;
    let Some(desk) = ahead() else { return };
    let before = desk.files();
    let calm = desk.twin();
    let Some(mount) = Mount::disk(LARGE, &place(&desk)) else {
        return;
    };
    let used = mount.used();
    desk.ok(&["apply", "--quiet"]);
    let needed = mount.used() - used;
    let (after, status) = (desk.files(), desk.json(&["status"]));
    assert!(before != after);
    drop(mount);
    drop(desk);

    let mut refused = 0;
    for room in (0..=needed).step_by((needed / 10).next_multiple_of(4).max(4)) {
        let at = format!("room for {room} of {needed} KiB");
        let desk = calm.twin();
        let disk = Mount::disk(LARGE, &place(&desk)).unwrap();
        disk.resize(disk.used() + room);
        let ended = desk.run(&["apply", "--quiet"]);
        if ended.code != Some(0) {
            refused += 1;
            said(&ended);
            between(&desk, (&before, &after), &at);
            // What state says is readable, and whether there is something to resume.
            let resumable = desk.run(&["status"]).code;
            assert!(matches!(resumable, Some(0 | 4)), "{at}: {resumable:?}");
            match ended.code {
                Some(4) => assert_eq!(resumable, Some(4), "{at}: {ended}"),
                Some(1) => {}
                _ => panic!("{at}: {ended}"),
            }
            disk.resize(LARGE);
            if resumable == Some(4) {
                desk.ok(&["apply", "--resume", "--quiet"]);
            }
            desk.plan_and_apply();
        }
        assert!(desk.files() == after, "{at}: the trees differ");
        let owned = |status: &serde_json::Value| -> Vec<serde_json::Value> {
            let instances = status["instances"].as_array().unwrap();
            instances
                .iter()
                .map(|instance| instance["owns"].clone())
                .collect()
        };
        assert_eq!(owned(&desk.json(&["status"])), owned(&status), "{at}");
        desk.run(&["plan", "--detailed-exitcode"]).exits(0);
    }
    assert!(refused > 0, "the disk was never full");
}

#[test]
fn a_full_disk_under_the_state_loses_nothing() {
    fill(|desk| desk.stack().join(".aegis"));
}

#[test]
fn a_full_disk_under_the_tree_loses_nothing() {
    fill(Desk::tree);
}

#[test]
fn a_full_disk_under_the_operators_files_loses_nothing() {
    fill(|desk| desk.home().join("data/private"));
}

#[test]
fn a_plan_that_finds_no_room_leaves_the_one_before() {
    let Some(desk) = ahead() else { return };
    let Some(disk) = Mount::disk(64 << 10, &desk.stack().join(".aegis")) else {
        return;
    };
    let before = world::contents(&desk.stack());
    desk.edit("client-id: other", "client-id: third");
    let stack_file = desk.read("aegis.yaml");
    for room in [0, 4, 40] {
        disk.resize(disk.used() + room);
        let ended = desk.run(&["plan"]).exits(1);
        said(&ended);
        disk.resize(64 << 10);
        desk.edit("client-id: third", "client-id: other");
        assert!(world::contents(&desk.stack()) == before, "{room}: {ended}");
        desk.write("aegis.yaml", &stack_file);
    }
    desk.plan_and_apply();
}

#[test]
fn what_cannot_be_written_is_left_as_it_is() {
    let Some(desk) = ahead() else { return };
    let Some(component) = world::component("kops") else {
        return;
    };
    let manifest = world::repository().join("plugins/kops/plugin.toml");
    let commands: [(&[&str], i32); 8] = [
        (&["plan"], 1),
        (&["apply"], 1),
        (&["unlock", "--abandon"], 1),
        (&["plugin", "remove", "aegis/kops"], 1),
        (
            &[
                "plugin",
                "add",
                "aegis/kops",
                "--from",
                "../plugins",
                "--accept",
            ],
            1,
        ),
        (&["init", "--file", "new.yaml"], 1),
        (
            &[
                "facts",
                "import",
                "--stage",
                "certificates",
                "--cluster",
                "use1",
                "-",
            ],
            1,
        ),
        (
            &[
                "plugin",
                "package",
                component.to_str().unwrap(),
                "--manifest",
                manifest.to_str().unwrap(),
                "--out",
                "new.wasm",
            ],
            1,
        ),
    ];
    let before = world::contents(&desk.stack());
    let Some(mount) = Mount::read_only(&desk.stack()) else {
        return;
    };
    for (command, code) in commands {
        let ended = desk.run(command);
        assert_eq!(ended.code, Some(code), "{ended}");
        said(&ended);
    }
    // What only reads goes on.
    for command in [
        &["status"][..],
        &["graph"],
        &["facts", "list"],
        &["validate"],
    ] {
        let ended = desk.run(command);
        assert!(!ended.err.contains("AEG0002"), "{ended}");
    }
    assert!(world::contents(&desk.stack()) == before);
    drop(mount);
    desk.ok(&["apply"]);
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_tree_that_cannot_be_written_is_left_as_it_is() {
    let Some(desk) = ahead() else { return };
    let before = desk.files();
    let Some(mount) = Mount::read_only(&desk.tree()) else {
        return;
    };
    let ended = desk.run(&["apply"]).exits(1);
    ended.shows(&["AEG0541", "aegis plan"]);
    assert!(desk.files() == before);
    drop(mount);
    desk.plan_and_apply();
    assert!(desk.files() != before);
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);

    // The first apply cannot even say whose the tree is; it can be gone on with.
    let Some(desk) = Desk::with_stack(SMALL) else {
        return;
    };
    desk.ok(&["plan", "--quiet"]);
    std::fs::create_dir(desk.tree()).unwrap();
    let Some(mount) = Mount::read_only(&desk.tree()) else {
        return;
    };
    let ended = desk.run(&["apply"]).exits(4);
    ended.says(&["AEG0575", "AEG0541", "aegis apply --resume"]);
    drop(mount);
    desk.ok(&["apply", "--resume"]);
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn an_operators_folder_that_cannot_be_written_stops_what_needs_it() {
    let Some(desk) = ahead() else { return };
    let before = desk.files();
    let Some(mount) = Mount::read_only(desk.home()) else {
        return;
    };
    for command in [
        &["plan"][..],
        &["apply"],
        &["key", "generate", "--name", "x"],
    ] {
        let ended = desk.run(command);
        assert!(matches!(ended.code, Some(1 | 3 | 4)), "{ended}");
        said(&ended);
    }
    assert!(desk.files() == before);
    drop(mount);
    if desk.run(&["status"]).code == Some(4) {
        desk.ok(&["apply", "--resume", "--quiet"]);
    }
    desk.plan_and_apply();
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_folder_that_is_gone_is_missed() {
    let Some(desk) = ahead() else { return };
    let gone = |path: PathBuf, command: &[&str], codes: &[&str]| {
        let aside = path.with_extension("aside");
        std::fs::rename(&path, &aside).unwrap();
        let before = desk.files();
        let ended = desk.run(command);
        assert!(matches!(ended.code, Some(1 | 3)), "{ended}");
        said(&ended);
        let coded = codes.iter().any(|code| ended.err.contains(code));
        assert!(coded, "{codes:?}: {ended}");
        assert!(desk.files() == before);
        if path.exists() {
            std::fs::remove_dir_all(&path).unwrap();
        }
        std::fs::rename(&aside, &path).unwrap();
    };
    let (stack, home) = (desk.stack(), desk.home().to_owned());
    gone(stack.join(".aegis/state"), &["plan"], &["AEG0721"]);
    gone(
        stack.join(".aegis/state"),
        &["apply"],
        &["AEG0519", "AEG0569"],
    );
    gone(stack.join(".aegis/journal"), &["plan"], &["AEG0505"]);
    gone(
        stack.join(".aegis/state/instances"),
        &["apply"],
        &["AEG0503"],
    );
    gone(stack.join(".aegis"), &["plan"], &["AEG0721"]);
    gone(stack.join(".aegis"), &["apply"], &["AEG0740"]);
    gone(desk.plugins(), &["plan"], &["AEG0606"]);
    gone(home.join("config"), &["plan"], &["AEG0601"]);
    gone(
        home.join("data/private"),
        &["apply"],
        &["AEG0509", "AEG0574"],
    );
    gone(home.clone(), &["plan"], &["AEG0601"]);
    desk.ok(&["apply"]);
    desk.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_link_in_the_place_of_state_or_tree_is_not_followed() {
    let Some(desk) = ahead() else { return };
    let outside = desk.stack().parent().unwrap().join("outside");
    for (place, code) in [(".aegis", "AEG0501"), ("platform", "AEG0541")] {
        let path = desk.stack().join(place);
        std::fs::rename(&path, &outside).unwrap();
        std::os::unix::fs::symlink(&outside, &path).unwrap();
        let before = world::contents(&outside);
        for command in [&["plan"][..], &["apply"]] {
            let ended = desk.run(command).exits(1);
            said(&ended);
            ended.says(&[code, "symbolic link"]);
            assert!(world::contents(&outside) == before);
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::rename(&outside, &path).unwrap();
    }
    desk.ok(&["apply"]);
}
