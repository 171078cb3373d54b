//! The one Wasmtime engine of a process.

use std::hash::{Hash as _, Hasher};
use std::time::Duration;

use aegis_document::Digest;
use sha2::Digest as _;
use wasmtime::{Config, Engine, EngineWeak, OptLevel, Strategy, WasmBacktraceDetails};

use super::error::LoadError;

/// How often the epoch advances: how late a plugin in an endless loop is noticed, and how often a
/// busy one lets other tasks of its thread run.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Stack of a plugin, in bytes. Deep enough for recursive descent over the 64 levels that a JSON text may
/// have, with a hundred frames for each.
const GUEST_STACK: usize = 1 << 20;

/// Stack for the host's side of an import, in bytes, below the plugin's. Reserved, not used, memory.
const HOST_STACK: usize = 2 << 20;

/// How plugins are compiled and run. The process that compiles and the one that runs must agree on it
/// to the letter, so there is one function for both.
///
/// - Cranelift, optimised: code is compiled once and cached.
/// - Deterministic: one bit pattern for NaN, relaxed SIMD pinned to one behaviour. Threads and
///   component-model concurrency are not compiled in.
/// - Epoch interruption instead of fuel: no cost that can be seen, and a plan is limited by time. A
///   64-bit memory or a page size of its own is nothing a plugin needs.
/// - No address map, unwind tables or debug information: they are only for backtraces of a plugin's
///   native code, which are never shown, and make code larger and slower to load.
pub(super) fn config() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .epoch_interruption(true)
        .max_wasm_stack(GUEST_STACK)
        .async_stack_size(GUEST_STACK + HOST_STACK)
        .generate_address_map(false)
        .native_unwind_info(false)
        .wasm_backtrace_max_frames(None)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

/// Makes the engine of this process and starts its clock. The clock's thread ends with the engine.
pub(super) fn start() -> Result<Engine, LoadError> {
    let engine = Engine::new(&config()).map_err(LoadError::engine)?;
    let weak = engine.weak();
    std::thread::Builder::new()
        .name("epoch".into())
        .spawn(move || tick(&weak))
        .map_err(|error| LoadError::Engine {
            reason: error.to_string(),
        })?;
    Ok(engine)
}

fn tick(engine: &EngineWeak) {
    loop {
        std::thread::sleep(TICK);
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}

/// A digest of everything that compiled code depends on besides the component: Wasmtime's version, the
/// target with its CPU features, and every compiler setting. Code that was compiled under another
/// fingerprint is never loaded.
pub(super) fn fingerprint(engine: &Engine) -> Digest {
    let mut hasher = Sha256Hasher(sha2::Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    Digest::from_bytes(hasher.0.finalize().into())
}

/// Collects what a [`Hash`] implementation writes. The standard library's hashers are 64 bits wide and
/// may change between releases.
struct Sha256Hasher(sha2::Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// Not used: the digest is taken whole.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_of_one_configuration_have_one_fingerprint() {
        let first = fingerprint(&Engine::new(&config()).unwrap());
        assert_eq!(first, fingerprint(&Engine::new(&config()).unwrap()));
        let mut other = config();
        other.cranelift_nan_canonicalization(false);
        assert_ne!(first, fingerprint(&Engine::new(&other).unwrap()));
    }

    #[test]
    fn the_clock_ends_with_the_engine() {
        let engine = start().unwrap();
        let weak = engine.weak();
        drop(engine);
        std::thread::sleep(TICK * 4);
        assert!(weak.upgrade().is_none());
    }
}
