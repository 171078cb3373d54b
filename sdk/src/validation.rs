//! Plugins that judge planned and live state.

use serde_json::Value;

use crate::host::ValidationHost;
use crate::{Descriptor, Failure, Request};

pub use crate::bindings::validation::{
    Control, ControlScope, Feedback, Finding, FrameworkReference, Outcome, Severity,
};

/// A validation plugin. It proposes nothing.
///
/// The same request and the same reads have to give the same findings, in the same order.
pub trait Validation {
    /// What the plugin is: the same at every call, and without reading anything.
    fn describe() -> Descriptor;

    /// The controls that the plugin knows: the same at every call.
    fn controls() -> Vec<Control>;

    /// Judges.
    ///
    /// Every control that was looked at gives at least one finding: what cannot be evaluated is
    /// [`Outcome::NotEvaluated`], which never counts as passed.
    ///
    /// # Errors
    /// Why there is no judgement at all.
    fn evaluate(request: &Request, host: &impl ValidationHost) -> Result<Vec<Finding>, Failure>;
}

impl Control {
    /// A control without framework references and remediation.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        severity: Severity,
        scope: ControlScope,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            frameworks: Vec::new(),
            severity,
            scope,
            remediation: String::new(),
        }
    }

    /// Adds where a framework, for example `CIS Kubernetes 1.12`, asks for it.
    pub fn framework(mut self, framework: impl Into<String>, reference: impl Into<String>) -> Self {
        self.frameworks.push(FrameworkReference {
            framework: framework.into(),
            reference: reference.into(),
        });
        self
    }

    /// How a person mends it.
    pub fn remediation(mut self, text: impl Into<String>) -> Self {
        self.remediation = text.into();
        self
    }
}

impl Finding {
    /// A finding about the stack as a whole.
    pub fn new(control: impl Into<String>, outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            control: control.into(),
            outcome,
            document: None,
            cluster: None,
            pointer: None,
            message: message.into(),
            evidence: None,
            feedback: None,
        }
    }

    /// The control holds.
    pub fn pass(control: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(control, Outcome::Pass, message)
    }

    /// The control does not hold.
    pub fn fail(control: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(control, Outcome::Fail, message)
    }

    /// The control holds, and somebody should look at it all the same.
    pub fn warn(control: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(control, Outcome::Warn, message)
    }

    /// Only a person can tell.
    pub fn manual(control: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(control, Outcome::Manual, message)
    }

    /// The control could not be evaluated, and why. The reason is the message too.
    pub fn not_evaluated(control: impl Into<String>, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::new(control, Outcome::NotEvaluated(reason.clone()), reason)
    }

    /// The identity of the document that was judged.
    pub fn document(mut self, identity: impl Into<String>) -> Self {
        self.document = Some(identity.into());
        self
    }

    /// The cluster that was judged.
    pub fn cluster(mut self, cluster: impl Into<String>) -> Self {
        self.cluster = Some(cluster.into());
        self
    }

    /// Where in the document, as a JSON pointer.
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// What was seen.
    pub fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = Some(evidence.into());
        self
    }

    /// A JSON Patch (RFC 6902) of a stage's configuration that would mend it.
    pub fn feedback(mut self, stage: impl Into<String>, patch: Value) -> Self {
        self.feedback = Some(Feedback {
            stage: stage.into(),
            patch: patch.to_string(),
        });
        self
    }
}

/// The plugin as the component that [`export!`](crate::export) makes of it.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<P>(std::marker::PhantomData<P>);

#[cfg(target_arch = "wasm32")]
impl<P: Validation> crate::bindings::description::Guest for Component<P> {
    fn describe() -> Descriptor {
        P::describe()
    }
}

#[cfg(target_arch = "wasm32")]
impl<P: Validation> crate::bindings::validation::Guest for Component<P> {
    fn controls() -> Vec<Control> {
        P::controls()
    }

    fn evaluate(request: Request) -> Result<Vec<Finding>, Failure> {
        P::evaluate(&request, &crate::imports::Imports)
    }
}
