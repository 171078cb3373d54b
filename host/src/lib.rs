//! The Aegis host: reads a stack file, drives signed plugins in a sandbox, and plans, applies and
//! validates what they propose.

pub mod apply;
pub mod capability;
pub mod catalogue;
pub mod cidr;
pub mod cli;
pub mod date;
pub mod driver;
pub mod fact;
pub mod graph;
pub mod home;
pub mod library;
mod next_step;
mod parallel;
pub mod plan;
pub mod proposal;
pub mod sandbox;
pub mod stack;
pub mod state;
pub mod template;
pub mod validate;
