//! The `aegis` program as a person uses it, with the first-party plugins, from the command line on.
//!
//! The plugins are those that `cargo xtask build` leaves in `target/plugins`, or those in the folder that
//! `AEGIS_TEST_PLUGINS` names. Without them every test says so and does nothing. One file has one subject.

mod desk;
mod ended;
mod world;

mod approvals;
mod conformance;
mod deceit;
mod grants;
mod interrupted;
mod main_job;
mod output;
mod own_plugin;
mod reproducible;
mod stack_file;
mod tampering;
mod trust;
