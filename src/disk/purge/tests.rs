use super::*;
use crate::disk::init;
use crate::disk::monitor::Unwatched;
use crate::disk::trees::Trees;
use crate::model::layout::Layout;
use crate::model::parked::Aside;
use crate::model::plan::Why;
use std::borrow::Cow;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::SystemTime;

/// A library of which `media/2024/a` and `media/2024/b` went to duplicates, as if that were another
/// file system.
struct Fixture {
    _dir: tempfile::TempDir,
    root: PathBuf,
    trees: Trees,
    moves: Vec<Move>,
    run: RunId,
}

/// Meddles with the files once one more of them is verified.
struct Meddler<'f>(&'f (dyn Fn() + Sync));

impl Monitor for Meddler<'_> {
    fn begin(&self, _: &str, _: Totals) {}
    fn at(&self, _: &str) {}
    fn advance(&self, files: u64, _: u64) {
        if files > 0 {
            (self.0)();
        }
    }
    fn end(&self) {}
}

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

impl Fixture {
    fn new() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        init::make(&root, "").unwrap();
        let trees = Tree::ALL.map(|tree| root.join(tree.name()));
        let layout = Layout::new(trees, root.join("data"), root.join("logs")).unwrap();
        let run: RunId = "20241122T155212.123Z-0a1b2c".parse().unwrap();
        let aside = root.join(format!("media/.mediastruct.d/parked/{run}"));
        fs::create_dir_all(&aside).unwrap();
        fs::create_dir_all(root.join("media/2024")).unwrap();
        fs::create_dir(root.join("duplicates/2024")).unwrap();
        let moves = ["a", "b"].iter().enumerate().map(|(number, name)| {
            let parked = aside.join(format!("{number}-{name}"));
            fs::write(&parked, name).unwrap();
            fs::write(root.join("duplicates/2024").join(name), name).unwrap();
            let modified = fs::metadata(&parked).unwrap().modified().unwrap();
            Move {
                from: path(&format!("media/2024/{name}")),
                to: path(&format!("duplicates/2024/{name}")),
                size: 1,
                modified: jiff::Timestamp::try_from(modified).unwrap().into(),
                hash: Digest::of(name.as_bytes()),
                why: Why::Duplicate {
                    of: path("media/2023/keeper"),
                    dated: None,
                },
                bundle: None,
            }
        });
        Fixture {
            moves: moves.collect(),
            trees: Trees::open(&layout).unwrap(),
            _dir: dir,
            root,
            run,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where the sources of the two moves are.
    fn parked(&self, name: &str) -> PathBuf {
        let run = &self.run;
        self.path(&format!("media/.mediastruct.d/parked/{run}/{name}"))
    }

    /// Purges while a monitor watches, until it is interrupted; says how many files went, and why
    /// others stay.
    fn purge_watched(
        &self,
        monitor: &dyn Monitor,
        interrupted: &dyn Fn() -> bool,
    ) -> (u64, Vec<String>) {
        let names = Names::of(&self.run);
        let parked = self
            .moves
            .iter()
            .enumerate()
            .map(|(number, operation)| Parked {
                operation: Cow::Borrowed(operation),
                what: Aside::Source,
                places: names.parked(&operation.from, number).to_vec(),
            });
        let parked: Vec<_> = parked.collect();
        let trail = Trail::default();
        let purge = Purge {
            filesystem: &self.trees,
            trail: &trail,
            rehearses: false,
            monitor,
            interrupted,
        };
        let found = find(&self.trees, &parked).unwrap();
        let purged = purge.delete(&found).unwrap();
        let told = |(path, why): &(&TreePath<'_>, Reason)| {
            let name = String::from_utf8_lossy(path.rel.file_name()).into_owned();
            format!("{name}: {why}")
        };
        (purged.gone.files, purged.stays.iter().map(told).collect())
    }

    fn purge(&self) -> (u64, Vec<String>) {
        self.purge_watched(&Unwatched, &|| false)
    }

    /// Purges while `meddle` changes something between the verification and the deletion.
    fn purge_meddled(&self, meddle: &(dyn Fn() + Sync)) -> (u64, Vec<String>) {
        self.purge_watched(&Meddler(meddle), &|| false)
    }
}

/// Writes to a file and gives it back its date.
fn edit(path: &PathBuf, content: &str) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, content).unwrap();
    date(path, modified);
}

fn date(path: &PathBuf, modified: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(modified).unwrap();
}

#[test]
fn what_is_parked_goes_and_its_copy_stays() {
    let fixture = Fixture::new();
    assert_eq!(fixture.purge(), (2, vec![]));
    assert_eq!(fs::read(fixture.path("duplicates/2024/a")).unwrap(), b"a");
    assert!(!fixture.parked("0-a").exists() && !fixture.parked("1-b").exists());
    assert_eq!(fixture.purge(), (0, vec![]));
    tidy(&fixture.trees, &fixture.run, &Tree::ALL.into()).unwrap();
    assert!(!fixture.path("media/.mediastruct.d").exists());
    assert!(fixture.path("media/2024").exists());
}

#[test]
fn a_file_that_is_parked_beside_its_place_goes_too() {
    let fixture = Fixture::new();
    let beside = format!("media/2024/.mediastruct-{}-0.parked", fixture.run);
    fs::rename(fixture.parked("0-a"), fixture.path(&beside)).unwrap();
    assert_eq!(fixture.purge(), (2, vec![]));
    assert!(!fixture.path(&beside).exists());
}

