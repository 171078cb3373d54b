//! What the proposals of the three proposing kinds have in common.
//!
//! The contract gives each kind a proposal of its own, because the changes it may hold differ. The
//! macro here is the part that does not.

/// `ChangeBuilder`, `change` and the builder methods of `Proposal` for the `Action`, `Change` and
/// `Proposal` in scope.
macro_rules! proposal_builders {
    () => {
        /// A change that only lacks what is to be done; see [`change`].
        #[derive(Clone, Debug)]
        #[must_use = "a change has to say what is to be done"]
        pub struct ChangeBuilder {
            header: $crate::ChangeHeader,
        }

        /// Begins a change with an id that is unique within the proposal.
        ///
        /// It changes no cluster but the cloud or the stack, comes after no other, and a change of
        /// an immutable field is an error.
        pub fn change(id: impl Into<String>) -> ChangeBuilder {
            ChangeBuilder {
                header: $crate::ChangeHeader {
                    id: id.into(),
                    cluster: None,
                    after: Vec::new(),
                    on_immutable: $crate::OnImmutable::Fail,
                },
            }
        }

        impl ChangeBuilder {
            /// The cluster that is changed.
            pub fn cluster(mut self, cluster: impl Into<String>) -> Self {
                self.header.cluster = Some(cluster.into());
                self
            }

            /// Comes after this change of the same proposal.
            pub fn after(mut self, id: impl Into<String>) -> Self {
                self.header.after.push(id.into());
                self
            }

            /// An object whose immutable field changes is deleted and created again.
            pub fn replace_on_immutable(mut self) -> Self {
                self.header.on_immutable = $crate::OnImmutable::Replace;
                self
            }

            fn act(self, action: Action) -> Change {
                Change {
                    header: self.header,
                    action,
                }
            }
        }

        impl Proposal {
            /// A proposal that changes nothing.
            pub fn new() -> Self {
                Self {
                    changes: Vec::new(),
                    provides: Vec::new(),
                    probes: Vec::new(),
                    moved: Vec::new(),
                }
            }

            /// Adds a change; see [`change`].
            pub fn change(mut self, change: Change) -> Self {
                self.changes.push(change);
                self
            }

            /// Adds changes.
            pub fn changes(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
                self.changes.extend(changes);
                self
            }

            /// Says where a fact that the stage type offers is read from.
            pub fn provides(
                mut self,
                name: impl Into<String>,
                source: impl Into<$crate::FactSource>,
            ) -> Self {
                self.provides.push($crate::ProvidedFact {
                    name: name.into(),
                    source: source.into(),
                });
                self
            }

            /// Adds a probe: the stage is ready when all of them hold.
            pub fn probe(mut self, probe: $crate::Probe) -> Self {
                self.probes.push(probe);
                self
            }

            /// Adds probes.
            pub fn probes(mut self, probes: impl IntoIterator<Item = $crate::Probe>) -> Self {
                self.probes.extend(probes);
                self
            }

            /// Says that an identity, for example `terraform/network-use1/aws_vpc.main`, has another
            /// name than in an earlier version of the plugin.
            pub fn moved(
                mut self,
                cluster: Option<&str>,
                from: impl Into<String>,
                to: impl Into<String>,
            ) -> Self {
                self.moved.push($crate::Moved {
                    cluster: cluster.map(str::to_owned),
                    from: from.into(),
                    to: to.into(),
                });
                self
            }
        }

        impl Default for Proposal {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

pub(crate) use proposal_builders;
