use super::*;
use crate::disk::monitor::Unwatched;
use crate::model::path::RelPath;
use crate::model::state::Listed;
use rustix::fs::Mode;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

struct Fixture {
    _dir: tempfile::TempDir,
    root: PathBuf,
    layout: Layout,
}

impl Fixture {
    fn new() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let media = root.join("media");
        let dirs = [
            root.join("archive"),
            media.join("duplicates"),
            media.join("ingest"),
            media.clone(),
            media.join("validated"),
        ];
        dirs.iter().for_each(|dir| fs::create_dir_all(dir).unwrap());
        Fixture {
            _dir: dir,
            layout: Layout::new(dirs, media.join("2024/data"), root.join("logs")).unwrap(),
            root,
        }
    }

    fn write(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn scan(&self, only: Option<&str>) -> Vec<TreeListing> {
        let scopes = Tree::INDEXED.map(|tree| Scope {
            tree,
            only: only.map(|unit| BTreeSet::from([unit.to_owned()])),
        });
        let trees = Trees::open(&self.layout).unwrap();
        scan(
            &trees,
            &self.layout,
            &scopes,
            &Excludes::default(),
            &Unwatched,
        )
        .unwrap()
    }
}

fn paths(unit: &UnitListing) -> Vec<String> {
    unit.files.iter().map(|f| f.path.to_string()).collect()
}

#[test]
fn every_file_in_a_unit_is_listed_in_the_order_of_its_path() {
    let fixture = Fixture::new();
    let long = "n".repeat(255);
    for name in [
        "a/z",
        "a.b",
        "a-",
        "a",
        "b",
        ".hidden",
        ".git/config",
        "ignored.tmp",
        &long,
        "a0/x",
    ] {
        let name = name.replace("a/z", "a_/z");
        fixture.write(format!("media/2024/{name}"), b"x");
    }
    fixture.write("media/2024/.gitignore", b"*.tmp");
    fixture.write("media/2024/a-dir/inner", b"");
    fixture.write("media/2024/a-dir.b", b"");
    fixture.write("media/2024/a-dir0", b"");
    let odd = Path::new("media/2024").join(OsStr::from_bytes(b"caf\xe9 \n"));
    fixture.write(odd, b"x");
    for ours in [
        ".mediastruct",
        ".mediastruct.d/parked/x",
        "._a",
        ".mediastruct.tmp-0",
    ] {
        fixture.write(format!("media/2024/{ours}"), b"x");
    }
    fixture.write("media/2024/data/media_index.json", b"x");
    let listings = fixture.scan(None);
    let unit = &listings[1].units[0];
    assert_eq!(unit.files.len(), 15, "{:?}", paths(unit));
    assert!(unit.files.is_sorted_by(|a, b| a.path < b.path));
    let names = paths(unit);
    let inner = names.iter().position(|p| p == "2024/a-dir/inner").unwrap();
    assert_eq!(names[inner - 1], "2024/a-dir.b");
    assert_eq!(names[inner + 1], "2024/a-dir0");
    assert!(names.contains(&"2024/caf\\xe9 \\n".to_owned()), "{names:?}");
    assert!(listings[1].strays.is_empty(), "{:?}", listings[1].strays);
}

#[test]
fn links_special_files_and_strays_are_told_and_not_listed() {
    let fixture = Fixture::new();
    fixture.write("archive/01/a", b"x");
    fixture.write("archive/loose.jpg", b"x");
    fixture.write("archive/unsorted/b", b"x");
    let at = |name: &str| fixture.root.join("archive").join(name);
    std::os::unix::fs::symlink("a", at("01/link")).unwrap();
    std::os::unix::fs::symlink("/", at("01/directory")).unwrap();
    std::os::unix::fs::symlink("01", at("02")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("01/socket")).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, at("01/pipe"), fifo, Mode::RUSR, 0).unwrap();
    let listings = fixture.scan(None);
    let names = |list: &Vec<(RelPath<'static>, &'static str)>| -> Vec<_> {
        list.iter().map(|(p, what)| format!("{p} {what}")).collect()
    };
    let unit = &listings[0].units[0];
    assert_eq!(paths(unit), ["01/a"]);
    assert_eq!(
        names(&unit.special),
        [
            "01/directory a symbolic link",
            "01/link a symbolic link",
            "01/pipe a named pipe",
            "01/socket a socket"
        ]
    );
    assert_eq!(
        names(&listings[0].strays),
        [
            "02 a symbolic link",
            "loose.jpg a regular file",
            "unsorted a directory"
        ]
    );
    let one = fixture.scan(Some("01"));
    assert_eq!((one[0].units.len(), one[0].strays.len()), (1, 0));
    assert!(one[0].covers("01") && !one[0].covers("02"));
}

