//! One file for each command.

pub mod apply;
pub mod approve;
pub mod completions;
pub mod doctor;
pub mod facts;
pub mod graph;
pub mod init;
pub mod key;
pub mod plan;
pub mod plugin;
pub mod schema;
pub mod show;
pub mod status;
pub mod trust;
pub mod unlock;
pub mod validate;
