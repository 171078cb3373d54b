//! What a kOps cluster implies, one thing at a time.

use std::fmt;

use aegis_document::{Identifier, untrusted};

use crate::capability::Risk;
use crate::capability::iam::Allow;

/// One thing that the documents of a cluster imply.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KopsRequest {
    pub cluster: Identifier,
    /// `spec.kubelet.maxPods`, or `instanceGroup.spec.image`; lists on the way are not written.
    pub path: String,
    pub what: KopsUse,
}

/// What is done at a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KopsUse {
    /// The field is set.
    Field { risk: Risk },
    /// The field is set to one of its values that open or leave unprotected.
    Exposing,
    /// Machines or containers run this image.
    Image { image: String },
    /// A role gets this IAM policy.
    Policy { arn: String },
    /// A role gets this permission.
    Iam { allow: Allow },
}

impl KopsRequest {
    /// The class of the request.
    pub fn risk(&self) -> Risk {
        match &self.what {
            KopsUse::Field { risk } => *risk,
            KopsUse::Image { .. } => Risk::Code,
            KopsUse::Exposing | KopsUse::Policy { .. } => Risk::Power,
            KopsUse::Iam { allow } => allow.risk(),
        }
    }

    /// The cluster that is changed.
    pub const fn cluster(&self) -> Option<&Identifier> {
        Some(&self.cluster)
    }
}

impl fmt::Display for KopsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = untrusted(&self.path);
        match &self.what {
            KopsUse::Field { .. } => write!(f, "set {path}")?,
            KopsUse::Exposing => write!(f, "set the exposing or unprotecting value of {path}")?,
            KopsUse::Image { image } => write!(f, "run the image {} ({path})", untrusted(image))?,
            KopsUse::Policy { arn } => {
                write!(f, "attach the IAM policy {} ({path})", untrusted(arn))?
            }
            KopsUse::Iam { allow } => write!(f, "in {path}, {}", untrusted(&allow.to_string()))?,
        }
        write!(f, " of cluster {}", self.cluster)
    }
}
