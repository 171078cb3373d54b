//! Contract 0.1.0.
pub mod bindings;
