//! Contract 0.1.0: translations between its records and the host's values. Nothing is decided here.

mod answer;
mod bindings;
mod imports;
mod request;
mod world;

pub(super) use answer::{controls, descriptor, failure, findings, health};
pub(super) use bindings::types::Request;
pub(super) use request::request;
pub(super) use world::{Linkers, World};
