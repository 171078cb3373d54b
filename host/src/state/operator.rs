//! What the operator's machine remembers of a stack: the key of its state, and how far the state had come.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aegis_document::{Digest, Identifier, Limits, shown_path};
use serde::{Deserialize, Serialize};

use super::error::StateError;
use super::folder::Folder;
use super::journal::Position;
use super::seal::StateKey;
use crate::date::Date;

/// A folder of the operator's, outside of every repository. In it is one folder for each lineage.
#[derive(Clone, Debug)]
pub struct OperatorFolder {
    root: PathBuf,
}

/// How far this machine has seen a state come. A state that lies behind it was rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mark {
    pub serial: u64,
    /// Digest of the head with that serial.
    pub head: Digest,
    /// The last journal record.
    pub journal: Option<Position>,
}

const KEY: &str = "key";
/// One mark a line; the last one counts.
const MARKS: &str = "marks.jsonl";
/// One file a stack: the digests of plans made here, one a line, the last one at the end. No lineage has this name.
const PLANS: &str = "plans";
/// One file a stack: plans whose approvals were used here, and the runs that used them, one a line.
const USED: &str = "used";
/// The latest day on which something was decided by the calendar.
const DAY: &str = "day";
/// How many plans of a stack are remembered.
const PLANS_KEPT: usize = 64;

impl OperatorFolder {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Refuses a folder that lies inside of the stack's: then who writes the repository would have the key.
    pub fn check_outside(&self, stack_folder: &Path) -> Result<(), StateError> {
        let absolute = |path: &Path| -> PathBuf {
            // The nearest part that exists decides; the rest cannot hold a link yet.
            let mut rest = Vec::new();
            let mut at = path;
            loop {
                if let Ok(real) = at.canonicalize() {
                    return rest.iter().rev().fold(real, |real, name| real.join(name));
                }
                match (at.parent(), at.file_name()) {
                    (Some(parent), Some(name)) => {
                        rest.push(name.to_owned());
                        at = if parent.as_os_str().is_empty() {
                            Path::new(".")
                        } else {
                            parent
                        };
                    }
                    _ => return path.to_owned(),
                }
            }
        };
        if absolute(&self.root).starts_with(absolute(stack_folder)) {
            return Err(StateError::OperatorInside {
                path: shown_path(&self.root),
            });
        }
        Ok(())
    }

    /// The file of a lineage's key.
    pub fn key_path(&self, lineage: &str) -> PathBuf {
        self.root.join(lineage).join(KEY)
    }

