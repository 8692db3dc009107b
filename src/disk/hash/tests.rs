use super::*;
use crate::disk::disks::{DiskKind, Spindle};
use crate::disk::filesystem::Filesystem;
use crate::disk::monitor::Unwatched;
use crate::disk::progress::Purpose;
use crate::disk::store::Datadir;
use crate::model::layout::Layout;
use crate::model::path::{RelPath, TreePath};
use crate::model::progress::ProgressHeader;
use crate::model::time::Time;
use std::path::PathBuf;

struct Fixture {
    dir: tempfile::TempDir,
    trees: Trees,
    spindle: Spindle,
}

impl Fixture {
    fn new() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("media/2024")).unwrap();
        let dirs = Tree::ALL.map(|t| root.join(t.name()));
        let layout = Layout::new(dirs, root.join("data"), root.join("logs")).unwrap();
        let trees = Trees::open(&layout).unwrap();
        Fixture {
            dir,
            trees,
            spindle: Spindle::None,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("media/2024").join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Listed {
        std::fs::write(self.path(name), bytes).unwrap();
        let path = RelPath::from_text(format!("2024/{name}")).unwrap();
        let node = self.trees.look(&TreePath::new(Tree::Media, path.clone()));
        Listed {
            path,
            stamp: node.unwrap().unwrap().stamp,
        }
    }

    fn hash(&self, files: &[Listed], part: u64, jobs: usize) -> Vec<Reading> {
        self.hash_until(files, part, jobs, &|| false).unwrap()
    }

    fn hash_until(
        &self,
        files: &[Listed],
        part: u64,
        jobs: usize,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Reading>, Interrupted> {
        let files: Vec<_> = files.iter().map(|f| (Tree::Media, f)).collect();
        let notebook = self.notebook();
        Hashing {
            handles: Tree::ALL.map(|tree| self.trees.handle(tree)),
            files: &files,
            part,
            sums: None,
            monitor: &Unwatched,
        }
        .by(
            &Readers {
                most: jobs,
                gauge: &Gauge::new(100),
                disks: &Disks::new(DiskKind::Auto),
                notebook: Some(&notebook),
                interrupted,
            },
            &Places {
                spindle: &|_, _| self.spindle.clone(),
                extent: &|_, file| file.stamp.inode.checked_rem(3),
            },
        )
    }

    fn notebook(&self) -> Notebook {
        let datadir = Datadir::at(&self.dir.path().join("data"));
        datadir.make("").unwrap();
        let header = ProgressHeader::new(false, begun());
        Notebook::open(&datadir, header, Purpose::Crawl)
    }
}

/// When crawls begin: far in the future, so that what is written now is noted.
fn begun() -> Time {
    Time::new(i64::from(u32::MAX), 0).unwrap()
}

#[test]
fn a_file_that_gives_other_bytes_than_its_size_says_has_no_hash() {
    // The kernel makes up what is read there: one has 4096 bytes, and one none, if `stat` is asked.
    for (dir, name) in [
        ("/sys/devices/system", "cpu/online"),
        ("/proc/sys", "kernel/ostype"),
    ] {
        if !std::path::Path::new(dir).join(name).exists() {
            println!("skipped, as it is not there: {dir}/{name}");
            continue;
        }
        let elsewhere = tempfile::tempdir().unwrap();
        let at = |name| elsewhere.path().join(name);
        let dirs = Tree::ALL.map(|tree| match tree {
            Tree::Media => PathBuf::from(dir),
            tree => at(tree.name()),
        });
        let layout = Layout::new(dirs, at("data"), at("logs")).unwrap();
        let fixture = Fixture {
            trees: Trees::open(&layout).unwrap(),
            ..Fixture::new()
        };
        let path = RelPath::from_text(name.to_owned()).unwrap();
        let node = fixture
            .trees
            .look(&TreePath::new(Tree::Media, path.clone()));
        let stamp = node.unwrap().unwrap().stamp;
        for part in [1 << 20, 1024] {
            let listed = Listed {
                path: path.clone(),
                stamp,
            };
            let readings = fixture.hash(&[listed], part, 2);
            let Reading::Failed(why) = &readings[0] else {
                panic!("{readings:?}");
            };
            assert!(why.contains("and its size is said to be"), "{why}");
        }
    }
}

#[test]
fn what_was_hashed_before_an_interruption_is_noted() {
    let fixture = Fixture::new();
    let files: Vec<_> = (0..9)
        .map(|n| fixture.write(&n.to_string(), &vec![n; 1000 * usize::from(n)]))
        .collect();
    let asked = AtomicUsize::new(0);
    // It is asked before each task, and before each reader.
    let interrupted = || asked.fetch_add(1, Ordering::Relaxed) >= 6;
    let hashed = fixture.hash_until(&files, 4096, 1, &interrupted);
    assert!(matches!(hashed, Err(Interrupted)));
    let known = fixture.notebook();
    let noted = files
        .iter()
        .filter(|f| known.reading(Tree::Media, f).is_some());
    let noted = noted.count();
    assert!((1..9).contains(&noted), "{noted}");
    for (file, n) in files.iter().zip(0..) {
        let content = vec![n; 1000 * usize::from(n)];
        let expected = Reading::Before(Digest::of(&content), begun());
        let reading = known.reading(Tree::Media, file);
        assert!(reading.is_none_or(|r| r == expected), "{n}");
    }
}

#[test]
fn parts_add_up_to_the_hash_of_the_whole() {
    let mut fixture = Fixture::new();
    let part = 4096;
    let sizes = [
        0, 1, 1023, 4095, 4096, 4097, 8192, 8193, 12288, 20480, 28672, 32768, 99_999,
    ];
    let content = |size: usize| -> Vec<u8> { (0..size).map(|i| (i % 251) as u8).collect() };
    let files: Vec<_> = sizes
        .iter()
        .map(|size| fixture.write(&size.to_string(), &content(*size)))
        .collect();
    let expected: Vec<_> = sizes
        .iter()
        .map(|size| Reading::Same(Digest::of(&content(*size))))
        .collect();
    for jobs in [1, 2, 7] {
        assert_eq!(fixture.hash(&files, part, jobs), expected, "{jobs} threads");
    }
    assert_eq!(fixture.hash(&files, PART, 2), expected);
    // The order in which a rotating disk is read changes nothing.
    fixture.spindle = Spindle::On("sda".into());
    for jobs in [1, 2, 7] {
        assert_eq!(fixture.hash(&files, part, jobs), expected, "{jobs} threads");
    }
}

#[test]
fn a_file_that_changed_since_the_walk_is_hashed_as_it_is_now() {
    let fixture = Fixture::new();
    let small = fixture.write("small", b"before");
    let large = fixture.write("large", &[1; 10_000]);
    let now_small = fixture.write("small", b"after, and longer");
    let now_large = fixture.write("large", &[2; 9_000]);
    let changed = |bytes: &[u8], listed: &Listed| {
        Reading::Changed(Box::new((Digest::of(bytes), listed.stamp)))
    };
    assert_eq!(
        fixture.hash(&[large, small], 4096, 2),
        [
            changed(&[2; 9_000], &now_large),
            changed(b"after, and longer", &now_small)
        ]
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    let fixture = Fixture::new();
    let gone = fixture.write("gone", b"1");
    let pipe = fixture.write("pipe", b"2");
    let link = fixture.write("link", b"3");
    for file in [&gone, &pipe, &link] {
        std::fs::remove_file(fixture.path(&file.path.to_text()["2024/".len()..])).unwrap();
    }
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(
        rustix::fs::CWD,
        fixture.path("pipe"),
        fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    std::os::unix::fs::symlink("/etc/passwd", fixture.path("link")).unwrap();
    let told: Vec<_> = fixture
        .hash(&[gone, pipe, link], PART, 2)
        .into_iter()
        .map(|reading| match reading {
            Reading::Failed(why) => why,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(&*told[0], "no such file or directory");
    assert_eq!(&*told[1], "it is a named pipe now");
    assert!(told[2].contains("symbolic links"), "{}", told[2]);
}
