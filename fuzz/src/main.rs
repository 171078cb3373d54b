//! A coverage-guided run of one target: `cargo xtask fuzz` builds and starts it.
//!
//! libFuzzer brings `main` and the options. `AEGIS_FUZZ_TARGET` names the target,
//! `AEGIS_FUZZ_CORPUS` the folder that the seeds are put into before anything runs.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use aegis_fuzz::Target;

static TARGET: OnceLock<&Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: prepare(),
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(input);
        }
    }
);

fn prepare() {
    let name = std::env::var("AEGIS_FUZZ_TARGET").expect("AEGIS_FUZZ_TARGET names a target");
    let target = aegis_fuzz::target(&name).unwrap_or_else(|| panic!("there is no target `{name}`"));
    if let Some(corpus) = std::env::var_os("AEGIS_FUZZ_CORPUS") {
        for (index, seed) in aegis_fuzz::seeds(target).iter().enumerate() {
            let file = Path::new(&corpus).join(format!("seed-{index:03}"));
            std::fs::write(file, seed).expect("the corpus folder takes a seed");
        }
    }
    TARGET.get_or_init(|| target);
}
