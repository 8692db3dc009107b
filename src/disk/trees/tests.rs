use super::*;
use crate::disk::error::Cause;
use crate::disk::filesystem::Room;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;

mod copying;
mod crowd;

/// Trees in a directory, of which `duplicates` may be on a file system of its own.
struct Fixture {
    root: PathBuf,
    trees: Trees,
    _mounted: Option<Mounted>,
    _dir: tempfile::TempDir,
}

/// A file system that is mounted until the end of the test.
struct Mounted(PathBuf);

impl Mounted {
    /// Mounts something; says what is skipped where that cannot be done.
    fn new(place: &Path, arguments: &[&str], skipped: &str) -> Option<Mounted> {
        let mut command = Command::new("mount");
        let tried = command.args(arguments).arg(place).output();
        if rustix::process::geteuid().is_root() && tried.is_ok_and(|o| o.status.success()) {
            return Some(Mounted(place.to_owned()));
        }
        println!("skipped, as mount {arguments:?} does not work here: {skipped}");
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let status = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(status.unwrap().success());
    }
}

impl Fixture {
    fn new() -> Fixture {
        Fixture::with(|_| Some(None)).unwrap()
    }

    /// With `duplicates` on a tmpfs that is mounted with these options.
    fn on_tmpfs(options: &str, skipped: &str) -> Option<Fixture> {
        let arguments = ["-t", "tmpfs", "-o", options, "none"];
        Fixture::with(|place| Some(Some(Mounted::new(place, &arguments, skipped)?)))
    }

    /// With `duplicates` on a new file system in a file; both are made by the system's programs.
    fn on_disk(kind: &str, options: &[&str], skipped: &str) -> Option<Fixture> {
        Fixture::with(|place| {
            let image = place.with_file_name("image");
            let file = fs::File::create(&image).unwrap();
            file.set_len(400 << 20).unwrap();
            let made = Command::new(format!("mkfs.{kind}"))
                .arg("-q")
                .args(options)
                .arg(&image)
                .output();
            if !made.is_ok_and(|o| o.status.success()) {
                println!("skipped, as mkfs.{kind} does not work here: {skipped}");
                return None;
            }
            let image = image.to_str().unwrap();
            let arguments = ["-t", kind, "-o", "loop", image];
            Some(Some(Mounted::new(place, &arguments, skipped)?))
        })
    }

    fn with(mount: impl FnOnce(&Path) -> Option<Option<Mounted>>) -> Option<Fixture> {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let dirs = ["archive", "duplicates", "ingest", "media", "validated"].map(|d| root.join(d));
        for dir in &dirs[..4] {
            fs::create_dir(dir).unwrap();
        }
        let mounted = mount(&dirs[Tree::Duplicates as usize])?;
        let layout = Layout::new(dirs, root.join("data"), root.join("logs")).unwrap();
        let mut trees = Trees::open(&layout).unwrap();
        // Of whole file systems it is told which tree waits for a sync.
        let roots = trees.roots.iter_mut().flatten();
        roots.for_each(|root| root.syncs_whole = true);
        Some(Fixture {
            trees,
            root,
            _mounted: mounted,
            _dir: dir,
        })
    }

    fn file(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.root.join(path)).unwrap()
    }

    /// The names in a directory, as others see them.
    fn listed(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(path)).unwrap();
        let name = |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }

    /// Whether something in the tree waits for the next sync; nothing does afterwards.
    fn is_marked(&self, tree: Tree) -> bool {
        let mut unsynced = self.trees.unsynced.lock().unwrap();
        let mut is_marked = false;
        let found = unsynced.sync(|marked| {
            is_marked |= marked == tree;
            Ok(())
        });
        found.unwrap();
        is_marked
    }
}

fn path(text: &str) -> TreePath<'_> {
    TreePath::from_text(text).unwrap()
}

const PART: &str = "duplicates/.mediastruct-20240301T100000Z-aaaa-0.part";

