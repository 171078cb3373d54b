//! Turning a plugin into a component.

/// Exports a plugin: `export!(provisioning: Terraform);`, once, in the plugin's crate.
///
/// The kinds are `provisioning`, `security`, `gitops` and `validation`, each with the cargo feature
/// of the same name. For wasm this makes the functions that the component exports; natively it only
/// checks that the type implements the kind's trait.
#[macro_export]
macro_rules! export {
    (provisioning: $plugin:ty) => {
        $crate::__export_kind!(provisioning, Provisioning, export_provisioner, $plugin);
    };
    (security: $plugin:ty) => {
        $crate::__export_kind!(security, Security, export_securer, $plugin);
    };
    (gitops: $plugin:ty) => {
        $crate::__export_kind!(gitops, Gitops, export_deliverer, $plugin);
    };
    (validation: $plugin:ty) => {
        $crate::__export_kind!(validation, Validation, export_validator, $plugin);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_kind {
    ($kind:ident, $trait:ident, $export:ident, $plugin:ty) => {
        const _: () = {
            const fn implements<P: $crate::$kind::$trait>() {}
            implements::<$plugin>();
        };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::$kind::Component<$plugin>;
            $crate::bindings::description::export_description!(
                Component with_types_in $crate::bindings::description
            );
            $crate::bindings::$kind::$export!(
                Component with_types_in $crate::bindings::$kind
            );
        };
    };
}
