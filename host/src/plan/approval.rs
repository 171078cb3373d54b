//! Approvals: signatures of people over one plan.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use aegis_document::{Digest, Identifier, shown_path};
use aegis_registry::statement::{Envelope, EnvelopeError, Payload, SignatureError};
use aegis_registry::{Role, SecretKey, Trust};
use serde::{Deserialize, Serialize};

use super::document::Plan;
use crate::date::Date;
use crate::state::{Folder, FolderError};

/// What an approver signs. The plan's digest covers the stack, the lock file with all grants, the policy and the
/// serial of every instance, so an approval fits one plan in one moment of one stack's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Approval {
    pub plan: Digest,
    pub stack: Identifier,
    pub lineage: Option<String>,
    /// `YYYY-MM-DD`, the last day on which it counts.
    pub expires: String,
}

impl Payload for Approval {
    const TYPE: &'static str = "application/vnd.aegis.approval.v1+json";
}

/// Why an approval was not made or does not count.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    #[error("{}: {error}", shown_path(path))]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("{}: {error}", shown_path(path))]
    Envelope { path: PathBuf, error: EnvelopeError },
    #[error("{}: {error}", shown_path(path))]
    Signature {
        path: PathBuf,
        error: SignatureError,
    },
    #[error("{}: the approval is for another plan or stack", shown_path(path))]
    OtherPlan { path: PathBuf },
    #[error("{}: the approval expired on {expires}", shown_path(path))]
    Expired { path: PathBuf, expires: String },
    #[error("the key {0} is not among the approvers that you trust")]
    NotAnApprover(Digest),
    #[error(transparent)]
    Sign(#[from] EnvelopeError),
    #[error("the approval was not written: {0}")]
    Write(#[from] FolderError),
}

/// How many approvals the operator's trust asks for, whatever policy says. A threshold of one is what every role begins
/// with, so it asks for nothing.
pub fn least(trust: &Trust) -> u32 {
    match trust.threshold(&Role::Approvers).get() {
        1 => 0,
        needed => u32::try_from(needed).unwrap_or(u32::MAX),
    }
}

/// The approvals of a plan, one file for each key, beside the plan's own state.
pub fn folder(aegis_folder: &Path, plan: &Digest) -> PathBuf {
    aegis_folder.join("approvals").join(plan.hex())
}

/// Signs a plan. `expires` is the last day on which the approval counts.
pub fn approve(
    plan: &Plan,
    expires: Date,
    key: &SecretKey,
    trust: &Trust,
    folder: &Path,
) -> Result<PathBuf, ApprovalError> {
    let fingerprint = key.public().fingerprint();
    if !trust
        .keys(&Role::Approvers)
        .any(|known| known.fingerprint() == fingerprint)
    {
        return Err(ApprovalError::NotAnApprover(fingerprint));
    }
    let approval = Approval {
        plan: plan.digest,
        stack: plan.body.stack.name.clone(),
        lineage: plan.body.base.lineage.clone(),
        expires: expires.to_string(),
    };
    let bytes = Envelope::sign(&approval, key)?.to_bytes()?;
    let name = format!("{}.dsse.json", fingerprint.hex());
    // The name can be foreseen, so somebody may have put a link there.
    Folder::shared(folder).write(&name, &bytes)?;
    Ok(folder.join(name))
}

/// The fingerprints of the distinct approvers who approved a plan. One file that does not count is an error: somebody
/// put it there, and an approver who thinks to have approved should know.
pub fn verified(
    plan: &Plan,
    today: Date,
    trust: &Trust,
    folder: &Path,
) -> Result<BTreeSet<String>, ApprovalError> {
    let mut approvers = BTreeSet::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(approvers),
        Err(error) => {
            return Err(ApprovalError::File {
                path: folder.to_owned(),
                error,
            });
        }
    };
    for entry in entries {
        let path = entry
            .map_err(|error| ApprovalError::File {
                path: folder.to_owned(),
                error,
            })?
            .path();
        let bytes = std::fs::read(&path).map_err(|error| ApprovalError::File {
            path: path.clone(),
            error,
        })?;
        let envelope =
            Envelope::<Approval>::parse(&bytes).map_err(|error| ApprovalError::Envelope {
                path: path.clone(),
                error,
            })?;
        let verified = envelope
            .verify(trust.keys(&Role::Approvers), NonZeroUsize::MIN)
            .map_err(|error| ApprovalError::Signature {
                path: path.clone(),
                error,
            })?;
        let approval = verified.document();
        if approval.plan != plan.digest
            || approval.stack != plan.body.stack.name
            || approval.lineage != plan.body.base.lineage
        {
            return Err(ApprovalError::OtherPlan { path });
        }
        // A date that cannot be read is no permission.
        if approval
            .expires
            .parse::<Date>()
            .map_or(true, |expires| today > expires)
        {
            let expires = aegis_document::untrusted(&approval.expires).to_string();
            return Err(ApprovalError::Expired { path, expires });
        }
        approvers.extend(verified.signers().iter().map(ToString::to_string));
    }
    Ok(approvers)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::{Base, Body, Documents, Evidence, Mode, PolicyUse, StackUse, StructuralRule};
    use crate::proposal::Severity;

    fn plan(stack: &str) -> Plan {
        let nothing = Digest::of("");
        let body = Body {
            stack: StackUse {
                name: stack.parse().unwrap(),
                resolved: nothing,
                settings: nothing,
            },
            mode: Mode::Apply,
            base: Base {
                lineage: None,
                serials: BTreeMap::new(),
            },
            policy: PolicyUse {
                block_at: Severity::High,
                required: vec![],
                structural: StructuralRule::Allow,
                approvals: 2,
            },
            lock: nothing,
            plugins: vec![],
            facts: vec![],
            instances: vec![],
            findings: vec![],
            exceptions: vec![],
        };
        Plan::seal(body, Evidence::default(), Documents::default()).unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    struct Desk {
        folder: tempfile::TempDir,
        trust: Trust,
        keys: Vec<SecretKey>,
    }

    fn desk(approvers: usize) -> Desk {
        let keys: Vec<SecretKey> = (0..3).map(|_| SecretKey::generate().unwrap()).collect();
        let mut trust = Trust::default();
        for key in &keys[..approvers] {
            trust.add(Role::Approvers, key.public()).unwrap();
        }
        Desk {
            folder: tempfile::tempdir().unwrap(),
            trust,
            keys,
        }
    }

    #[test]
    fn distinct_approvers_are_counted_once_each() {
        let desk = desk(2);
        let plan = plan("shop");
        for key in [&desk.keys[0], &desk.keys[1], &desk.keys[0]] {
            approve(
                &plan,
                day("2026-12-01"),
                key,
                &desk.trust,
                desk.folder.path(),
            )
            .unwrap();
        }
        let found = verified(&plan, day("2026-12-01"), &desk.trust, desk.folder.path()).unwrap();
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn trust_asks_for_approvals_once_the_operator_said_how_many() {
        let mut trust = desk(2).trust;
        assert_eq!(least(&Trust::default()), 0);
        assert_eq!(least(&trust), 0);
        let two = NonZeroUsize::new(2).unwrap();
        trust.set_threshold(&Role::Approvers, two).unwrap();
        assert_eq!(least(&trust), 2);
    }

    #[test]
    fn a_stranger_cannot_approve() {
        let desk = desk(2);
        let error = approve(
            &plan("shop"),
            day("2026-12-01"),
            &desk.keys[2],
            &desk.trust,
            desk.folder.path(),
        );
        assert!(matches!(error, Err(ApprovalError::NotAnApprover(_))));
    }

    #[test]
    fn an_approval_is_not_written_through_a_link() {
        let desk = desk(1);
        let outside = tempfile::NamedTempFile::new().unwrap();
        let name = format!("{}.dsse.json", desk.keys[0].public().fingerprint().hex());
        std::os::unix::fs::symlink(outside.path(), desk.folder.path().join(&name)).unwrap();
        let folder = desk.folder.path();
        let day = day("2026-12-01");
        approve(&plan("shop"), day, &desk.keys[0], &desk.trust, folder).unwrap();
        assert_eq!(std::fs::read(outside.path()).unwrap(), b"");
        assert!(!folder.join(&name).is_symlink());
    }

    #[test]
    fn an_approval_fits_one_plan_one_time_and_trusted_keys_only() {
        let desk = desk(2);
        let plan = plan("shop");
        approve(
            &plan,
            day("2026-12-01"),
            &desk.keys[0],
            &desk.trust,
            desk.folder.path(),
        )
        .unwrap();
        let folder = desk.folder.path();
        let judge =
            |plan: &Plan, today: &str, trust: &Trust| verified(plan, day(today), trust, folder);
        assert!(matches!(
            judge(&self::plan("other"), "2026-12-01", &desk.trust),
            Err(ApprovalError::OtherPlan { .. })
        ));
        assert!(matches!(
            judge(&plan, "2026-12-02", &desk.trust),
            Err(ApprovalError::Expired { .. })
        ));
        assert!(matches!(
            judge(&plan, "2026-12-01", &Trust::default()),
            Err(ApprovalError::Signature { .. })
        ));
        assert_eq!(
            verified(&plan, day("2026-12-01"), &desk.trust, &folder.join("none"))
                .unwrap()
                .len(),
            0
        );
    }
}