#[test]
fn a_directory_is_listed_once() {
    let unit = |path: &str| Walked {
        tree: Tree::Media,
        listing: UnitListing {
            name: "2024".into(),
            sidecar: None,
            files: vec![
                Listed {
                    path: RelPath::from_text(format!("{path}/sub/a")).unwrap(),
                    stamp: Default::default(),
                },
                Listed {
                    path: RelPath::from_text("2024/z".to_owned()).unwrap(),
                    stamp: Default::default(),
                },
            ],
            unreadable: Vec::new(),
            special: Vec::new(),
            excluded: Vec::new(),
        },
        directories: vec![
            ((1, 9), RelPath::from_text("2024".to_owned()).unwrap()),
            ((1, 1), RelPath::from_text(path.to_owned()).unwrap()),
            ((1, 2), RelPath::from_text(format!("{path}/sub")).unwrap()),
        ],
    };
    let text = |t: &'static str| TreePath::from_text(t).unwrap();
    let mut seen = HashMap::from([
        ((1, 1), text("archive/01")),
        ((1, 2), text("archive/01/sub")),
    ]);
    let mut walked = unit("2024/bind");
    walked.refuse_known_directories(&mut seen);
    assert_eq!(paths(&walked.listing), ["2024/z"]);
    let (path, why) = &walked.listing.unreadable[0];
    assert_eq!(path.to_string(), "2024/bind");
    assert_eq!(why, "it is the same directory as archive/01");
    assert_eq!(walked.listing.unreadable.len(), 1);
}

#[test]
fn a_path_that_the_system_cannot_name_is_told() {
    let fixture = Fixture::new();
    fixture.write("media/2024/a", b"x");
    let name = "d".repeat(250);
    let mut at = rustix::fs::open(
        fixture.root.join("media/2024"),
        super::super::trees::DIRECTORY,
        Mode::empty(),
    )
    .unwrap();
    for _ in 0..20 {
        rustix::fs::mkdirat(&at, &name, Mode::RWXU).unwrap();
        at = rustix::fs::openat(&at, &name, super::super::trees::DIRECTORY, Mode::empty()).unwrap();
    }
    let listings = fixture.scan(None);
    let unit = &listings[1].units[0];
    assert_eq!(paths(unit), ["2024/a"]);
    assert_eq!(unit.unreadable.len(), 1);
    assert!(
        unit.unreadable[0].1.contains("too long"),
        "{:?}",
        unit.unreadable[0].1
    );
}

#[test]
fn totals_count_what_is_the_users() {
    let fixture = Fixture::new();
    fixture.write("media/ingest/card/a", b"123");
    fixture.write("media/ingest/b", b"4");
    fixture.write("media/ingest/._b", b"5");
    let trees = Trees::open(&fixture.layout).unwrap();
    let found = totals(&trees, &fixture.layout, Tree::Ingest);
    assert_eq!(found, Some(Totals { files: 2, bytes: 4 }));
}

#[test]
fn strays_are_sorted_by_path() {
    let fixture = Fixture::new();
    fixture.write("archive/a/x", b"x");
    fixture.write("archive/a-b", b"x");
    let listings = fixture.scan(None);
    let strays = listings[0].strays.iter();
    let names: Vec<_> = strays.map(|(path, _)| path.to_string()).collect();
    assert_eq!(names, ["a", "a-b"]);
}
