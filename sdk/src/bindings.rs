//! What `wit-bindgen` makes of the contract.
//!
//! The interfaces that several worlds share are generated once, in [`shared`], and so is the
//! `description` that every plugin exports. What only one kind exports is behind that kind's
//! feature: the custom section that names a world's exports is emitted by its `export!` macro, hence
//! ends up in a plugin of that kind and in no other. Imports that a plugin does not call are dropped
//! when its component is made.

/// Types and reads that several worlds use.
pub mod shared {
    wit_bindgen::generate!({
        path: "../wit/0.1.0",
        inline: "
            package aegis:sdk-shared;

            world shared {
                import aegis:plugin/types@0.1.0;
                import aegis:plugin/changes@0.1.0;
                import aegis:plugin/log@0.1.0;
                import aegis:plugin/kubernetes-reader@0.1.0;
                import aegis:plugin/ec2-reader@0.1.0;
                import aegis:plugin/tree-reader@0.1.0;
                import aegis:plugin/document-reader@0.1.0;
                import aegis:plugin/tls-prober@0.1.0;
            }
        ",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq, Eq, serde::Serialize, serde::Deserialize],
    });

    pub use aegis::plugin::{
        changes, document_reader, ec2_reader, kubernetes_reader, log, read_errors, tls_prober,
        tree_reader, types,
    };
}

/// The export that all kinds have in common.
pub mod description {
    wit_bindgen::generate!({
        path: "../wit/0.1.0",
        inline: "
            package aegis:sdk-description;

            world describing {
                export aegis:plugin/description@0.1.0;
            }
        ",
        with: { "aegis:plugin/types@0.1.0": crate::bindings::shared::types },
        pub_export_macro: true,
        export_macro_name: "export_description",
    });

    pub use exports::aegis::plugin::description::Guest;
}

#[cfg(feature = "provisioning")]
pub mod provisioning {
    wit_bindgen::generate!({
        path: "../wit/0.1.0",
        inline: "
            package aegis:sdk-provisioning;

            world provisioning {
                export aegis:plugin/provisioner@0.1.0;
            }
        ",
        with: {
            "aegis:plugin/types@0.1.0": crate::bindings::shared::types,
            "aegis:plugin/changes@0.1.0": crate::bindings::shared::changes,
        },
        additional_derives: [PartialEq, Eq, serde::Serialize],
        pub_export_macro: true,
        export_macro_name: "export_provisioner",
    });

    pub use exports::aegis::plugin::provisioner::{Action, Change, Guest, Proposal};
}

#[cfg(feature = "security")]
pub mod security {
    wit_bindgen::generate!({
        path: "../wit/0.1.0",
        inline: "
            package aegis:sdk-security;

            world security {
                export aegis:plugin/securer@0.1.0;
            }
        ",
        with: {
            "aegis:plugin/types@0.1.0": crate::bindings::shared::types,
            "aegis:plugin/changes@0.1.0": crate::bindings::shared::changes,
        },
        additional_derives: [PartialEq, Eq, serde::Serialize],
        pub_export_macro: true,
        export_macro_name: "export_securer",
    });

    pub use exports::aegis::plugin::securer::{Action, Change, Guest, Proposal};
}

#[cfg(feature = "gitops")]
pub mod gitops {
    wit_bindgen::generate!({
        path: "../wit/0.1.0",
        inline: "
            package aegis:sdk-gitops;

            world gitops {
                export aegis:plugin/deliverer@0.1.0;
            }
        ",
        with: {
            "aegis:plugin/types@0.1.0": crate::bindings::shared::types,
            "aegis:plugin/changes@0.1.0": crate::bindings::shared::changes,
        },
        additional_derives: [PartialEq, Eq, serde::Serialize],
        pub_export_macro: true,
        export_macro_name: "export_deliverer",
    });

    pub use exports::aegis::plugin::deliverer::{Action, Change, Guest, Proposal};
}

#[cfg(feature = "validation")]
pub mod validation {
    wit_bindgen::generate!({
        path: "../wit/0.1.0",
        inline: "
            package aegis:sdk-validation;

            world validation {
                export aegis:plugin/validator@0.1.0;
            }
        ",
        with: { "aegis:plugin/types@0.1.0": crate::bindings::shared::types },
        additional_derives: [PartialEq, Eq, serde::Serialize],
        pub_export_macro: true,
        export_macro_name: "export_validator",
    });

    pub use exports::aegis::plugin::validator::{
        Control, ControlScope, Feedback, Finding, FrameworkReference, Guest, Outcome, Severity,
    };
}
