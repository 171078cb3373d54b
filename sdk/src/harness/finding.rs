//! Findings as answers.

use super::descriptor::{is_identifier, not_an_identifier};
use super::{Answer, Faults};
use crate::validation::Finding;
use crate::{Request, StageType};

impl Answer for Vec<Finding> {
    fn faults(&self, request: &Request, _: &StageType) -> Vec<String> {
        let mut faults = Faults(Vec::new());
        for finding in self {
            faults.require(is_identifier(&finding.control), || {
                not_an_identifier("a control", &finding.control)
            });
            faults.require_cluster(&finding.control, finding.cluster.as_deref(), request);
        }
        faults.0
    }
}
