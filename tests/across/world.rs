//! A library of which duplicates lie on another file system than media.

use crate::kept::{ACL, Kept, access_list, set_extended};
use crate::library::{Library, Mounted, Said};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, FileTimes, Permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

/// The files that move, relative to media and to duplicates, and the numbers of their contents.
pub const COPIES: [(&str, usize); 5] = [
    ("2023/deep/er/b", 0),
    ("2024/a", 0),
    ("2024/large", 1),
    ("2024/listed", 2),
    ("2024/secret", 2),
];

/// Bytes of the contents; the second one takes three turns to copy.
const SIZES: [usize; 3] = [4, (2 << 20) + 1, 4097];

/// A library, and what is mounted in it.
pub struct World {
    // Dropped before the directory is removed.
    _mounts: Vec<Mounted>,
    pub library: Library,
}

/// All that is in the trees but our own files, to compare two moments.
pub struct Moment(BTreeMap<String, Thing>);

#[derive(PartialEq)]
enum Thing {
    /// A directory: its mode and its owner.
    Directory(u32, (u32, u32)),
    /// A file.
    File(Kept),
}

impl World {
    /// A library without files, where something is mounted for its trees. `mount` is given the root
    /// of the library and a directory beside it.
    pub fn mounted(mount: impl FnOnce(&Path, &Path) -> Vec<Mounted>) -> World {
        let library = Library::new();
        let aside = library.surroundings().join("aside");
        let mounts = mount(library.root(), &aside);
        World {
            _mounts: mounts,
            library,
        }
    }

    /// A library of which duplicates are a tmpfs with these options.
    pub fn with_tmpfs(options: &str) -> World {
        World::mounted(|root, _| vec![Mounted::tmpfs(options, &root.join("duplicates"))])
    }

    /// Fills it with copies that have owners, modes, times and attributes of their own, and plans to
    /// dedupe them; without attributes where `extended` is not wanted.
    pub fn fill(&self, extended: bool) {
        let library = &self.library;
        for (number, size) in SIZES.iter().enumerate() {
            let keeper = format!("archive/01/keeper-{number}");
            library.write(&keeper, &text(number, *size));
        }
        library.write("media/2024/other", "other");
        for (number, (name, content)) in (1..).zip(COPIES) {
            let name = format!("media/{name}");
            library.write(&name, &text(content, SIZES[content]));
            dress(&library.path(&name), number, extended);
        }
        let deep = library.path("media/2023/deep");
        fs::set_permissions(&deep, Permissions::from_mode(0o750)).unwrap();
        chown(&deep, Some(1001), Some(2001)).unwrap();
        self.plan(COPIES.len());
    }

    /// Crawls, and plans to dedupe so many files.
    pub fn plan(&self, moves: usize) {
        self.library.succeed(&["crawl"]);
        self.library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
        assert_eq!(self.library.plan("plan.json").moves.len(), moves);
    }

    /// How it is now.
    pub fn moment(&self) -> Moment {
        let mut things = BTreeMap::new();
        for entry in self.walk() {
            let stat = entry.metadata().unwrap();
            let thing = if stat.is_dir() {
                Thing::Directory(stat.mode(), (stat.uid(), stat.gid()))
            } else {
                Thing::File(Kept::of(entry.path()))
            };
            let name = self.name_of(&entry);
            if !name.contains("/.mediastruct") {
                things.insert(name, thing);
            }
        }
        Moment(things)
    }

    /// The files of our own in the trees, but the indexes beside the files; with their inodes.
    pub fn ours(&self) -> BTreeMap<String, u64> {
        let mut ours = BTreeMap::new();
        for entry in self.walk().filter(|entry| entry.file_type().is_file()) {
            let name = self.name_of(&entry);
            if name.contains("/.mediastruct") && !name.ends_with("/.mediastruct") {
                ours.insert(name, entry.metadata().unwrap().ino());
            }
        }
        ours
    }

    fn walk(&self) -> impl Iterator<Item = walkdir::DirEntry> {
        let trees = ["archive", "duplicates", "ingest", "media", "validated"];
        let trees = trees.map(|tree| self.library.path(tree));
        let walks = trees
            .into_iter()
            .map(|tree| walkdir::WalkDir::new(tree).min_depth(1));
        walks.flat_map(|walk| walk.into_iter().map(Result::unwrap))
    }