#[test]
fn a_link_is_a_second_name_and_replaces_nothing() {
    let fixture = Fixture::new();
    fixture.file("media/a", b"a");
    fixture.file("duplicates/b", b"b");
    let (a, b) = (path("media/a"), path("duplicates/b"));
    let error = fixture.trees.link(&a, &b).unwrap_err();
    assert!(error.is(Errno::EXIST), "{error}");
    assert_eq!(
        error.to_string(),
        "cannot link a file to duplicates/b: file exists"
    );
    assert!(!fixture.is_marked(Tree::Duplicates));

    fixture.trees.link(&a, &path("duplicates/c")).unwrap();
    let found = [&a, &path("duplicates/c")].map(|p| fixture.trees.look(p).unwrap().unwrap());
    assert_eq!(found[0], found[1]);
    assert!(fixture.is_marked(Tree::Duplicates));

    std::os::unix::fs::symlink("a", fixture.root.join("media/symlink")).unwrap();
    fixture
        .trees
        .link(&path("media/symlink"), &path("media/other"))
        .unwrap();
    assert!(fixture.root.join("media/other").is_symlink());
}

#[test]
fn only_names_of_ours_are_put_aside_and_removed() {
    let fixture = Fixture::new();
    fixture.file("media/a", b"a");
    fixture.file("media/.mediastruct", b"");
    let (a, ours) = (path("media/a"), path("media/.mediastruct"));

    let error = fixture
        .trees
        .put_aside(&a, &path("duplicates/a"))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("not one of the names of mediastruct itself"),
        "{error}"
    );
    let error = fixture.trees.put_aside(&a, &ours).unwrap_err();
    assert!(error.is(Errno::EXIST), "{error}");
    let error = fixture.trees.unlink(&a).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("not one of the names of mediastruct itself"),
        "{error}"
    );
    assert_eq!(fixture.listed("media"), [".mediastruct", "a"]);
    assert!(!fixture.is_marked(Tree::Media));

    fixture.trees.put_aside(&a, &path(PART)).unwrap();
    assert_eq!(fixture.listed("media"), [".mediastruct"]);
    assert_eq!(fixture.bytes(PART), b"a");
    assert!(fixture.is_marked(Tree::Duplicates));

    fixture.trees.unlink(&path(PART)).unwrap();
    assert!(fixture.listed("duplicates").is_empty());
    assert!(fixture.is_marked(Tree::Duplicates));
    fixture.trees.unlink(&path(PART)).unwrap();
    fixture
        .trees
        .unlink(&path("media/none/.mediastruct"))
        .unwrap();
    fs::create_dir(fixture.root.join(PART)).unwrap();
    let error = fixture.trees.unlink(&path(PART)).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("it is a directory, not a regular file"),
        "{error}"
    );
}

#[test]
fn a_file_of_ours_is_written_for_all_to_read() {
    let fixture = Fixture::new();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(fixture.root.join("media"), Some(1234), Some(5678)).unwrap();
    }
    let modified = Time::new(1_700_000_000, 123_456_789).unwrap();
    let to = path("media/.mediastruct.tmp-1");
    let node = fixture.trees.write(&to, b"text", modified).unwrap();
    assert_eq!(fixture.trees.look(&to).unwrap(), Some(node));
    assert_eq!((node.stamp.modified, node.mode), (modified, 0o644));
    assert_eq!(
        node.owner,
        fixture
            .trees
            .root(Tree::Media)
            .map(|_| {
                let media = fs::metadata(fixture.root.join("media")).unwrap();
                (media.uid(), media.gid())
            })
            .unwrap()
    );
    assert_eq!(fixture.bytes("media/.mediastruct.tmp-1"), b"text");
    assert!(fixture.is_marked(Tree::Media));

    let error = fixture.trees.write(&to, b"other", modified).unwrap_err();
    assert!(error.is(Errno::EXIST), "{error}");
    assert_eq!(fixture.bytes("media/.mediastruct.tmp-1"), b"text");
    let error = fixture
        .trees
        .write(&path("media/a"), b"", modified)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("not one of the names of mediastruct itself"),
        "{error}"
    );
    assert_eq!(fixture.listed("media"), [".mediastruct.tmp-1"]);
}

#[test]
fn names_are_sorted_by_their_bytes() {
    let fixture = Fixture::new();
    for name in ["b", "a/x", "A", "é", "a-"] {
        fixture.file(&format!("media/2024/{name}"), b"");
    }
    let names = fixture.trees.names(&path("media/2024")).unwrap();
    let names: Vec<_> = names.iter().map(TreePath::to_text).collect();
    let expected = ["A", "a", "a-", "b", "é"].map(|n| format!("media/2024/{n}"));
    assert_eq!(names, expected);
    let error = fixture.trees.names(&path("media/2025")).unwrap_err();
    assert!(error.is(Errno::NOENT), "{error}");
}

