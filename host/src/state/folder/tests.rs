use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn folder() -> (tempfile::TempDir, Folder) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::shared(temporary.path().join("tree"));
    (temporary, folder)
}

#[test]
fn what_is_written_is_read_back() {
    let (_temporary, folder) = folder();
    assert_eq!(folder.read("a/b/c").unwrap(), None);
    folder.write("a/b/c", b"one").unwrap();
    folder.write("a/b/c", b"two").unwrap();
    folder.append("a/log", b"1\n").unwrap();
    folder.append("a/log", b"2\n").unwrap();
    assert_eq!(folder.read("a/b/c").unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(
        folder.read("a/log").unwrap().as_deref(),
        Some(&b"1\n2\n"[..])
    );
    assert_eq!(
        folder.list("a").unwrap(),
        [
            ("b".to_owned(), EntryKind::Folder),
            ("log".to_owned(), EntryKind::File)
        ]
    );
    let mode = std::fs::metadata(folder.root().join("a/b/c"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn empty_folders_go_with_their_last_file() {
    let (_temporary, folder) = folder();
    folder.write("a/b/c", b"").unwrap();
    folder.write("a/d", b"").unwrap();
    assert!(folder.remove("a/b/c").unwrap());
    folder.remove_empty_above("a/b/c").unwrap();
    assert_eq!(folder.list("a").unwrap().len(), 1);
    assert!(!folder.remove("a/b/c").unwrap());
}

#[test]
fn no_link_is_followed() {
    let (temporary, folder) = folder();
    let outside = temporary.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("file"), "theirs").unwrap();
    folder.write("own", b"").unwrap();
    symlink(&outside, folder.root().join("link")).unwrap();
    symlink(outside.join("file"), folder.root().join("file")).unwrap();
    assert!(folder.read("link/file").is_err());
    assert!(folder.read("file").is_err());
    assert!(folder.write("link/new", b"x").is_err());
    assert!(folder.append("file", b"x").is_err());
    assert!(folder.remove("link/file").is_err());
    assert!(folder.list("link").is_err());
    // Writing replaces the link, not what it points to.
    folder.write("file", b"ours").unwrap();
    assert_eq!(
        std::fs::read_to_string(outside.join("file")).unwrap(),
        "theirs"
    );
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn no_link_on_the_way_to_a_folder_inside_of_a_repository_is_followed() {
    let temporary = tempfile::tempdir().unwrap();
    let (repository, outside) = (
        temporary.path().join("repository"),
        temporary.path().join("outside"),
    );
    std::fs::create_dir_all(repository.join("real")).unwrap();
    std::fs::create_dir_all(outside.join("tree")).unwrap();
    std::fs::write(outside.join("tree/file"), "theirs").unwrap();
    symlink(outside.join("tree"), repository.join("out")).unwrap();
    symlink(&outside, repository.join("above")).unwrap();
    symlink("real", repository.join("within")).unwrap();
    symlink(outside.join("new"), repository.join("dangling")).unwrap();
    std::fs::write(repository.join("file"), "").unwrap();
    for path in ["out", "above/tree", "within", "dangling", "file"] {
        let folder = Folder::shared(&repository).inside(path);
        let refused = |what: &str, result: Result<(), FolderError>| {
            assert!(
                matches!(result, Err(FolderError::NotAFolder { .. })),
                "{what} {path}: {result:?}"
            );
        };
        refused("read", folder.read("file").map(drop));
        refused("write", folder.write("file", b"ours"));
        refused("append", folder.append("file", b"ours"));
        refused("remove", folder.remove("file").map(drop));
        refused("list", folder.list("").map(drop));
        refused("lock", folder.lock("lock").map(drop));
    }
    assert_eq!(
        std::fs::read_to_string(outside.join("tree/file")).unwrap(),
        "theirs"
    );
    assert!(!outside.join("new").exists());
    // The repository itself may lie behind a link, and what is missing is made.
    symlink(&repository, temporary.path().join("alias")).unwrap();
    let folder = Folder::private(temporary.path().join("alias")).inside("a/b");
    assert_eq!(folder.read("c").unwrap(), None);
    folder.write("c", b"x").unwrap();
    assert_eq!(std::fs::read(repository.join("a/b/c")).unwrap(), b"x");
    let mode = |path: &str| {
        let about = std::fs::metadata(repository.join(path)).unwrap();
        about.permissions().mode() & 0o777
    };
    assert_eq!((mode("a"), mode("a/b")), (0o700, 0o700));
}

#[test]
fn paths_that_lead_out_are_refused() {
    let (_temporary, folder) = folder();
    for path in ["", "/a", "..", "a/../b", "a//b", "./a", "a/.", "a\0b"] {
        assert!(
            matches!(folder.write(path, b""), Err(FolderError::Outside { .. })),
            "{path:?}"
        );
        assert!(folder.read(path).is_err());
        assert!(folder.remove(path).is_err());
    }
}

#[test]
fn what_is_no_file_is_told_apart() {
    let (_temporary, folder) = folder();
    folder.write("a/b", b"").unwrap();
    assert!(matches!(
        folder.read("a"),
        Err(FolderError::NotAFile { .. })
    ));
    assert!(matches!(
        folder.write("a", b""),
        Err(FolderError::NotAFile { .. })
    ));
    assert!(folder.write("a/b/c", b"").is_err());
}

#[test]
fn what_a_killed_writer_left_is_replaced() {
    let (_temporary, folder) = folder();
    drop(folder.stage("a/b", b"half").unwrap());
    folder.write("a/b", b"whole").unwrap();
    assert_eq!(
        folder.list("a").unwrap(),
        [("b".to_owned(), EntryKind::File)]
    );
}
