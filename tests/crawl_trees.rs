//! Crawl from end to end, on trees in a temporary directory.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

use mediastruct::cli::crawl::{Error, Request, crawl, survey};
use mediastruct::disk::disks::DiskKind;
use mediastruct::disk::monitor::Unwatched;
use mediastruct::disk::store::{Datadir, IndexFiles};
use mediastruct::model::digest::Digest;
use mediastruct::model::exclude::Excludes;
use mediastruct::model::index::Index;
use mediastruct::model::layout::Layout;
use mediastruct::model::time::Time;
use mediastruct::model::tree::Tree;
use mediastruct::phase::crawl::{Report, wants};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Trees {
    _dir: tempfile::TempDir,
    root: PathBuf,
    layout: Layout,
    now: Time,
}

const DAY: i64 = 86_400;

impl Trees {
    /// Trees with two units each, and odd files in them.
    fn new() -> Trees {
        let trees = Trees::empty();
        trees.write("archive/01/2019/a.jpg", b"one");
        trees.write("archive/02/b.jpg", b"two");
        trees.write("media/2023/near twin 1", b"near twin 1");
        trees.write("media/2023/near twin 2", b"near twin 2");
        trees.write("media/2024/empty", b"");
        trees.write(format!("media/2024/{}", "n".repeat(255)), b"long");
        let odd = Path::new("media/2024").join(OsStr::from_bytes(b"caf\xe9\n"));
        trees.write(odd, b"odd");
        fs::hard_link(
            trees.at("media/2023/near twin 1"),
            trees.at("media/2024/link"),
        )
        .unwrap();
        std::os::unix::fs::symlink("empty", trees.at("media/2024/symlink")).unwrap();
        trees
    }

    fn empty() -> Trees {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let dirs = Tree::ALL.map(|tree| root.join(tree.name()));
        dirs.iter().for_each(|dir| fs::create_dir(dir).unwrap());
        let layout = Layout::new(dirs, root.join("data"), root.join("logs")).unwrap();
        let mut trees = Trees {
            _dir: dir,
            root,
            layout,
            now: jiff::Timestamp::now().into(),
        };
        // What was written when a crawl begins is hashed once more by the next one.
        trees.later(60);
        trees
    }

    fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    fn write(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn request(&self) -> Request<'_> {
        Request {
            layout: &self.layout,
            force: false,
            incremental: false,
            max_age_days: 120,
            jobs: 2,
            memory_percent: 80,
            disk: DiskKind::Auto,
            excludes: Excludes::default(),
            only: Vec::new(),
            now: self.now,
        }
    }

    fn crawl(&self) -> Report {
        run(&self.request())
    }

    fn later(&mut self, seconds: i64) -> &mut Trees {
        self.now = Time::new(self.now.seconds() + seconds, 0).unwrap();
        self
    }

    fn index(&self, tree: Tree) -> Index<'static> {
        let datadir = mediastruct::disk::store::Datadir::at(&self.layout.datadir);
        let file = datadir.load_index(tree).unwrap().unwrap();
        file.index().unwrap().into_owned()
    }

    fn hash_of(&self, path: &str) -> Option<Digest> {
        let (tree, rel) = path.split_once('/').unwrap();
        let index = self.index(Tree::named(tree.as_bytes()).unwrap());
        let entry = index.entries.iter().find(|e| e.path.to_text() == rel);
        entry.unwrap().digest()
    }

    /// What mediastruct wrote: each file with its inode, times and bytes, but for the one that says
    /// when the last crawl was.
    fn written(&self) -> Vec<(PathBuf, u64, i64, i64, Vec<u8>)> {
        let walk = walkdir::WalkDir::new(&self.root).sort_by_file_name();
        let files = walk.into_iter().map(Result::unwrap);
        let ours = files.filter(|e| {
            e.file_type().is_file()
                && e.file_name() != "last_crawls.json"
                && (e.file_name() == ".mediastruct" || e.path().starts_with(self.at("data")))
        });
        let facts = ours.map(|e| {
            let m = e.metadata().unwrap();
            let bytes = fs::read(e.path()).unwrap();
            (
                e.path().to_owned(),
                m.ino(),
                m.ctime(),
                m.ctime_nsec(),
                bytes,
            )
        });
        facts.collect()
    }

    /// Writes other bytes of the same length into a file, and puts its times back.
    fn rot(&self, path: &str) {
        let path = self.at(path);
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes[0] ^= 1;
        fs::write(&path, bytes).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(modified).unwrap();
    }
}

fn known(layout: &Layout) -> IndexFiles {
    Datadir::at(&layout.datadir).load_indexes().unwrap()
}

fn run(request: &Request<'_>) -> Report {
    let files = known(request.layout);
    crawl(request, &files, &|| false, &Unwatched).unwrap()
}

