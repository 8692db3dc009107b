//! `purge` through the program: duplicates go to another file system, and their sources are parked
//! and then deleted, or not.
//!
//! What is mounted is mounted in a name space of its own, which a sleeping process holds, so that
//! nothing stays mounted.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

#[path = "../library/mod.rs"]
mod library;

mod copies;
mod interrupted;
mod refused;
mod texts;
mod told;

use library::{Library, Said, can, is_root};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A tmpfs for duplicates.
const TMPFS: &str = "mount -t tmpfs none duplicates";

/// A library of which something is mounted that only its own processes see.
struct Mounted {
    library: Library,
    /// Holds the name space until its standard input ends.
    holder: Child,
}

impl Mounted {
    /// A library with two duplicates in media, where `script` mounted something; says what is
    /// skipped where that cannot be done.
    fn by(script: &str, skipped: &str) -> Option<Mounted> {
        let tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"];
        if !is_root(skipped) || !can(&tried, skipped) || !can(&["nsenter", "--version"], skipped) {
            return None;
        }
        let library = Library::with_duplicates();
        let script = format!("set -e; {script}; echo mounted; exec cat");
        let mut holder = Command::new("unshare")
            .args(["--mount", "sh", "-c", &script])
            .current_dir(library.root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(holder.stdout.as_mut().unwrap());
        out.read_line(&mut line).unwrap();
        let mounted = Mounted { library, holder };
        if line == "mounted\n" {
            return Some(mounted);
        }
        println!("skipped, as '{script}' does not work here: {skipped}");
        None
    }

    /// The same, with duplicates applied there by a run, the name of which is told.
    fn with_parked(script: &str, skipped: &str) -> Option<(Mounted, String)> {
        let mounted = Mounted::by(script, skipped)?;
        let said = mounted.succeed(&["apply", "plan.json"]);
        let run = run_in(&said);
        assert_eq!(mounted.parked(&run), ["0-a.jpg", "1-c.jpg"]);
        Some((mounted, run))
    }

    /// Where a file of the library is seen from outside of the name space.
    fn path(&self, name: &str) -> PathBuf {
        let (id, path) = (self.holder.id(), self.library.path(name));
        PathBuf::from(format!("/proc/{id}/root{}", path.display()))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes to a file and gives it back its date.
    fn damage(&self, name: &str, content: &str) {
        let mut file = File::options().write(true).open(self.path(name)).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.set_modified(modified).unwrap();
    }

    /// The names in the directory of media in which a run parks files; none where it is gone.
    fn parked(&self, run: &str) -> Vec<String> {
        self.names(&format!("media/.mediastruct.d/parked/{run}"))
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(directory)) else {
            return Vec::new();
        };
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Runs a command within the name space.
    fn run(&self, arguments: &[&str]) -> Said {
        self.run_by(&["env"], arguments)
    }

    /// The same by another program, such as `strace` with its options.
    fn run_by(&self, program: &[&str], arguments: &[&str]) -> Said {
        let namespace = format!("--mount=/proc/{}/ns/mnt", self.holder.id());
        let root = self.library.root().to_str().unwrap();
        let go = "cd \"$0\" && exec \"$@\"";
        let shell = ["nsenter", &namespace, "sh", "-c", go, root];
        self.library
            .run_within(&[&shell, program].concat(), arguments)
    }

    /// Runs a command that must end with this exit code.
    fn end_with(&self, code: i32, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.code, code, "{arguments:?}: {}{}", said.out, said.err);
        said
    }

    fn succeed(&self, arguments: &[&str]) -> Said {
        self.end_with(0, arguments)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        self.holder.wait().unwrap();
    }
}

/// The run that a command says it made.
fn run_in(said: &Said) -> String {
    let (_, run) = said.err.split_once("as run ").unwrap();
    run.lines().next().unwrap().to_owned()
}

/// The log of a library, as far as purge wrote it.
fn logged(library: &Mounted) -> Vec<String> {
    let log = library.read("logs/mediastruct.log");
    let lines = log.lines().filter_map(|line| line.split_once("Purge - "));
    lines.map(|(_, told)| told.to_owned()).collect()
}
