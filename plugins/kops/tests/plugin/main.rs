//! The plugin as the host sees it: descriptor, answers and `plugin.toml`.

mod audit;
mod config;
mod crd;
mod golden;
mod manifest;
mod secure;
mod support;
