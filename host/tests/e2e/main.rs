//! The `aegis` program as a person uses it, with the first-party plugins, from the command line on.
//!
//! The plugins are those that `cargo xtask build` leaves in `target/plugins`, or those in the folder that
//! `AEGIS_TEST_PLUGINS` names. Without them every test says so and does nothing. One file has one subject.

/// What the sandbox's own tests make plugins of, with the names that it knows its world by.
#[allow(dead_code, reason = "the sandbox's tests need more of it")]
#[path = "../../src/sandbox/tests/guest/mod.rs"]
mod guest;
mod proposal {
    pub use aegis_host::proposal::Kind;
}
mod sandbox {
    pub mod link {
        use crate::proposal::Kind;

        /// The interface that plugins of a kind export.
        pub fn export_of(kind: Kind) -> (&'static str, ()) {
            let name = match kind {
                Kind::Provisioning => "provisioner",
                Kind::Security => "securer",
                Kind::Gitops => "deliverer",
                Kind::Validation => "validator",
            };
            (name, ())
        }
    }
}

mod desk;
mod ended;
mod world;

mod approvals;
mod bad_input;
mod conformance;
mod damaged;
mod deceit;
mod disk;
mod grants;
mod interrupted;
mod main_job;
mod output;
mod own_plugin;
mod reproducible;
mod stack_file;
mod tampering;
mod trust;