    /// The key of a lineage's state.
    pub fn key(&self, lineage: &str) -> Result<StateKey, StateError> {
        let path = self.key_path(check_lineage(lineage)?);
        let problem = |why: &str| StateError::Operator {
            path: shown_path(&path),
            why: why.to_owned(),
        };
        let mut file = match open_own(&path) {
            Ok(Some(file)) => file,
            Ok(None) => {
                return Err(StateError::NoKey {
                    lineage: lineage.to_owned(),
                    path: shown_path(&path),
                });
            }
            Err(why) => return Err(problem(&why)),
        };
        let mut text = String::new();
        (&mut file)
            .take(256)
            .read_to_string(&mut text)
            .map_err(|error| problem(&error.to_string()))?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim_end(), &mut bytes)
            .map_err(|_| problem("not a key: 64 hexadecimal digits"))?;
        Ok(StateKey::from_bytes(bytes))
    }

    /// Makes and keeps a key for a new lineage.
    pub fn create_key(&self, lineage: &str) -> Result<StateKey, StateError> {
        let path = self.key_path(check_lineage(lineage)?);
        let problem = |error: std::io::Error| StateError::Operator {
            path: shown_path(&path),
            why: error.to_string(),
        };
        let folder = self.root.join(lineage);
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(problem)?;
        let key = StateKey::generate().map_err(StateError::Random)?;
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(problem)?;
        file.write_all(hex::encode(key.as_bytes()).as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.sync_all())
            .and_then(|()| std::fs::File::open(&folder)?.sync_all())
            .map_err(problem)?;
        Ok(key)
    }

    /// How far the state had come; `None` when this machine has not seen it.
    pub fn mark(&self, lineage: &str) -> Result<Option<Mark>, StateError> {
        let folder = self.folder(lineage)?;
        let Some(bytes) = folder.read(MARKS)? else {
            return Ok(None);
        };
        // The last line may be half written, or lost in a power cut; the one before is still true.
        let mut marks = bytes.split(|b| *b == b'\n').rev().filter_map(|line| {
            let value = aegis_document::read(line, Limits::SMALL).ok()?;
            serde_json::from_value(value).ok()
        });
        match marks.next() {
            Some(mark) => Ok(Some(mark)),
            None => Err(StateError::Operator {
                path: shown_path(&folder.root().join(MARKS)),
                why: "it holds no mark".to_owned(),
            }),
        }
    }

    /// Remembers how far the state has come. Not waited for: after a power cut the mark may lie behind, and
    /// then it still refuses everything older.
    pub(super) fn remember(&self, lineage: &str, mark: &Mark) -> Result<(), StateError> {
        Ok(self.folder(lineage)?.note(MARKS, &line(mark)?)?)
    }

    /// Remembers this mark and forgets those before it.
    pub(super) fn remember_only(&self, lineage: &str, mark: &Mark) -> Result<(), StateError> {
        Ok(self.folder(lineage)?.write(MARKS, &line(mark)?)?)
    }

    /// Remembers that a plan was made on this machine. A plan file has no seal, so this is what tells one's own plan
    /// from one that somebody else put in its place.
    pub fn remember_plan(&self, stack: &Identifier, plan: &Digest) -> Result<(), StateError> {
        let known = self.plans(stack)?;
        let folder = Folder::private(self.root.join(PLANS));
        if known.len() < 2 * PLANS_KEPT {
            return Ok(folder.note(stack.as_str(), format!("{plan}\n").as_bytes())?);
        }
        let kept = known.iter().skip(known.len() - PLANS_KEPT + 1);
        let lines: String = kept
            .chain(std::iter::once(plan))
            .map(|plan| format!("{plan}\n"))
            .collect();
        Ok(folder.write(stack.as_str(), lines.as_bytes())?)
    }

    /// Whether a plan is among the last that were made on this machine for the stack.
    pub fn knows_plan(&self, stack: &Identifier, plan: &Digest) -> Result<bool, StateError> {
        let known = self.plans(stack)?;
        Ok(known
            .iter()
            .rev()
            .take(PLANS_KEPT)
            .any(|known| known == plan))
    }

    /// The day of the calendar, which decides what has expired. One that lies before a day that this machine has seen
    /// is an error; a day of difference is that of two time zones.
    pub fn today(&self, now: Date) -> Result<Date, StateError> {
        let folder = Folder::private(&self.root);
        let seen = folder.read(DAY)?.and_then(|bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.trim_end().parse::<Date>().ok()
        });
        match seen {
            Some(seen) if now.days_later(1) < seen => Err(StateError::ClockSetBack {
                now,
                seen,
                path: self.root.join(DAY).display().to_string(),
            }),
            Some(seen) if now <= seen => Ok(now),
            _ => {
                folder.write(DAY, format!("{now}\n").as_bytes())?;
                Ok(now)
            }
        }
    }

    /// Remembers that a run used the approvals of a plan: they are good for one run, whatever becomes of its journal.
    pub fn remember_used(
        &self,
        stack: &Identifier,
        plan: &Digest,
        run: &str,
    ) -> Result<(), StateError> {
        if self.used_by(stack, plan)?.is_some() {
            return Ok(());
        }
        // A line before it may not have been written whole.
        let line = format!("\n{plan} {run}\n");
        let folder = Folder::private(self.root.join(USED));
        Ok(folder.append(stack.as_str(), line.as_bytes())?)
    }

    /// The run that used the approvals of a plan.
    pub fn used_by(&self, stack: &Identifier, plan: &Digest) -> Result<Option<String>, StateError> {
        let bytes = Folder::private(self.root.join(USED)).read(stack.as_str())?;
        let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
        let plan = plan.to_string();
        Ok(text.lines().find_map(|line| {
            let (used, run) = line.split_once(' ')?;
            (used == plan).then(|| aegis_document::untrusted(run).to_string())
        }))
    }

    /// Oldest first. A line that was not written whole counts for nothing.
    fn plans(&self, stack: &Identifier) -> Result<Vec<Digest>, StateError> {
        let bytes = Folder::private(self.root.join(PLANS)).read(stack.as_str())?;
        let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    }

    fn folder(&self, lineage: &str) -> Result<Folder, StateError> {
        Ok(Folder::private(self.root.join(check_lineage(lineage)?)))
    }
}

fn line(mark: &Mark) -> Result<Vec<u8>, StateError> {
    let mut line =
        serde_json::to_vec(mark).map_err(|error| StateError::malformed("the mark", error))?;
    line.push(b'\n');
    Ok(line)
}

/// A lineage is 32 hexadecimal digits: it names a folder.
pub(super) fn check_lineage(lineage: &str) -> Result<&str, StateError> {
    let fits = lineage.len() == 32
        && lineage
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    fits.then_some(lineage)
        .ok_or_else(|| StateError::malformed("the lineage", aegis_document::untrusted(lineage)))
}