#[test]
fn room_is_asked_for_where_it_would_be_needed() {
    let fixture = Fixture::new();
    fixture.file("media/2024/a", b"");
    let device = fs::metadata(&fixture.root).unwrap().dev();
    // Neither the directory nor the tree has to exist.
    for text in [
        "media/2024/a",
        "media/a",
        "media/none/none/b",
        "validated/none/b",
    ] {
        let room = fixture.trees.room(&path(text)).unwrap();
        assert_eq!(room.id, device, "{text}");
        assert!(room.bytes > 0 && room.block.is_power_of_two(), "{room:?}");
    }
    let Some(fixture) = Fixture::on_tmpfs("size=1m,nr_inodes=100", "the room of a tmpfs") else {
        return;
    };
    let room = fixture.trees.room(&path("duplicates/2024/a")).unwrap();
    let expected = Room {
        bytes: 1 << 20,
        files: Some(99),
        ..room
    };
    assert_eq!(room, expected);
    assert_ne!(room.id, device);
    assert_eq!(
        fixture
            .trees
            .without_promise()
            .into_iter()
            .find(|(tree, _)| *tree == Tree::Duplicates),
        Some((Tree::Duplicates, "tmpfs"))
    );
    let Some(fixture) = Fixture::on_tmpfs("size=0,nr_inodes=0", "a tmpfs without bounds") else {
        return;
    };
    let room = fixture.trees.room(&path("duplicates/a")).unwrap();
    assert_eq!((room.bytes, room.files), (u64::MAX, None));
}

#[test]
fn case_matters_on_the_file_systems_of_linux() {
    let fixture = Fixture::new();
    let folds = |tree, text: Option<&str>| {
        let found = fixture.trees.folds(tree, text.map(path).as_ref());
        assert!(!found.unwrap());
    };
    folds(Tree::Media, None);
    folds(Tree::Validated, Some("validated/2024"));
    assert!(
        fixture.trees.folding.lock().unwrap().is_empty(),
        "nothing could be told"
    );
    let a = fixture.file("media/2024/a", b"");
    fs::hard_link(&a, a.with_file_name("A")).unwrap();
    folds(Tree::Media, Some("media/2024/none"));
    assert_eq!(fixture.trees.folding.lock().unwrap().len(), 1);
}

#[test]
fn a_directory_that_ignores_case_is_told() {
    let skipped = "directories that ignore case";
    let Some(fixture) = Fixture::on_tmpfs("casefold", skipped) else {
        return;
    };
    let inner = fixture.root.join("duplicates/inner");
    fs::create_dir(&inner).unwrap();
    let plain = path("duplicates/inner");
    assert!(!fixture.trees.folds(Tree::Duplicates, Some(&plain)).unwrap());
    let marked = Command::new("chattr").arg("+F").arg(&inner).status();
    if !marked.is_ok_and(|s| s.success()) {
        println!("skipped, as chattr +F does not work here: {skipped}");
        return;
    }
    assert!(fixture.trees.folds(Tree::Duplicates, Some(&plain)).unwrap());
    fs::write(inner.join("Name"), b"").unwrap();
    let handle = fixture.trees.directory(&plain).unwrap();
    let probed = survey::probe_entries(handle.as_fd()).unwrap();
    assert_eq!(probed, Some(true));
}

#[test]
fn the_time_of_a_directory_is_set_and_no_other() {
    let fixture = Fixture::new();
    fixture.file("media/2024/a", b"");
    let before = fs::metadata(fixture.root.join("media/2024")).unwrap();
    let modified = Time::new(-5, 7).unwrap();
    fixture
        .trees
        .date_directory(&path("media/2024"), modified)
        .unwrap();
    let node = fixture.trees.look(&path("media/2024")).unwrap().unwrap();
    assert_eq!(node.stamp.modified, modified);
    let after = fs::metadata(fixture.root.join("media/2024")).unwrap();
    assert_eq!(after.accessed().unwrap(), before.accessed().unwrap());
    assert!(fixture.is_marked(Tree::Media));
}
