//! Types and linking code generated from `wit/0.1.0`.
//!
//! The interfaces that several worlds share are generated once, in [`shared`], so that a change of a
//! security plugin and one of a GitOps plugin are the same Rust type. Imports are asynchronous, so
//! that one that waits for a cluster can be cut off, and may trap, which is how a budget ends a call.

pub mod shared {
    wasmtime::component::bindgen!({
        path: "../wit/0.1.0",
        inline: "
            package aegis:host;

            world everything {
                import aegis:plugin/types@0.1.0;
                import aegis:plugin/changes@0.1.0;
                import aegis:plugin/log@0.1.0;
                import aegis:plugin/kubernetes-reader@0.1.0;
                import aegis:plugin/ec2-reader@0.1.0;
                import aegis:plugin/tree-reader@0.1.0;
                import aegis:plugin/document-reader@0.1.0;
                import aegis:plugin/tls-prober@0.1.0;
                export aegis:plugin/description@0.1.0;
            }
        ",
        imports: {
            "aegis:plugin/log@0.1.0": trappable,
            default: async | trappable,
        },
        exports: { default: async },
        require_store_data_send: true,
    });
}

pub use shared::aegis::plugin::{
    changes, document_reader, ec2_reader, kubernetes_reader, log, read_errors, tls_prober,
    tree_reader, types,
};

pub mod provisioning {
    wasmtime::component::bindgen!({
        path: "../wit/0.1.0",
        world: "aegis:plugin/provisioning@0.1.0",
        exports: { default: async },
        require_store_data_send: true,
        with: { "aegis:plugin@0.1.0": super::shared::aegis::plugin },
    });
}

pub mod security {
    wasmtime::component::bindgen!({
        path: "../wit/0.1.0",
        world: "aegis:plugin/security@0.1.0",
        exports: { default: async },
        require_store_data_send: true,
        with: { "aegis:plugin@0.1.0": super::shared::aegis::plugin },
    });
}

pub mod gitops {
    wasmtime::component::bindgen!({
        path: "../wit/0.1.0",
        world: "aegis:plugin/gitops@0.1.0",
        exports: { default: async },
        require_store_data_send: true,
        with: { "aegis:plugin@0.1.0": super::shared::aegis::plugin },
    });
}

pub mod validation {
    wasmtime::component::bindgen!({
        path: "../wit/0.1.0",
        world: "aegis:plugin/validation@0.1.0",
        exports: { default: async },
        require_store_data_send: true,
        with: { "aegis:plugin@0.1.0": super::shared::aegis::plugin },
    });
}
