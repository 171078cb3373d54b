//! A coverage-guided run of one target: `cargo xtask fuzz` builds and starts it.
//!
//! libFuzzer brings `main` and the options, and calls the two functions below.
//! `AEGIS_FUZZ_TARGET` names the target, `AEGIS_FUZZ_CORPUS` the folder that the seeds are put into
//! before anything runs.

#![no_main]
#![deny(unsafe_code)]

use std::ffi::c_int;
use std::path::Path;
use std::sync::OnceLock;

use aegis_fuzz::Target;

static TARGET: OnceLock<&Target> = OnceLock::new();

/// libFuzzer calls this once, before it reads the corpus.
#[expect(unsafe_code, reason = "libFuzzer finds the function by its name")]
#[unsafe(no_mangle)]
extern "C" fn LLVMFuzzerInitialize(_count: *mut c_int, _arguments: *mut *mut *mut u8) -> c_int {
    // A panic must not unwind into C++, and libFuzzer takes an abort for a finding.
    let show = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if aegis_fuzz::peer::is_asked() {
            return;
        }
        show(panic);
        std::process::abort();
    }));
    let name = std::env::var("AEGIS_FUZZ_TARGET").expect("AEGIS_FUZZ_TARGET names a target");
    let target = aegis_fuzz::target(&name).unwrap_or_else(|| panic!("there is no target `{name}`"));
    if let Some(corpus) = std::env::var_os("AEGIS_FUZZ_CORPUS") {
        for (index, seed) in aegis_fuzz::seeds(target).iter().enumerate() {
            let file = Path::new(&corpus).join(format!("seed-{index:03}"));
            std::fs::write(file, seed).expect("the corpus folder takes a seed");
        }
    }
    TARGET.get_or_init(|| target);
    0
}

/// libFuzzer calls this with each input.
#[expect(unsafe_code, reason = "libFuzzer hands over a pointer and a length")]
#[unsafe(no_mangle)]
extern "C" fn LLVMFuzzerTestOneInput(input: *const u8, length: usize) -> c_int {
    let input = if length == 0 {
        &[]
    } else {
        // SAFETY: libFuzzer promises `length` bytes at `input` that nobody changes during the call.
        unsafe { std::slice::from_raw_parts(input, length) }
    };
    if let Some(target) = TARGET.get() {
        (target.run)(input);
    }
    0
}
