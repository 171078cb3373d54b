//! One file per command of `cargo xtask`.

pub mod bench;
pub mod build;
pub mod ci;
pub mod demo;
pub mod fuzz;
pub mod setup;
pub mod test;
