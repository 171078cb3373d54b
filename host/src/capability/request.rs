//! What a plugin asks for, one concrete thing at a time. No request holds a pattern.

use std::fmt;

use aegis_document::Identifier;

use super::Risk;
use super::application::ApplicationRequest;
use super::certificates::CertificateRequest;
use super::ci::CiRequest;
use super::cluster::ClusterRequest;
use super::documents::DocumentsRequest;
use super::ec2::Ec2Request;
use super::exposure::ExposureRequest;
use super::facts::FactRequest;
use super::feedback::FeedbackRequest;
use super::file::FileRequest;
use super::intercept::InterceptRequest;
use super::kops::KopsRequest;
use super::labels::LabelRequest;
use super::pods::PodsRequest;
use super::probe::ProbeRequest;
use super::rbac::RbacRequest;
use super::release::ReleaseRequest;
use super::secret::SecretRequest;
use super::terraform::TerraformRequest;
use super::token_request::TokenRequest;
use super::tool::ToolRequest;
use super::tree::TreeRequest;

/// Declares the families of requests: the name that audits count under, the variant and its type.
macro_rules! requests {
    ($($(#[$doc:meta])* $name:literal => $variant:ident($request:ty),)*) => {
        /// One concrete thing that a plugin's read or change implies.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Request {
            $($(#[$doc])* $variant($request),)*
        }

        impl Request {
            /// The name that the request is counted under.
            pub const fn family(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// How much harm it can do.
            pub fn risk(&self) -> Risk {
                match self {
                    $(Self::$variant(request) => request.risk(),)*
                }
            }

            /// The cluster that it means, if it means one.
            pub fn cluster(&self) -> Option<&Identifier> {
                match self {
                    $(Self::$variant(request) => request.cluster(),)*
                }
            }
        }

        impl fmt::Display for Request {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(request) => request.fmt(f),)*
                }
            }
        }

        $(impl From<$request> for Request {
            fn from(request: $request) -> Self {
                Self::$variant(request)
            }
        })*
    };
}

requests! {
    "application" => Application(ApplicationRequest),
    "certificates" => Certificates(CertificateRequest),
    "ci" => Ci(CiRequest),
    "cluster" => Cluster(ClusterRequest),
    "documents" => Documents(DocumentsRequest),
    "ec2" => Ec2(Ec2Request),
    "exposure" => Exposure(ExposureRequest),
    "facts" => Facts(FactRequest),
    "feedback" => Feedback(FeedbackRequest),
    "file" => File(FileRequest),
    "intercept" => Intercept(InterceptRequest),
    "kops" => Kops(KopsRequest),
    "labels" => Labels(LabelRequest),
    "pods" => Pods(PodsRequest),
    "probe" => Probe(ProbeRequest),
    "rbac" => Rbac(RbacRequest),
    "release" => Release(ReleaseRequest),
    "secret" => Secret(SecretRequest),
    "terraform" => Terraform(TerraformRequest),
    "token-request" => TokenRequest(TokenRequest),
    "tool" => Tool(ToolRequest),
    "tree" => Tree(TreeRequest),
}
