//! A library in a temporary directory, and the program at work on it.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test file uses what it needs"
)]

mod everything;
mod mounts;
mod runs;
mod volumes;

use assert_cmd::cargo::cargo_bin;
pub use everything::{Everything, everything};
use mediastruct::disk::census::{Census, census};
use mediastruct::model::layout::Layout;
use mediastruct::model::plan::Plan;
use mediastruct::model::plan_file;
use mediastruct::model::tree::Tree;
#[allow(unused_imports, reason = "each test file uses what it needs")]
pub use mounts::{Mounted, Mounts, has_own_mounts, mount_quick_disk, mounts_of};
pub use runs::bury;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
pub use volumes::{burn, record, verify};

/// A library, and the program in an environment without anything of ours.
pub struct Library {
    dir: tempfile::TempDir,
    root: PathBuf,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Library {
    /// A library as `init` makes it.
    pub fn new() -> Library {
        let library = Library::beside(|_| {});
        library.succeed(&["init", "."]);
        library
    }

    /// A library with the dataset that these options of `mediagen` describe.
    pub fn with_dataset(options: &[&str]) -> Library {
        let library = Library::beside(|_| {});
        library.succeed(&[&["mediagen", "."], options].concat());
        library
    }

    /// A crawled library: one content thrice, in the archive and twice in media, and another file;
    /// `plan.json` is the plan to dedupe them.
    pub fn with_duplicates() -> Library {
        let library = Library::new();
        library.write("archive/01/keeper.jpg", "same");
        library.write("media/2024/a.jpg", "same");
        library.write("media/2024/b/c.jpg", "same");
        library.write("media/2024/other.jpg", "other");
        library.succeed(&["crawl"]);
        library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
        library
    }

    /// The same library once more, elsewhere; its files are others, with the same names, bytes,
    /// owners, modes and times. What is mounted in it stays out.
    pub fn copy(&self) -> Library {
        Library::beside(|root| system("cp", [Path::new("-axT"), self.root(), root]))
    }

    fn beside(prepare: impl FnOnce(&Path)) -> Library {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap().join("lib");
        fs::create_dir(&root).unwrap();
        prepare(&root);
        Library { dir, root }
    }

    /// The directory in which the library lies, and nothing else but what a test puts there.
    pub fn surroundings(&self) -> &Path {
        self.dir.path()
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of something in the library, e.g. `media/2024/a.jpg`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file, with its directories.
    pub fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn layout(&self) -> Layout {
        let trees = Tree::ALL.map(|tree| self.root.join(tree.name()));
        Layout::new(trees, self.root.join("data"), self.root.join("logs")).unwrap()
    }

    /// Everything in the trees.
    pub fn census(&self) -> Census {
        census(&self.layout()).unwrap()
    }

    pub fn plan(&self, name: &str) -> Plan {
        let raw = plan_file::parse(fs::read(self.path(name)).unwrap()).unwrap();
        raw.check().unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("mediastruct"));
        command.current_dir(&self.root).args(arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MEDIASTRUCT_") {
                command.env_remove(name);
            }
        }
        command.env("MEDIASTRUCT_ROOT", &self.root);
        command.env("HOME", self.dir.path().join("home"));
        command.env("XDG_CONFIG_HOME", self.dir.path().join("xdg"));
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// Runs a command by another program, such as `setpriv`, or `sh` with a script that ends in
    /// `"$@"`.
    pub fn run_within(&self, shell: &[&str], arguments: &[&str]) -> Said {
        let plain = self.command(arguments);
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(plain.get_program());
        command.args(plain.get_args()).stdin(Stdio::null());
        command.current_dir(plain.get_current_dir().unwrap());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        said(&mut command)
    }

    /// Everything in the library and around it, but the log.
    pub fn everything(&self) -> Everything {
        everything(self.surroundings(), &[&self.path("logs")])
    }

    /// Runs a command that must end with this exit code, say each of these texts on the standard
    /// error and nothing on the standard output, and leave everything as it is.
    pub fn refuse(&self, code: i32, arguments: &[&str], told: &[&str]) -> Said {
        let before = self.everything();
        let said = self.end_with(code, arguments);
        said.tells(told);
        assert_eq!(said.out, "", "{arguments:?}: {}", said.err);
        before.assert_same(&self.everything(), &format!("{arguments:?}"));
        said
    }

    /// Runs a command that must end with exit code 0.
    pub fn succeed(&self, arguments: &[&str]) -> Said {
        self.end_with(0, arguments)
    }

    /// Runs a command that must end with this exit code.
    pub fn end_with(&self, code: i32, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.code, code, "{arguments:?}: {}{}", said.out, said.err);
        said
    }

    /// Runs a command and kills it at the moment when `path` is there; it may end before.
    pub fn kill_when_there(&self, arguments: &[&str], path: &Path) {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        while child.try_wait().unwrap().is_none() && fs::symlink_metadata(path).is_err() {
            // Who rests is woken at once; who never does waits for others on a busy machine.
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let _ = child.kill();
        child.wait().unwrap();
    }
}

impl Said {
    /// Makes sure that each of these texts stands on the standard error.
    pub fn tells(&self, told: &[&str]) -> &Said {
        for text in told {
            assert!(self.err.contains(text), "'{text}' is not in: {}", self.err);
        }
        self
    }
}

/// How a command ends and what it says.
pub fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Whether the tests run as root; says what is skipped where they do not.
pub fn is_root(skipped: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped, as it needs root: {skipped}");
    }
    root
}

/// Runs a command as nobody, to whom all of the library belongs.
pub const AS_NOBODY: [&str; 4] = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
];

/// Gives a library to nobody; false where commands cannot be run as nobody.
pub fn belongs_to_nobody(library: &Library, skipped: &str) -> bool {
    let program = assert_cmd::cargo::cargo_bin!("mediastruct");
    let tried = [&AS_NOBODY[..], &[program.to_str().unwrap(), "--version"]].concat();
    if !is_root(skipped) || !can(&tried, skipped) {
        return false;
    }
    let dir = library.surroundings().as_os_str();
    system("chown", ["-R".as_ref(), "65534:65534".as_ref(), dir]);
    true
}

/// Whether a program can be run so; says what is skipped where it cannot.
pub fn can(program: &[&str], skipped: &str) -> bool {
    let tried = Command::new(program[0]).args(&program[1..]).output();
    let can = tried.is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped, as {program:?} does not work here: {skipped}");
    }
    can
}

/// Runs a program of the system, which must succeed.
pub fn system<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program}");
}