/// Opens a file that only its owner, us, can read and write.
fn open_own(path: &Path) -> Result<Option<std::fs::File>, String> {
    let flags = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let file = match std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
    {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let about = file.metadata().map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("not a file".to_owned());
    }
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err("belongs to another user".to_owned());
    }
    if about.mode() & 0o077 != 0 {
        return Err("other users can read or write it".to_owned());
    }
    Ok(Some(file))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const LINEAGE: &str = "00112233445566778899aabbccddeeff";

    fn operator() -> (tempfile::TempDir, OperatorFolder) {
        let folder = tempfile::tempdir().unwrap();
        let operator = OperatorFolder::new(folder.path().join("private/state"));
        (folder, operator)
    }

    #[test]
    fn a_key_is_made_once_and_kept_to_its_owner() {
        let (_folder, operator) = operator();
        assert!(matches!(
            operator.key(LINEAGE),
            Err(StateError::NoKey { .. })
        ));
        let key = operator.create_key(LINEAGE).unwrap();
        assert_eq!(operator.key(LINEAGE).unwrap(), key);
        assert!(operator.create_key(LINEAGE).is_err());
        let mode = std::fs::metadata(operator.key_path(LINEAGE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_can_reach_is_refused() {
        let (_folder, operator) = operator();
        operator.create_key(LINEAGE).unwrap();
        let path = operator.key_path(LINEAGE);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            operator.key(LINEAGE),
            Err(StateError::Operator { .. })
        ));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let moved = path.with_extension("moved");
        std::fs::rename(&path, &moved).unwrap();
        symlink(&moved, &path).unwrap();
        assert!(matches!(
            operator.key(LINEAGE),
            Err(StateError::Operator { .. })
        ));
    }

    #[test]
    fn a_lineage_is_never_a_path() {
        let (_folder, operator) = operator();
        for lineage in [
            "",
            "..",
            "../../etc",
            "/etc",
            "00112233445566778899AABBCCDDEEFF",
            "0011",
        ] {
            assert!(
                matches!(operator.key(lineage), Err(StateError::Malformed { .. })),
                "{lineage}"
            );
        }
    }

    #[test]
    fn a_machine_knows_the_plans_that_it_made_of_a_stack() {
        let (_folder, operator) = operator();
        let name = |text: &str| Identifier::new(text).unwrap();
        let (shop, other) = (name("shop"), name("other"));
        let plan = |number: usize| Digest::of(number.to_string());
        assert!(!operator.knows_plan(&shop, &plan(0)).unwrap());
        for number in 0..3 * PLANS_KEPT {
            operator.remember_plan(&shop, &plan(number)).unwrap();
            assert!(operator.knows_plan(&shop, &plan(number)).unwrap());
            assert!(!operator.knows_plan(&other, &plan(number)).unwrap());
        }
        let known = (0..3 * PLANS_KEPT)
            .filter(|number| operator.knows_plan(&shop, &plan(*number)).unwrap())
            .count();
        assert_eq!(known, PLANS_KEPT);
        let file = operator.root.join(PLANS).join("shop");
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_bring_back_what_has_expired() {
        let (_folder, operator) = operator();
        let day = |text: &str| -> Date { text.parse().unwrap() };
        for (now, counts) in [
            ("2026-11-24", true),
            ("2026-11-23", true),
            ("2026-12-31", true),
            ("2026-12-30", true),
            ("2026-12-29", false),
            ("1970-01-01", false),
            ("2027-01-01", true),
        ] {
            match operator.today(day(now)) {
                Ok(today) => assert!(counts && today == day(now), "{now}"),
                Err(error) => {
                    assert!(!counts, "{now}: {error}");
                    assert!(matches!(error, StateError::ClockSetBack { .. }), "{error}");
                }
            }
        }
        std::fs::remove_file(operator.root.join(DAY)).unwrap();
        operator.today(day("2026-11-24")).unwrap();
        // What is no day was not written by us, and nothing is known then.
        std::fs::write(operator.root.join(DAY), "soon").unwrap();
        operator.today(day("2026-11-20")).unwrap();
        assert!(operator.today(day("2026-11-18")).is_err());
    }

    #[test]
    fn the_use_of_approvals_is_remembered_for_one_plan_of_one_stack() {
        let (_folder, operator) = operator();
        let name = |text: &str| Identifier::new(text).unwrap();
        let (shop, other) = (name("shop"), name("other"));
        let (plan, second) = (Digest::of("1"), Digest::of("2"));
        assert_eq!(operator.used_by(&shop, &plan).unwrap(), None);
        operator.remember_used(&shop, &plan, "aa").unwrap();
        operator.remember_used(&shop, &plan, "bb").unwrap();
        // Half a line, as a full disk leaves it, hides nothing that comes later.
        let file = operator.root.join(USED).join("shop");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}sha256:12")).unwrap();
        operator.remember_used(&shop, &second, "cc").unwrap();
        assert_eq!(operator.used_by(&shop, &plan).unwrap().unwrap(), "aa");
        assert_eq!(operator.used_by(&shop, &second).unwrap().unwrap(), "cc");
        assert_eq!(operator.used_by(&other, &plan).unwrap(), None);
    }

    #[test]
    fn the_key_may_not_lie_in_the_repository() {
        let (folder, operator) = operator();
        assert!(operator.check_outside(&folder.path().join("stack")).is_ok());
        assert!(matches!(
            operator.check_outside(folder.path()),
            Err(StateError::OperatorInside { .. })
        ));
        symlink(folder.path(), folder.path().join("alias")).unwrap();
        let alias = OperatorFolder::new(folder.path().join("alias/private"));
        assert!(alias.check_outside(folder.path()).is_err());
    }
}
