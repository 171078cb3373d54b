//! Argo CD applications.

pub use crate::bindings::shared::changes::{Application, SyncPolicy};

impl Application {
    /// An application of a project, at wave 0, that a person synchronises.
    pub fn new(name: impl Into<String>, project: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            project: project.into(),
            repository: String::new(),
            revision: String::new(),
            path: String::new(),
            destination_cluster: String::new(),
            destination_namespace: String::new(),
            sync: SyncPolicy {
                automated: false,
                prune: false,
                self_heal: false,
            },
            wave: 0,
        }
    }

    /// A path of a Git repository at a 40-digit commit or a branch.
    pub fn source(
        mut self,
        repository: impl Into<String>,
        revision: impl Into<String>,
        path: impl Into<String>,
    ) -> Self {
        self.repository = repository.into();
        self.revision = revision.into();
        self.path = path.into();
        self
    }

    /// The cluster and namespace where it lands.
    pub fn destination(mut self, cluster: impl Into<String>, namespace: impl Into<String>) -> Self {
        self.destination_cluster = cluster.into();
        self.destination_namespace = namespace.into();
        self
    }

    /// Synchronised by Argo CD itself, which also prunes and heals.
    pub fn automated(mut self) -> Self {
        self.sync = SyncPolicy {
            automated: true,
            prune: true,
            self_heal: true,
        };
        self
    }

    /// How it is synchronised.
    pub fn sync(mut self, policy: SyncPolicy) -> Self {
        self.sync = policy;
        self
    }

    /// Applications of a lower wave are synchronised first.
    pub fn wave(mut self, wave: i32) -> Self {
        self.wave = wave;
        self
    }
}