#[test]
fn everything_is_indexed_and_the_second_crawl_writes_nothing() {
    let mut trees = Trees::new();
    let report = trees.crawl();
    assert!(!report.left_out(), "{report}");
    assert_eq!(report.hashed().files, 8);
    assert_eq!(
        trees.hash_of("archive/01/2019/a.jpg"),
        Some(Digest::of(b"one"))
    );
    assert_eq!(
        trees.hash_of("media/bytes://2024/caf%E9\n"),
        Some(Digest::of(b"odd"))
    );
    assert_eq!(trees.hash_of("media/2024/empty"), Some(Digest::of(b"")));
    let media = trees.index(Tree::Media);
    let path = |text: &str| mediastruct::model::path::RelPath::from_text(text.to_owned()).unwrap();
    let link = media.get(&path("2024/link")).unwrap();
    let twin = media.get(&path("2023/near twin 1")).unwrap();
    assert!(link.stamp.same_file_as(&twin.stamp));
    assert!(
        report
            .to_string()
            .contains("media/2024/symlink: a symbolic link"),
        "{report}"
    );

    let first = trees.written();
    assert_eq!(first.len(), 4 + 3, "{first:?}");
    let report = trees.later(DAY).crawl();
    assert_eq!(
        report.hashed().files,
        6,
        "all of media, nothing of the archive"
    );
    assert_eq!(trees.written(), first);
    let incremental = Request {
        incremental: true,
        ..trees.request()
    };
    assert_eq!(run(&incremental).hashed().files, 0);
    assert_eq!(trees.written(), first);
}

#[test]
fn law_8_a_survey_writes_nothing() {
    let trees = Trees::new();
    let files = known(&trees.layout);
    let surveyed = survey(&trees.request(), &files, &Unwatched).unwrap();
    assert_eq!(wants(&surveyed.state).len(), 8);
    assert!(trees.written().is_empty());
    assert!(!trees.layout.datadir.exists());
}

#[test]
fn the_archive_is_hashed_again_after_120_days_or_by_force() {
    let mut trees = Trees::new();
    trees.crawl();
    let archive = |request: &Request<'_>| {
        let only = vec![(Tree::Archive, None)];
        run(&Request {
            only,
            ..request.clone()
        })
        .hashed()
        .files
    };
    assert_eq!(archive(&trees.later(120 * DAY - 2).request()), 0);
    assert_eq!(archive(&trees.later(3).request()), 2);
    assert_eq!(archive(&trees.request()), 0);
    let force = Request {
        force: true,
        ..trees.request()
    };
    assert_eq!(archive(&force), 2);
}

#[test]
fn sidecar_indexes_that_are_of_no_use_are_replaced() {
    let trees = Trees::new();
    trees.crawl();
    let sidecar = trees.at("archive/01/.mediastruct");
    let good = fs::read(&sidecar).unwrap();
    let original = b"timestamp: '2024-05-01T10:00:00'\nfiles:\n  a.jpg: 0123456789abcdef\n";
    let hostile = format!("{}x", "[".repeat(100_000));
    for (bad, why) in [
        (&original[..], "original mediastruct, with xxHash"),
        (&good[..30], "of no use"),
        (hostile.as_bytes(), "of no use"),
        (b"\0", "of no use"),
    ] {
        fs::write(&sidecar, bad).unwrap();
        let report = trees.crawl();
        let unit = &report.units[0].plan;
        assert!(unit.why.contains(why), "{}", unit.why);
        assert_eq!(unit.hash_files, 1);
        assert_eq!(fs::read(&sidecar).unwrap(), good);
    }
}

#[test]
fn whoever_lost_the_datadir_need_not_hash_the_archive_again() {
    let trees = Trees::new();
    trees.crawl();
    let archive = trees.index(Tree::Archive);
    fs::remove_dir_all(trees.at("data")).unwrap();
    trees.write("archive/02/new.jpg", b"new");
    let report = trees.crawl();
    assert_eq!(report.units[0].plan.hash_files, 0);
    assert_eq!(report.units[1].plan.hash_files, 1);
    assert_eq!(trees.index(Tree::Archive).entries[..2], archive.entries);
    // A sidecar index that was cut off between its files says nothing.
    fs::remove_dir_all(trees.at("data")).unwrap();
    let sidecar = trees.at("archive/02/.mediastruct");
    let text = fs::read_to_string(&sidecar).unwrap();
    fs::write(&sidecar, &text[..text.find("stamps:").unwrap()]).unwrap();
    assert_eq!(trees.crawl().units[1].plan.hash_files, 2);
}

