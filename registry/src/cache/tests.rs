use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

struct Fixture {
    folder: TempDir,
    cache: Cache,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = open(folder.path()).unwrap();
        Self { folder, cache }
    }

    fn key_path(&self) -> PathBuf {
        self.folder.path().join("config/cache.key")
    }
}

fn open(folder: &Path) -> Result<Cache, CacheError> {
    Cache::open(folder.join("cache"), &folder.join("config/cache.key"))
}

fn key(component: &[u8]) -> Key {
    Key {
        component: Digest::of(component),
        engine: "wasmtime 48.0.8 a1b2".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
    }
}

fn hit(lookup: &Lookup) -> Option<&[u8]> {
    match lookup {
        Lookup::Hit(code) => Some(code),
        _ => None,
    }
}

fn forged(lookup: &Lookup) -> bool {
    matches!(lookup, Lookup::Rejected(Rejection::Forged))
}

#[test]
fn what_was_put_is_got_under_the_same_key_only() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    assert!(matches!(cache.get(&key(b"a")), Lookup::Miss));
    cache.put(&key(b"a"), b"code").unwrap();
    cache.put(&key(b"empty"), b"").unwrap();
    assert_eq!(hit(&cache.get(&key(b"a"))), Some(b"code".as_slice()));
    assert_eq!(hit(&cache.get(&key(b"empty"))), Some(b"".as_slice()));
    let mut engine = key(b"a");
    engine.engine.push('x');
    let mut target = key(b"a");
    target.target = "aarch64-unknown-linux-gnu".to_owned();
    let mut shifted = key(b"a");
    shifted.engine.push('x');
    shifted.target.remove(0);
    for other in [key(b"b"), engine, target, shifted] {
        assert!(matches!(cache.get(&other), Lookup::Miss));
    }
    cache.put(&key(b"a"), b"newer").unwrap();
    assert_eq!(hit(&cache.get(&key(b"a"))), Some(b"newer".as_slice()));
    let again = open(fixture.folder.path()).unwrap();
    assert_eq!(hit(&again.get(&key(b"a"))), Some(b"newer".as_slice()));
}

#[test]
fn entries_swapped_between_two_components_are_refused_and_removed() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put(&key(b"a"), b"code a").unwrap();
    cache.put(&key(b"b"), b"code b").unwrap();
    let (a, b) = (cache.path(&key(b"a")), cache.path(&key(b"b")));
    let (in_a, in_b) = (fs::read(&a).unwrap(), fs::read(&b).unwrap());
    fs::write(&a, in_b).unwrap();
    fs::write(&b, in_a).unwrap();
    for (key, path) in [(key(b"a"), a), (key(b"b"), b)] {
        assert!(forged(&cache.get(&key)));
        assert!(!path.exists());
        assert!(matches!(cache.get(&key), Lookup::Miss));
    }
}

#[test]
fn code_of_another_engine_or_target_is_refused() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put(&key(b"a"), b"code").unwrap();
    let mut engine = key(b"a");
    engine.engine = "wasmtime 48.0.9".to_owned();
    let mut target = key(b"a");
    target.target = "aarch64-unknown-linux-gnu".to_owned();
    for other in [engine, target] {
        fs::copy(cache.path(&key(b"a")), cache.path(&other)).unwrap();
        assert!(forged(&cache.get(&other)));
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put(&key(b"a"), b"some code").unwrap();
    let path = cache.path(&key(b"a"));
    let good = fs::read(&path).unwrap();
    for bit in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, flipped).unwrap();
        let lookup = cache.get(&key(b"a"));
        assert!(matches!(lookup, Lookup::Rejected(_)), "bit {bit}");
    }
    fs::write(&path, good).unwrap();
    assert!(hit(&cache.get(&key(b"a"))).is_some());
}

