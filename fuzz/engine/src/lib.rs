//! Builds libFuzzer, and nothing else: `cargo xtask fuzz` links what comes out of it into the fuzz program.
//!
//! It is a package of its own because Cargo joins the features that the packages of one build ask of a
//! dependency: together with the host, libFuzzer's wish for a parallel `cc` would have Wasmtime
//! compiled a second time.

#![forbid(unsafe_code)]
