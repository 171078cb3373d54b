//! Closed sets of words.

use std::fmt;

/// Declares an enum whose values are words of the stack file.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$value_about:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$value_about])* $value,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$value),*];

            /// The word in the stack file.
            pub fn word(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.word())
            }
        }

        impl Word for $name {
            fn all() -> &'static [Self] {
                Self::ALL
            }

            fn word(self) -> &'static str {
                Self::word(self)
            }
        }
    };
}

/// A value of a closed set.
pub(crate) trait Word: Copy + 'static {
    fn all() -> &'static [Self];
    fn word(self) -> &'static str;
}

words! {
    /// A set of stages to start from.
    Preset {
        /// No stages.
        None = "none",
        /// The first-party platform.
        Standard = "standard",
    }
}

words! {
    /// The kinds of change that can be delivered in different ways.
    ChangeKind {
        Terraform = "terraform",
        Kops = "kops",
        /// Kubernetes objects.
        Kubernetes = "kubernetes",
        /// Chart releases.
        Release = "release",
        /// Argo CD applications.
        Application = "application",
        /// CI workflows.
        Workflow = "workflow",
        /// Other files of the tree.
        File = "file",
        /// Calls of an operator's tool.
        Tool = "tool",
    }
}

words! {
    /// Where changes land.
    Landing {
        /// In a folder for Git.
        Tree = "tree",
        /// In the cloud and the clusters themselves.
        Live = "live",
    }
}

words! {
    /// How bad a finding is.
    Severity {
        Info = "info",
        Low = "low",
        Medium = "medium",
        High = "high",
        Critical = "critical",
    }
}

words! {
    /// Whether changes whose documents still hold tokens may be approved and applied.
    StructuralChanges {
        Allow = "allow",
        Refuse = "refuse",
    }
}

words! {
    /// Who installs and upgrades a chart release.
    ReleaseOwner {
        Aegis = "aegis",
        Argocd = "argocd",
    }
}