#[test]
fn a_link_of_the_parked_file_is_no_copy() {
    let fixture = Fixture::new();
    let copy = fixture.path("duplicates/2024/a");
    fs::remove_file(&copy).unwrap();
    fs::hard_link(fixture.parked("0-a"), &copy).unwrap();
    let why = "0-a: no copy of it could be verified: duplicates/2024/a is the parked file itself, \
               under another name, media/2024/a is missing";
    assert_eq!(fixture.purge(), (1, vec![why.to_owned()]));

    // Nor is a symbolic link that leads to it.
    fs::remove_file(&copy).unwrap();
    symlink(fixture.parked("0-a"), &copy).unwrap();
    let why = "0-a: no copy of it could be verified: duplicates/2024/a is a symbolic link, \
               media/2024/a is missing";
    assert_eq!(fixture.purge(), (0, vec![why.to_owned()]));
    assert_eq!(fs::read(fixture.parked("0-a")).unwrap(), b"a");
}

#[test]
fn what_is_not_what_was_parked_stays() {
    let fixture = Fixture::new();
    edit(&fixture.parked("0-a"), "z");
    fs::write(fixture.parked("1-b"), "b").unwrap();
    date(&fixture.parked("1-b"), SystemTime::UNIX_EPOCH);
    let bad = "0-a: it does not hold any more what was parked: it was changed, or the disk is bad";
    let changed = "1-b: it was changed since it was parked";
    let stays = vec![bad.to_owned(), changed.to_owned()];
    assert_eq!(fixture.purge(), (0, stays));

    fs::remove_file(fixture.parked("0-a")).unwrap();
    fs::create_dir(fixture.parked("0-a")).unwrap();
    fs::remove_file(fixture.parked("1-b")).unwrap();
    let why = "0-a: a directory lies there, which no run parked";
    assert_eq!(fixture.purge(), (0, vec![why.to_owned()]));
}

#[test]
fn a_copy_may_be_older_or_younger_but_must_hold_the_same() {
    let fixture = Fixture::new();
    let copy = fixture.path("duplicates/2024/a");
    date(&copy, SystemTime::UNIX_EPOCH);
    edit(&fixture.path("duplicates/2024/b"), "z");
    let why = "1-b: no copy of it could be verified: duplicates/2024/b holds something else, \
               media/2024/b is missing";
    assert_eq!(fixture.purge(), (1, vec![why.to_owned()]));
    // Another copy will do.
    fs::write(fixture.path("media/2024/b"), "b").unwrap();
    assert_eq!(fixture.purge(), (1, vec![]));
}

#[test]
fn a_copy_that_changes_or_goes_after_it_was_verified_is_none() {
    let meanwhile = |name: &str| format!("{name}: it or its copy changed meanwhile");
    let stays = || vec![meanwhile("0-a")];
    let fixture = Fixture::new();
    let copy = fixture.path("duplicates/2024/a");
    let edited = fixture.purge_meddled(&|| edit(&copy, "z"));
    assert_eq!(edited, (1, stays()));

    let fixture = Fixture::new();
    let copy = fixture.path("duplicates/2024/a");
    let removed = fixture.purge_meddled(&|| {
        let _ = fs::remove_file(&copy);
    });
    assert_eq!(removed, (1, stays()));

    // A directory that was moved away is not looked into by an old handle.
    let fixture = Fixture::new();
    let (dir, away) = (fixture.path("duplicates/2024"), fixture.path("away"));
    let moved = fixture.purge_watched(
        &Meddler(&|| {
            let _ = fs::rename(&dir, &away);
        }),
        &|| false,
    );
    assert_eq!(moved.0, 0, "{moved:?}");
    assert!(fixture.parked("0-a").exists() && fixture.parked("1-b").exists());
}

#[test]
fn a_parked_file_that_changes_after_it_was_verified_stays_and_one_that_goes_is_gone() {
    let fixture = Fixture::new();
    let parked = fixture.parked("0-a");
    let edited = fixture.purge_meddled(&|| edit(&parked, "z"));
    let why = "0-a: it or its copy changed meanwhile".to_owned();
    assert_eq!(edited, (1, vec![why]));

    let fixture = Fixture::new();
    let parked = fixture.parked("0-a");
    let removed = fixture.purge_meddled(&|| {
        let _ = fs::remove_file(&parked);
    });
    assert_eq!(removed, (1, vec![]));
    assert!(!fixture.parked("1-b").exists());

    // It goes before anything of it is looked at, with all that was around it.
    let fixture = Fixture::new();
    let aside = fixture.path("media/.mediastruct.d");
    let all = fixture.purge_watched(&Unwatched, &|| {
        let _ = fs::remove_dir_all(&aside);
        false
    });
    assert_eq!(all, (0, vec![]));
}

#[test]
fn a_person_may_end_it_between_files_and_go_on_later() {
    use std::cell::Cell;
    let fixture = Fixture::new();
    let purge_until = |last: usize| {
        let asked = Cell::new(0);
        fixture.purge_watched(&Unwatched, &|| {
            asked.set(asked.get() + 1);
            asked.get() > last
        })
    };
    // It is asked before each file is verified, and before each one goes.
    for last in 0..3 {
        assert_eq!(purge_until(last), (0, vec![]), "{last}");
    }
    assert_eq!(purge_until(3), (1, vec![]));
    assert!(!fixture.parked("0-a").exists() && fixture.parked("1-b").exists());
    assert_eq!(fixture.purge(), (1, vec![]));
}
