//! One line of a grant: a capability with what it reaches.

use serde::Serialize;

use super::application::ApplicationGrant;
use super::certificates::CertificatesGrant;
use super::ci::CiGrant;
use super::cluster::{ApplyGrant, DeleteGrant, ReadGrant};
use super::documents::DocumentsGrant;
use super::ec2::Ec2Grant;
use super::exposure::ExposureGrant;
use super::facts::FactsGrant;
use super::feedback::FeedbackGrant;
use super::file::FileGrant;
use super::intercept::InterceptGrant;
use super::kops::KopsGrant;
use super::labels::LabelsGrant;
use super::pods::PodsGrant;
use super::probe::ProbeGrant;
use super::rbac::RbacGrant;
use super::release::ReleaseGrant;
use super::secret::SecretGrant;
use super::terraform::TerraformGrant;
use super::token_request::TokenRequestGrant;
use super::tool::ToolGrant;
use super::tree::TreeGrant;
use super::{Reach, Request, Risk};

/// What every capability can say about itself.
pub(super) trait Grant {
    /// Whether the line allows the request.
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool;

    /// What the line allows, in plain words: one clause without a full stop.
    fn describe(&self) -> String;

    /// The highest class of risk that the line reaches.
    fn risk(&self) -> Risk;

    /// What is wrong with the line although each of its fields is well-formed.
    fn problem(&self) -> Option<Problem> {
        None
    }
}

/// What is wrong with a line, and where: a JSON pointer from the line's root.
pub(super) struct Problem {
    pub(super) pointer: &'static str,
    pub(super) message: &'static str,
}

/// Declares the closed tree of capabilities: each name, its variant and the type of its fields.
macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:literal => $variant:ident($grant:ty),)*) => {
        /// A capability with what it reaches. Written as a map whose `capability` is the name.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(tag = "capability")]
        pub enum Capability {
            $($(#[$doc])* #[serde(rename = $name)] $variant($grant),)*
        }

        impl Capability {
            /// The names of all capabilities, sorted.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The capability's name.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            pub(super) fn grant(&self) -> &dyn Grant {
                match self {
                    $(Self::$variant(grant) => grant,)*
                }
            }

            /// Reads the fields of the capability of some name; `None` when there is none of the name.
            pub(super) fn decode(
                name: &str,
                fields: serde_json::Value,
            ) -> Option<Result<Self, serde_path_to_error::Error<serde_json::Error>>> {
                match name {
                    $($name => Some(serde_path_to_error::deserialize(fields).map(Self::$variant)),)*
                    _ => None,
                }
            }
        }
    };
}

capabilities! {
    /// Argo CD applications.
    "application" => Application(ApplicationGrant),
    /// What issued certificates may say.
    "certificates" => Certificates(CertificatesGrant),
    /// What generated workflows may do.
    "ci" => Ci(CiGrant),
    /// Create and update Kubernetes objects.
    "cluster.apply" => ClusterApply(ApplyGrant),
    /// Delete Kubernetes objects.
    "cluster.delete" => ClusterDelete(DeleteGrant),
    /// Read Kubernetes objects.
    "cluster.read" => ClusterRead(ReadGrant),
    /// Read the documents of a plan.
    "documents.read" => Documents(DocumentsGrant),
    /// EC2 describe calls.
    "ec2.read" => Ec2(Ec2Grant),
    /// Load balancers, node ports and host names.
    "exposure" => Exposure(ExposureGrant),
    /// Facts that the stage requires and provides.
    "facts" => Facts(FactsGrant),
    /// Configuration patches for other stages.
    "feedback" => Feedback(FeedbackGrant),
    /// Inert text in the Git tree.
    "file" => File(FileGrant),
    /// Admission webhooks and policies, custom resource definitions.
    "intercept" => Intercept(InterceptGrant),
    /// kOps clusters and the fields that plugins may set.
    "kops" => Kops(KopsGrant),
    /// Labels and annotations that other controllers obey.
    "labels" => Labels(LabelsGrant),
    /// What Pods may use.
    "pods" => Pods(PodsGrant),
    /// TLS probes.
    "probe" => Probe(ProbeGrant),
    /// Kubernetes roles and who has them.
    "rbac" => Rbac(RbacGrant),
    /// Entries of the chart catalogue.
    "release" => Release(ReleaseGrant),
    /// Where secret facts may go.
    "secret" => Secret(SecretGrant),
    /// Resources and data sources of Terraform.
    "terraform" => Terraform(TerraformGrant),
    /// Tokens of Kubernetes service accounts.
    "token-request" => TokenRequest(TokenRequestGrant),
    /// The operator's adapters.
    "tool" => Tool(ToolGrant),
    /// Read the Git tree.
    "tree.read" => Tree(TreeGrant),
}

impl Capability {
    /// What this line allows, in plain words.
    pub fn describe(&self) -> String {
        self.grant().describe()
    }

    /// The highest class of risk that this line reaches.
    pub fn risk(&self) -> Risk {
        self.grant().risk()
    }

    /// Whether this line allows the request.
    pub fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        self.grant().covers(request, reach)
    }
}

impl Grant for TerraformGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Terraform(request) = request else {
            return false;
        };
        Self::covers(self, request, reach)
    }

    fn describe(&self) -> String {
        Self::describe(self)
    }

    fn risk(&self) -> Risk {
        Self::risk(self)
    }

    fn problem(&self) -> Option<Problem> {
        Self::problem(self)
    }
}

impl Grant for KopsGrant {
    fn covers(&self, request: &Request, reach: Reach<'_>) -> bool {
        let Request::Kops(request) = request else {
            return false;
        };
        Self::covers(self, request, reach)
    }

    fn describe(&self) -> String {
        Self::describe(self)
    }

    fn risk(&self) -> Risk {
        Self::risk(self)
    }

    fn problem(&self) -> Option<Problem> {
        Self::problem(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Capability;

    #[test]
    fn names_are_sorted() {
        assert!(Capability::NAMES.is_sorted());
    }
}
