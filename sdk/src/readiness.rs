//! What makes a stage ready, and what a plugin thinks of it.

use serde_json::Value;

use crate::{
    AdmissionCheck, Health, ObjectCondition, ObjectReference, Probe, ProbeCheck, Readiness,
};

/// How long a probe waits unless told otherwise, in seconds.
pub const DEFAULT_TIMEOUT_SECONDS: u32 = 300;

impl ObjectReference {
    /// A cluster-scoped object; the core group is empty.
    pub fn new(group: impl Into<String>, kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            group: group.into(),
            kind: kind.into(),
            namespace: None,
            name: name.into(),
        }
    }

    /// In this namespace.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }
}

impl Probe {
    /// A probe of the cluster that the stage runs for, or of the stack, that waits
    /// [`DEFAULT_TIMEOUT_SECONDS`].
    pub fn new(id: impl Into<String>, check: ProbeCheck) -> Self {
        Self {
            id: id.into(),
            cluster: None,
            check,
            timeout_seconds: DEFAULT_TIMEOUT_SECONDS,
        }
    }

    /// The object has a condition with this type and status, for example `Ready` and `True`.
    pub fn condition(
        id: impl Into<String>,
        object: ObjectReference,
        r#type: impl Into<String>,
        status: impl Into<String>,
    ) -> Self {
        Self::new(
            id,
            ProbeCheck::Condition(ObjectCondition {
                object,
                type_: r#type.into(),
                status: status.into(),
            }),
        )
    }

    /// The Deployment, DaemonSet or StatefulSet has finished rolling out.
    pub fn rollout(id: impl Into<String>, object: ObjectReference) -> Self {
        Self::new(id, ProbeCheck::Rollout(object))
    }

    /// The API server admits this complete object, tried as a dry run.
    pub fn admitted(id: impl Into<String>, object: Value) -> Self {
        Self::admission(id, object, true)
    }

    /// The API server refuses this complete object, tried as a dry run.
    pub fn refused(id: impl Into<String>, object: Value) -> Self {
        Self::admission(id, object, false)
    }

    /// The fact has a value.
    pub fn fact_present(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(id, ProbeCheck::FactPresent(name.into()))
    }

    /// The Argo CD application is synced and healthy.
    pub fn application_synced(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(id, ProbeCheck::ApplicationSynced(name.into()))
    }

    /// The cluster's API server answers.
    pub fn api_reachable(id: impl Into<String>) -> Self {
        Self::new(id, ProbeCheck::ApiReachable)
    }

    /// Of this cluster.
    pub fn cluster(mut self, cluster: impl Into<String>) -> Self {
        self.cluster = Some(cluster.into());
        self
    }

    /// Waits at most so many seconds.
    pub fn timeout(mut self, seconds: u32) -> Self {
        self.timeout_seconds = seconds;
        self
    }

    fn admission(id: impl Into<String>, object: Value, admitted: bool) -> Self {
        let object = object.to_string();
        Self::new(
            id,
            ProbeCheck::Admission(AdmissionCheck { object, admitted }),
        )
    }
}

impl Health {
    /// What was looked at, how it is, and why.
    pub fn new(
        subject: impl Into<String>,
        readiness: Readiness,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            subject: subject.into(),
            readiness,
            reason: reason.into(),
        }
    }
}
