//! What the host would refuse of an answer whatever was granted.

use std::fmt::Debug;

use serde::Serialize;

use crate::{Health, Request, StageType};

/// What a plugin answers with.
pub trait Answer: Debug + PartialEq + Serialize {
    /// What is wrong with it, one sentence each.
    fn faults(&self, request: &Request, stage_type: &StageType) -> Vec<String>;
}

impl Answer for Vec<Health> {
    fn faults(&self, _: &Request, _: &StageType) -> Vec<String> {
        Vec::new()
    }
}
