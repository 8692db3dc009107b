//! Ctrl-C and its kin while files move: the first takes everything back, the second is a kill.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{Library, Said};
use mediastruct::disk::census::Census;
use rustix::process::{Pid, Signal, kill_process};
use std::io::Read;
use std::process::{Child, Stdio};
use std::time::Duration;

/// Enough for ten batches: time to interrupt it, whatever else the machine does.
const FILES: usize = 10_000;

struct Large {
    library: Library,
    start: Census,
}

impl Large {
    /// A library with many copies of one file, and the plan to dedupe them.
    fn new() -> Large {
        let library = Library::new();
        library.write("archive/01/keeper", "a");
        for number in 0..FILES {
            library.write(&format!("media/2024/{number:05}"), "a");
        }
        library.succeed(&["crawl"]);
        library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
        let start = library.census();
        Large { library, start }
    }

    /// Starts a command, and waits until it has moved the file of this number.
    fn reach(&self, arguments: &[&str], number: usize) -> Child {
        let mut command = self.library.command(arguments);
        self.wait_for(command.stderr(Stdio::piped()).spawn().unwrap(), number)
    }

    fn wait_for(&self, mut child: Child, number: usize) -> Child {
        let moved = self.library.path(&format!("duplicates/2024/{number:05}"));
        while !moved.exists() {
            assert_eq!(child.try_wait().unwrap(), None, "it ended too early");
            // Who rests is woken at once; who never does waits for others on a busy machine.
            std::thread::sleep(Duration::from_millis(1));
        }
        child
    }

    fn assert_start(&self) {
        assert!(self.library.census() == self.start, "it is not as it was");
        self.library.succeed(&["check", "plan.json"]);
    }
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn end_of(mut child: Child) -> Said {
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    let code = child.wait().unwrap().code().unwrap_or(-1);
    let out = String::new();
    Said { code, out, err }
}

const TOLD_AT_ONCE: &str = "interrupted: finishing the batch in hand, then taking back";

#[test]
fn law_6_an_interrupted_run_takes_everything_back() {
    let large = Large::new();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let child = large.reach(&["apply", "plan.json"], 0);
        send(&child, signal);
        let said = end_of(child);
        assert_eq!(said.code, 1, "{signal:?}: {}", said.err);
        let end = "error: interrupted; everything that was moved is back in its place\n";
        said.tells(&[TOLD_AT_ONCE, end]);
        assert!(!said.err.contains("hint"), "{}", said.err);
        large.assert_start();
    }
    let history = large.library.succeed(&["history"]).out;
    assert_eq!(history.matches("rolled back").count(), 3, "{history}");
    large.library.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_6_interrupted_twice_it_dies_and_can_be_recovered() {
    let large = Large::new();
    let child = large.reach(&["apply", "plan.json"], 0);
    // Both signals wait for it when it goes on, so that it has no time in between.
    send(&child, Signal::STOP);
    send(&child, Signal::INT);
    send(&child, Signal::TERM);
    send(&child, Signal::CONT);
    let said = end_of(child);
    assert_eq!(said.code, 130, "{}", said.err);
    let told = ["was interrupted and is unfinished", "mediastruct recover"];
    large.library.refuse(5, &["apply", "plan.json"], &told);
    large.library.succeed(&["recover", "--rollback"]);
    large.assert_start();
}

#[test]
fn law_6_an_interrupted_recovery_takes_everything_back() {
    let large = Large::new();
    let mut killed = large.reach(&["apply", "plan.json"], 0);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let child = large.reach(&["recover"], 1001);
    send(&child, Signal::INT);
    let said = end_of(child);
    assert_eq!(said.code, 0, "{}", said.err);
    said.tells(&[TOLD_AT_ONCE, "is taken back: everything is where it was"]);
    large.assert_start();
    large
        .library
        .succeed(&["recover"])
        .tells(&["nothing to recover"]);
}

#[test]
fn a_signal_that_was_to_be_ignored_is_ignored() {
    let large = Large::new();
    let plain = large.library.command(&["apply", "plan.json"]);
    let mut nohup = std::process::Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
    nohup.arg(plain.get_program()).args(plain.get_args());
    nohup.current_dir(large.library.root());
    nohup.env("MEDIASTRUCT_ROOT", large.library.root());
    let child = nohup.stderr(Stdio::piped()).spawn().unwrap();
    let child = large.wait_for(child, 0);
    send(&child, Signal::HUP);
    let said = end_of(child);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!said.err.contains("interrupted"), "{}", said.err);
}
