//! Who may do what.
//!
//! A plugin proposes changes and asks for reads. Each read is a [`Request`]; each change is taken apart
//! by [`derive()`] into everything that it implies: a Deployment implies the use of its images, its service
//! account, its Secrets and a security level. [`authorize`] decides about one request, and it is the only thing
//! that does. A request is allowed when the plugin's kind can do it at all, its signed statement asks for it
//! and the operator granted it; a change is allowed when all of its requests are.
//!
//! What is not understood is not allowed: an unknown kind, field or scope is a refusal, or needs a grant
//! that names the object exactly and says `unchecked`.

pub mod application;
mod audit;
mod authorize;
mod authorized;
mod ceiling;
pub mod certificates;
pub mod ci;
pub mod cluster;
pub mod codes;
mod denial;
mod derive;
pub mod documents;
pub mod ec2;
mod effective;
pub mod exposure;
pub mod facts;
pub mod feedback;
pub mod file;
mod grant;
pub mod iam;
pub mod intercept;
pub mod kinds;
pub mod kops;
pub mod labels;
pub mod path;
mod pattern;
pub mod pods;
pub mod probe;
mod proposal;
pub mod rbac;
mod reach;
pub mod release;
mod request;
mod risk;
pub mod secret;
mod set;
mod sorted;
pub mod syntax;
pub mod terraform;
#[cfg(test)]
mod tests;
pub mod token_request;
pub mod tool;
pub mod tree;
mod words;

pub use audit::{Audit, AuditCount, AuditSummary};
pub use authorize::{Decision, authorize};
pub use authorized::{Authorized, authorize_change};
pub use cluster::{ClusterRequest, ObjectScope, Verb};
pub use denial::{Denial, Wall};
pub use derive::{DeclaredFact, DeclaredFacts, DeriveContext, Repository, derive};
pub use documents::{DocumentKind, DocumentsRequest};
pub use ec2::{Ec2Call, Ec2Request};
pub use effective::{Effective, EffectiveParts};
pub use feedback::FeedbackRequest;
pub use grant::Capability;
pub use pattern::{Pattern, PatternError};
pub use probe::ProbeRequest;
pub use proposal::{AuthorizedProposal, authorize_proposal};
pub use reach::{ClusterPattern, Reach};
pub use request::Request;
pub use risk::Risk;
pub use secret::{SecretRequest, SecretSink};
pub use set::{CapabilityError, CapabilitySet};
pub use sorted::{Clusters, Patterns, Sorted};
pub use tree::TreeRequest;
