//! Why state cannot be used.

use aegis_document::{Digest, Identifier, untrusted};
use miette::Diagnostic;

use super::folder::FolderError;
use super::lease::LeaseRecord;
use super::store::StoreError;
use crate::fact::MisfitError;
use crate::plan::InstanceId;

/// Every way in which state is not what it should be has its own code and next step.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum StateError {
    #[error("the state in {place} cannot be reached: {source}")]
    #[diagnostic(
        code(AEG0501),
        help("check that the folder exists and that you may read and write it")
    )]
    Store { place: String, source: StoreError },

    #[error("the state in {place} was changed by somebody who does not have its key")]
    #[diagnostic(
        code(AEG0502),
        help(
            "restore `.aegis/state` from version control or a backup; nothing was read from the changed file"
        )
    )]
    HeadAltered { place: String },

    #[error("an object of the state is missing or was changed: {what}")]
    #[diagnostic(
        code(AEG0503),
        help("restore `.aegis/state` from version control or a backup")
    )]
    ObjectAltered { what: String },

    #[error(
        "record {seq} of the journal was changed by somebody who does not have the state's key"
    )]
    #[diagnostic(
        code(AEG0504),
        help("restore `.aegis/journal` from version control or a backup")
    )]
    JournalAltered { seq: u64 },

    #[error("the journal ends at record {found}, but record {known} was written")]
    #[diagnostic(
        code(AEG0505),
        help("restore `.aegis/journal` from version control or a backup")
    )]
    JournalTruncated { found: u64, known: u64 },

    #[error("the state was rolled back: it has serial {found}, this machine has seen {seen}")]
    #[diagnostic(
        code(AEG0506),
        help(
            "bring `.aegis` up to date (`git pull`?); applying on old state would undo or repeat changes"
        )
    )]
    Rollback { found: u64, seen: u64 },

    #[error(
        "the state with serial {serial} is not the one that this machine has seen under that serial"
    )]
    #[diagnostic(
        code(AEG0507),
        help(
            "two people applied from the same state; keep the version in which the last apply was recorded"
        )
    )]
    Forked { serial: u64 },

    #[error("the state was written by a newer version: {what}")]
    #[diagnostic(code(AEG0508), help("use aegis {needed} or newer"))]
    Newer { what: String, needed: String },

    #[error("the key of the state with lineage {lineage} is not on this machine")]
    #[diagnostic(
        code(AEG0509),
        help(
            "copy the file `{path}` from the machine that made the state; it is a secret, so do not put it into the repository"
        )
    )]
    NoKey { lineage: String, path: String },

    #[error("{path}: {why}")]
    #[diagnostic(
        code(AEG0510),
        help(
            "the operator's files must belong to you alone: `chmod 600` the file, `chmod 700` its folder"
        )
    )]
    Operator { path: String, why: String },

    #[error("the operator's files would lie in the stack's own folder, {path}")]
    #[diagnostic(
        code(AEG0511),
        help("set AEGIS_HOME to a folder outside of the repository")
    )]
    OperatorInside { path: String },

    #[error("another run holds the lease: {} by {} on {} (process {}), since {}", record.operation, record.owner, record.host, record.pid, record.acquired)]
    #[diagnostic(
        code(AEG0512),
        help("wait for it; if that process is gone for good, `aegis unlock {}` ends its lease", record.id)
    )]
    LeaseHeld { record: Box<LeaseRecord> },

    #[error("the lease of this run was lost: {why}")]
    #[diagnostic(
        code(AEG0513),
        help(
            "nothing more was written; see who holds it now with `aegis status`, then `aegis apply --resume`"
        )
    )]
    LeaseLost { why: String },

    #[error("there is no lease `{id}`{}", held.as_ref().map(|id| format!("; the lease is `{id}`")).unwrap_or_default())]
    #[diagnostic(code(AEG0514), help("`aegis status` shows the lease"))]
    NoSuchLease { id: String, held: Option<String> },

    #[error("run {run} was not finished")]
    #[diagnostic(
        code(AEG0515),
        help("`aegis apply --resume` finishes it; `aegis unlock --abandon` gives it up")
    )]
    Unfinished { run: String },

    #[error("there is no unfinished run")]
    #[diagnostic(code(AEG0516), help("`aegis plan` and `aegis apply` start a new one"))]
    NothingToResume,

    #[error("{what} is malformed: {why}")]
    #[diagnostic(
        code(AEG0517),
        help("restore `.aegis` from version control or a backup")
    )]
    Malformed { what: String, why: String },

    #[error("the state was changed while this run was using it")]
    #[diagnostic(code(AEG0518), help("run `aegis plan` again"))]
    Changed,

    #[error(
        "the state was lost: the tree belongs to lineage {lineage} of stack `{stack}`, and there is no state of it"
    )]
    #[diagnostic(
        code(AEG0519),
        help("restore `.aegis/state`; planning without it would create everything a second time")
    )]
    Lost { lineage: String, stack: String },

    #[error("the {what} belongs to lineage {found}, the state to lineage {expected}")]
    #[diagnostic(
        code(AEG0520),
        help(
            "the two come from different stacks or from before a loss of state: plan again with the right folder"
        )
    )]
    OtherLineage {
        what: &'static str,
        found: String,
        expected: String,
    },

    #[error("no instance `{0}` has been applied")]
    #[diagnostic(code(AEG0521), help("`aegis status` lists the instances"))]
    UnknownInstance(InstanceId),

    #[error("`{instance}` does not provide the fact `{name}`")]
    #[diagnostic(code(AEG0522), help("it provides: {known}"))]
    UnknownFact {
        instance: InstanceId,
        name: Identifier,
        known: String,
    },

    #[error("the fact `{name}` of `{instance}`: {misfit}")]
    #[diagnostic(code(AEG0523), help("import the value in the format of the fact"))]
    FactMisfit {
        instance: InstanceId,
        name: Identifier,
        misfit: MisfitError,
    },

    #[error("the fact `{name}` of `{instance}` is secret and cannot be imported")]
    #[diagnostic(
        code(AEG0524),
        help("a secret is read from its source when it is needed, and kept nowhere")
    )]
    FactSecret {
        instance: InstanceId,
        name: Identifier,
    },

    #[error("the operating system gave no random bytes: {0}")]
    #[diagnostic(code(AEG0525), help("try again"))]
    Random(getrandom::Error),

    #[error("the state in {place} belongs to stack `{found}`; this is stack `{expected}`")]
    #[diagnostic(
        code(AEG0527),
        help(
            "one folder holds one stack: give the stack its old name back, or move its stack file to a folder of its own"
        )
    )]
    OtherStack {
        place: String,
        found: Identifier,
        expected: Identifier,
    },

    /// A test stands in for a process that is killed here.
    #[error("killed at {0}")]
    #[diagnostic(code(AEG0526))]
    Killed(String),
}

impl StateError {
    pub(super) fn store(place: &str, source: StoreError) -> Self {
        match source {
            StoreError::Changed => Self::Changed,
            source => Self::Store {
                place: place.to_owned(),
                source,
            },
        }
    }

    pub(super) fn missing(kind: &str, digest: &Digest) -> Self {
        Self::ObjectAltered {
            what: format!("{kind} {}", digest.short()),
        }
    }

    pub(super) fn malformed(what: &str, why: impl ToString) -> Self {
        Self::Malformed {
            what: what.to_owned(),
            // A parser's message repeats names that stand in the file.
            why: untrusted(&why.to_string()).to_string(),
        }
    }

    /// 4 for what can be resumed, else 1.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::LeaseLost { .. } | Self::Killed(_) => 4,
            _ => 1,
        }
    }
}

impl From<FolderError> for StateError {
    fn from(source: FolderError) -> Self {
        Self::Store {
            place: "the operator's folder".to_owned(),
            source: StoreError::Folder(source),
        }
    }
}