    /// The path of an entry, relative to the library.
    fn name_of(&self, entry: &walkdir::DirEntry) -> String {
        let path = entry.path().strip_prefix(self.library.root()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Makes sure that nothing moved and nothing is left over, and that the plan can be applied.
    pub fn assert_start(&self, start: &Moment) {
        self.assert_untouched(start);
        self.library.succeed(&["check", "plan.json"]);
    }

    /// Makes sure that nothing moved and nothing is left over.
    pub fn assert_untouched(&self, start: &Moment) {
        self.moment().assert_same(start, "the start");
        assert!(self.ours().is_empty(), "left over: {:?}", self.ours());
        for tree in ["media", "duplicates"] {
            let aside = self.library.path(tree).join(".mediastruct.d");
            assert!(!aside.exists(), "{} is left over", aside.display());
        }
    }

    /// The name of the newest run.
    pub fn newest_run(&self) -> String {
        let runs = fs::read_dir(self.library.path("data/runs")).unwrap();
        let names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
        names.max().unwrap()
    }

    /// Starts an apply of the plan by `strace` with these options, which is slower or fails, and
    /// waits until it makes its first copy in duplicates/2024; gives the path of that.
    pub fn apply_slowly(&self, strace: &[&str]) -> (Child, PathBuf) {
        let mut child = self.start_traced(strace);
        loop {
            if let Some(part) = self.part() {
                return (child, part);
            }
            if child.try_wait().unwrap().is_some() {
                panic!("it ended too early: {:?}", end_of(child));
            }
        }
    }

    /// Applies the plan, and stops the program after each `call`: nothing goes on until `at` has
    /// done what it wants, which is given the copy that is being made.
    pub fn apply_stopping(&self, call: &str, mut at: impl FnMut(Option<&Path>)) -> Said {
        let trace = format!("trace={call}");
        let inject = format!("inject={call}:signal=STOP");
        let mut child = self.start_traced(&["-e", &trace, "-e", &inject]);
        let mut seen = 0;
        while child.try_wait().unwrap().is_none() {
            let stops = self.stops();
            if stops > seen {
                seen = stops;
                assert!(seen < 10_000, "it comes no further");
                at(self.part().as_deref());
                kill_process(Pid::from_child(&child), Signal::CONT).unwrap();
            }
        }
        end_of(child)
    }

    /// How often a thread that was sent a stop is known to have stopped.
    fn stops(&self) -> usize {
        let trace = self.trace();
        let mut sent = BTreeSet::new();
        let stopped = trace.lines().filter(|line| {
            if let Some((thread, _)) = line.split_once(" --- SIGSTOP {") {
                sent.insert(thread.to_owned());
            }
            let stopped = line.split_once(" --- stopped by SIGSTOP ---");
            stopped.is_some_and(|(thread, _)| sent.remove(thread))
        });
        stopped.count()
    }

    fn start_traced(&self, strace: &[&str]) -> Child {
        let plain = self.library.command(&["apply", "plan.json"]);
        let mut command = Command::new("strace");
        let trace = self.library.surroundings().join("trace");
        File::create(&trace).unwrap();
        // As a grandchild of ours, so that the child is the program itself.
        command.args(["-D", "-f", "-qq", "-o", trace.to_str().unwrap()]);
        command.args(strace).arg(plain.get_program());
        command.args(plain.get_args()).stdin(Stdio::null());
        command.current_dir(plain.get_current_dir().unwrap());
        command.env("MEDIASTRUCT_ROOT", self.library.root());
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// What `strace` wrote.
    pub fn trace(&self) -> String {
        fs::read_to_string(self.library.surroundings().join("trace")).unwrap()
    }

    /// The copy that is being made in duplicates/2024, the longest where there are several.
    pub fn part(&self) -> Option<PathBuf> {
        let dir = fs::read_dir(self.library.path("duplicates/2024")).ok()?;
        let paths = dir.filter_map(|entry| Some(entry.ok()?.path()));
        let parts = paths.filter(|path| path.extension().is_some_and(|e| e == "part"));
        parts.max_by_key(|part| fs::metadata(part).map_or(0, |found| found.len()))
    }
}

impl Moment {
    /// Makes sure that both are the same.
    pub fn assert_same(&self, other: &Moment, what: &str) {
        let names = |moment: &Moment| moment.0.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(other), "{what}");
        for (name, thing) in &self.0 {
            match (thing, &other.0[name]) {
                (Thing::File(one), Thing::File(two)) => one.assert_same(two, name),
                (one, two) => assert!(one == two, "{what}: {name}"),
            }
        }
    }

    /// Makes sure that the copies are in duplicates as they were in media at the start.
    pub fn assert_moved(&self, start: &Moment) {
        for (name, _) in COPIES {
            let ends = [format!("media/{name}"), format!("duplicates/{name}")];
            let (Some(Thing::File(before)), Some(Thing::File(after))) =
                (start.0.get(&ends[0]), self.0.get(&ends[1]))
            else {
                panic!("{name} is not there");
            };
            after.assert_same(before, name);
            assert!(!self.0.contains_key(&ends[0]), "{name} is in media still");
        }
    }
}

/// How a child ended and what it said.
pub fn end_of(mut child: Child) -> Said {
    let mut err = String::new();
    let stderr = child.stderr.take();
    stderr.unwrap().read_to_string(&mut err).unwrap();
    let code = child.wait().unwrap().code().unwrap_or(-1);
    let out = String::new();
    Said { code, out, err }
}

/// Text that is the content of that number.
fn text(number: usize, size: usize) -> String {
    let line = format!("content {number}\n");
    line.repeat(size / line.len() + 1)[..size].to_owned()
}

fn dress(path: &Path, number: u32, extended: bool) {
    if extended {
        set_extended(path, "user.note", format!("note {number}").as_bytes());
        set_extended(path, "user.empty", b"");
    }
    let mode = [0o644, 0o640, 0o4755, 0o640, 0o000][number as usize - 1];
    chown(path, Some(1000 + number), Some(2000 + number)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    if extended && number == 4 {
        set_extended(path, ACL, &access_list());
    }
    let past = |seconds| UNIX_EPOCH + Duration::new(seconds + u64::from(number), 123_456_789);
    let times = FileTimes::new()
        .set_modified(past(1_000_000_000))
        .set_accessed(past(1_100_000_000));
    File::open(path).unwrap().set_times(times).unwrap();
}
