//! Every seed of every target, and damaged copies of each: what `cargo test` knows of fuzzing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use aegis_fuzz::{TARGETS, Target, mutations, seed_folder, seeds};

/// Damaged copies of each seed.
const COPIES: usize = 60;

fn replay(target: &Target) {
    for (index, seed) in seeds(target).iter().enumerate() {
        for input in std::iter::once(seed.clone()).chain(mutations(seed, COPIES)) {
            let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
            assert!(
                outcome.is_ok(),
                "{}: seed {index}: {:?}",
                target.name,
                String::from_utf8_lossy(&input)
            );
        }
    }
}

#[test]
fn every_claim_holds_for_the_seeds_and_their_damaged_copies() {
    for target in TARGETS {
        replay(target);
    }
}

#[test]
fn every_target_has_seeds() {
    for target in TARGETS {
        assert!(!seeds(target).is_empty(), "{}", target.name);
    }
}

/// `cargo xtask fuzz` takes the names of the targets from their files.
#[test]
fn targets_files_and_folders_agree() {
    let listed = |folder: &Path| {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .filter(|name| name != "mod")
            .collect();
        names.sort();
        names
    };
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(listed(&root.join("src/targets")), names);
    for name in listed(&root.join("seeds")) {
        assert!(names.contains(&name.as_str()), "seeds/{name} has no target");
    }
    for target in TARGETS {
        assert!(seed_folder(target).starts_with(root));
    }
}

#[test]
fn damaged_copies_are_the_same_in_every_run() {
    let one: Vec<Vec<u8>> = mutations(b"a: 1\n", 20).collect();
    let two: Vec<Vec<u8>> = mutations(b"a: 1\n", 20).collect();
    assert_eq!(one, two);
    assert!(one.iter().any(|copy| copy != b"a: 1\n"));
}