#[test]
fn cut_off_and_lengthened_entries_are_refused() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put(&key(b"a"), b"some code").unwrap();
    let path = cache.path(&key(b"a"));
    let good = fs::read(&path).unwrap();
    let longer = [good.as_slice(), b"x"].concat();
    let shorter = (0..good.len()).map(|length| good[..length].to_vec());
    for bytes in shorter.chain([longer]) {
        fs::write(&path, &bytes).unwrap();
        assert!(matches!(
            cache.get(&key(b"a")),
            Lookup::Rejected(Rejection::Damaged)
        ));
    }
}

#[test]
fn with_another_key_nothing_is_used() {
    let fixture = Fixture::new();
    fixture.cache.put(&key(b"a"), b"code").unwrap();
    fs::remove_file(fixture.key_path()).unwrap();
    let cache = open(fixture.folder.path()).unwrap();
    assert!(forged(&cache.get(&key(b"a"))));
}

#[test]
fn key_and_folder_are_the_owners_alone() {
    let fixture = Fixture::new();
    fixture.cache.put(&key(b"a"), b"code").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&fixture.key_path()), 0o600);
    assert_eq!(mode(&fixture.folder.path().join("cache")), 0o700);
    assert_eq!(mode(&fixture.cache.path(&key(b"a"))), 0o600);
    let open_to_others = fs::Permissions::from_mode(0o644);
    fs::set_permissions(fixture.key_path(), open_to_others).unwrap();
    assert!(matches!(
        open(fixture.folder.path()),
        Err(CacheError::File(FileError::Exposed { .. }))
    ));
}

#[test]
fn a_key_in_the_cache_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    for inside in ["cache/a.key", "cache/deeper/a.key"] {
        let result = Cache::open(&cache, &folder.path().join(inside));
        assert!(matches!(result, Err(CacheError::KeyInside(_))), "{inside}");
    }
    std::os::unix::fs::symlink(&cache, folder.path().join("link")).unwrap();
    let through_link = Cache::open(&cache, &folder.path().join("link/a.key"));
    assert!(matches!(through_link, Err(CacheError::KeyInside(_))));
}

#[test]
fn a_damaged_key_is_not_replaced_silently() {
    let fixture = Fixture::new();
    fs::write(fixture.key_path(), b"short").unwrap();
    assert!(matches!(
        open(fixture.folder.path()),
        Err(CacheError::KeyDamaged(_))
    ));
}

#[test]
fn a_folder_or_link_in_place_of_an_entry_is_refused() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put(&key(b"a"), b"code").unwrap();
    let path = cache.path(&key(b"a"));
    let moved = fixture.folder.path().join("moved");
    fs::rename(&path, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &path).unwrap();
    assert!(matches!(
        cache.get(&key(b"a")),
        Lookup::Rejected(Rejection::Unreadable(_))
    ));
    assert!(moved.exists() && !path.exists());
    fs::create_dir(&path).unwrap();
    assert!(matches!(cache.get(&key(b"a")), Lookup::Rejected(_)));
    assert!(cache.put(&key(b"a"), b"code").is_err());
}

#[test]
fn an_entry_has_the_mac_of_its_key_and_code_under_the_keys_own_bytes() {
    let fixture = Fixture::new();
    let key = key(b"a");
    fixture.cache.put(&key, b"code").unwrap();
    let secret: [u8; KEY_LENGTH] = fs::read(fixture.key_path()).unwrap().try_into().unwrap();
    let mut input = Vec::new();
    for part in [
        MAGIC.as_slice(),
        key.component.as_bytes(),
        key.engine.as_bytes(),
        key.target.as_bytes(),
        b"code",
    ] {
        input.extend_from_slice(&(part.len() as u64).to_be_bytes());
        input.extend_from_slice(part);
    }
    let mac = blake3::keyed_hash(&secret, &input);
    let entry = [
        MAGIC.as_slice(),
        &4_u64.to_be_bytes(),
        mac.as_bytes(),
        b"code",
    ]
    .concat();
    assert_eq!(fs::read(fixture.cache.path(&key)).unwrap(), entry);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_entry_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let fixture = Fixture::new();
        fs::write(fixture.cache.path(&key(b"a")), bytes).unwrap();
        prop_assert!(matches!(fixture.cache.get(&key(b"a")), Lookup::Rejected(_)));
    }
}