#[test]
fn bit_rot_is_told_until_the_file_is_healed_or_touched() {
    let mut trees = Trees::new();
    trees.crawl();
    trees.rot("media/2023/near twin 2");
    trees.rot("archive/02/b.jpg");
    let report = trees.later(121 * DAY).crawl();
    assert_eq!(report.rot.len(), 2, "{report}");
    assert!(report.left_out());
    assert!(report.to_string().contains("2, BIT ROT"), "{report}");
    assert_eq!(trees.hash_of("archive/02/b.jpg"), None);
    let first = trees.written();
    assert_eq!(trees.crawl().rot.len(), 2, "it stays until it is healed");
    assert_eq!(trees.written(), first);
    trees.rot("archive/02/b.jpg");
    trees.write("media/2023/near twin 2", b"edited on purpose");
    let report = trees.crawl();
    assert!(!report.left_out(), "{report}");
    assert_eq!(report.healed.len(), 1);
    assert_eq!(trees.hash_of("archive/02/b.jpg"), Some(Digest::of(b"two")));
    let edited = Digest::of(b"edited on purpose");
    assert_eq!(trees.hash_of("media/2023/near twin 2"), Some(edited));
}

#[test]
fn only_what_is_asked_for_is_looked_at() {
    let trees = Trees::new();
    trees.crawl();
    trees.write("media/2023/new", b"new");
    trees.write("media/2024/new", b"new");
    fs::remove_dir_all(trees.at("archive/01")).unwrap();
    let only = |tree, unit: &str| Request {
        only: vec![(tree, Some(unit.to_owned()))],
        ..trees.request()
    };
    let report = run(&only(Tree::Media, "2024"));
    assert_eq!(report.units.len(), 1);
    assert!(!report.left_out());
    let media = trees.index(Tree::Media);
    assert_eq!(media.entries.len(), 2 + 5);
    assert_eq!(run(&only(Tree::Archive, "01")).missing.len(), 1);
    let files = known(&trees.layout);
    let error = crawl(&only(Tree::Media, "1999"), &files, &|| false, &Unwatched).unwrap_err();
    assert!(matches!(error, Error::NoUnit(..)), "{error}");
}

#[test]
fn a_tree_that_is_missing_is_named_with_its_key() {
    let trees = Trees::new();
    fs::remove_dir_all(trees.at("archive")).unwrap();
    let files = known(&trees.layout);
    let error = crawl(&trees.request(), &files, &|| false, &Unwatched).unwrap_err();
    assert!(error.to_string().contains("archive_dir"), "{error}");
}

#[test]
fn the_index_of_ingest_holds_its_size() {
    let trees = Trees::new();
    trees.write("ingest/card/a", b"123");
    trees.crawl();
    let ingest = trees.index(Tree::Ingest);
    assert_eq!((ingest.totals.files, ingest.totals.bytes), (1, 3));
    assert!(ingest.entries.is_empty());
}

#[test]
fn law_7_any_number_of_threads_and_any_disk_gives_the_same_bytes() {
    let trees = Trees::new();
    for name in 0..300 {
        let size = name * 1000;
        trees.write(
            format!("media/2022/{}/{name}", name % 7),
            &vec![name as u8; size],
        );
    }
    let mut texts = Vec::new();
    for (jobs, disk) in [
        (1, DiskKind::Auto),
        (2, DiskKind::Ssd),
        (8, DiskKind::Ssd),
        (1, DiskKind::Rotational),
        (8, DiskKind::Rotational),
    ] {
        let request = Request {
            jobs,
            disk,
            force: true,
            ..trees.request()
        };
        run(&request);
        texts.push(trees.written().into_iter().map(|f| f.4).collect::<Vec<_>>());
        fs::remove_dir_all(trees.at("data")).unwrap();
    }
    assert!(texts.windows(2).all(|w| w[0] == w[1]));
}

#[test]
fn an_archive_that_is_mounted_within_media_is_indexed_once() {
    let trees = Trees::new();
    let inner = trees.at("media/2024/archived");
    fs::create_dir(&inner).unwrap();
    let mount = |from: PathBuf| {
        let status = Command::new("mount")
            .arg("--bind")
            .arg(from)
            .arg(&inner)
            .status();
        status.is_ok_and(|s| s.success())
    };
    for (from, why) in [
        ("archive/01", "the same directory as archive/01"),
        ("archive", "the same directory as the archive tree"),
    ] {
        if !mount(trees.at(from)) {
            eprintln!("skipped: no mounting here");
            return;
        }
        let report = trees.crawl();
        let unmounted = Command::new("umount").arg(&inner).status();
        assert!(unmounted.unwrap().success());
        let (path, told) = &report.unreadable[0];
        assert_eq!(path.to_string(), "media/2024/archived");
        assert!(told.ends_with(why), "{told}");
        assert!(report.left_out());
        assert_eq!(report.totals().files, 8, "{from}");
    }
}
