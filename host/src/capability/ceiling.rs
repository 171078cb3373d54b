//! What a plugin of each kind can do at all: its world.

use super::Request;
use super::cluster::Verb;
use super::facts::FactRequest;
use crate::proposal::Kind;

/// Whether a plugin of the kind can ask for this. No statement and no grant reaches further.
pub(super) fn allows(kind: Kind, request: &Request) -> bool {
    use Kind::{Gitops, Provisioning, Security, Validation};

    match request {
        Request::Ec2(_) => matches!(kind, Provisioning | Validation),
        Request::Terraform(_) | Request::Kops(_) | Request::Tool(_) => kind == Provisioning,
        Request::Cluster(request) if request.verb == Verb::Read => {
            matches!(kind, Security | Gitops | Validation)
        }
        Request::Cluster(_)
        | Request::Pods(_)
        | Request::Rbac(_)
        | Request::Intercept(_)
        | Request::Labels(_)
        | Request::Exposure(_)
        | Request::Certificates(_)
        | Request::Release(_)
        | Request::TokenRequest(_) => matches!(kind, Security | Gitops),
        Request::Application(_) | Request::Ci(_) | Request::File(_) | Request::Tree(_) => {
            kind == Gitops
        }
        Request::Documents(_) | Request::Probe(_) | Request::Feedback(_) => kind == Validation,
        Request::Secret(_) => kind != Validation,
        Request::Facts(FactRequest::Require { .. }) => true,
        Request::Facts(FactRequest::Provide { .. } | FactRequest::External { .. }) => {
            kind != Validation
        }
    }
}
