//! Crawls where memory is short: in a control group with a load beside them, and under a limit of
//! the address space.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

mod library;

use library::{Library, Said, is_root};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const MEBIBYTE: u64 = 1 << 20;

/// A control group with a limit of memory, in the version that is mounted here.
struct Group {
    dir: PathBuf,
    limit: u64,
    is_two: bool,
}

impl Group {
    /// A new group; none, and a word about it, where there can be none.
    fn new(name: &str, limit: u64) -> Option<Group> {
        if !is_root(name) {
            return None;
        }
        let name = format!("mediastruct-{}-{name}", std::process::id());
        for (mount, file, is_two) in [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", false),
            ("/sys/fs/cgroup", "memory.max", true),
        ] {
            let dir = Path::new(mount).join(&name);
            if fs::create_dir(&dir).is_err() {
                continue;
            }
            let group = Group { dir, limit, is_two };
            if fs::write(group.dir.join(file), limit.to_string()).is_ok() {
                return Some(group);
            }
        }
        println!("skipped, as no control group with a limit can be made here: {name}");
        None
    }

    /// A shell script that begins in the group and goes on with `"$@"`.
    fn entering(&self) -> String {
        format!(
            "echo $$ > {}/cgroup.procs && exec \"$@\"",
            self.dir.display()
        )
    }

    /// A process of the group that keeps so many bytes.
    fn load(&self, bytes: u64) -> Child {
        // It keeps the end of what it reads, and what it reads does not end.
        let hoard = format!("(head -c {bytes} /dev/zero; exec sleep 1000) | tail -c {bytes}");
        let mut command = Command::new("sh");
        command.args(["-c", &self.entering(), "sh", "sh", "-c", &hoard]);
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        while self.anonymous() < bytes {
            std::thread::yield_now();
        }
        child
    }

    /// Bytes of the group that are no page cache.
    fn anonymous(&self) -> u64 {
        let name = if self.is_two { "anon " } else { "total_rss " };
        let stat = fs::read_to_string(self.dir.join("memory.stat")).unwrap();
        let line = stat.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().parse().unwrap()
    }

    /// How many processes were killed because memory was out.
    fn killed(&self) -> u64 {
        let file = if self.is_two {
            "memory.events"
        } else {
            "memory.oom_control"
        };
        let text = fs::read_to_string(self.dir.join(file)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        line.unwrap().parse().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let processes = || fs::read_to_string(self.dir.join("cgroup.procs")).unwrap_or_default();
        while !processes().is_empty() {
            let running = processes();
            for id in running
                .lines()
                .filter_map(|id| Pid::from_raw(id.parse().ok()?))
            {
                let _ = kill_process(id, Signal::KILL);
            }
        }
        let _ = fs::remove_dir(&self.dir);
    }
}

/// A library with so many files of so many mebibytes, which take no room.
fn library_of(files: u64, mebibytes: u64) -> Library {
    let library = Library::new();
    for number in 0..files {
        let path = format!("media/2024/{number:04}");
        library.write(&path, &number.to_string());
        let file = fs::File::options().write(true).open(library.path(&path));
        file.unwrap().set_len(mebibytes * MEBIBYTE).unwrap();
    }
    library
}

fn told(library: &Library) -> Vec<String> {
    let log = library.read("logs/mediastruct.log");
    let told = log.lines().filter(|line| line.contains("Memory allows"));
    told.map(str::to_owned).collect()
}

/// Crawls in a group, and says how it ended and the most memory that the group used meanwhile.
fn crawl_in(group: &Group, library: &Library, jobs: &str) -> (Said, u64) {
    let script = group.entering();
    let shell = ["sh", "-c", &script, "sh"];
    std::thread::scope(|scope| {
        let crawl = scope.spawn(|| library.run_within(&shell, &["--jobs", jobs, "crawl"]));
        let mut peak = 0;
        while !crawl.is_finished() {
            peak = peak.max(group.anonymous());
        }
        (crawl.join().unwrap(), peak)
    })
}

#[test]
fn a_crawl_stays_within_its_control_group_beside_a_load() {
    let Some(group) = Group::new("load", 96 * MEBIBYTE) else {
        return;
    };
    let library = library_of(600, 1);
    let mut load = group.load(60 * MEBIBYTE);
    let (said, peak) = crawl_in(&group, &library, "512");
    assert_eq!((said.code, group.killed()), (0, 0), "{}", said.err);
    // What the kernel holds for the group counts as well, and so there is room below the promise.
    let promised = group.limit / 100 * 80;
    assert!(peak <= promised, "{peak} of {promised}");
    assert!(!told(&library).is_empty(), "it had no need to hold back");
    load.kill().unwrap();
    load.wait().unwrap();
}

/// Whether a process has the thread that receives signals, without which SIGINT ends it at once.
fn receives_interrupts(process: Pid) -> bool {
    let threads = format!("/proc/{}/task", process.as_raw_nonzero());
    let threads = fs::read_dir(threads).into_iter().flatten().flatten();
    let mut names = threads.map(|thread| fs::read_to_string(thread.path().join("comm")));
    names.any(|name| name.is_ok_and(|name| name == "signals\n"))
}

#[test]
fn readers_leave_when_a_load_comes_while_they_work() {
    let Some(group) = Group::new("coming", 128 * MEBIBYTE) else {
        return;
    };
    let library = library_of(400, 50);
    let script = group.entering();
    let shell = ["sh", "-c", &script, "sh"];
    std::thread::scope(|scope| {
        let crawl = scope.spawn(|| library.run_within(&shell, &["--jobs", "64", "crawl"]));
        let log = library.path("logs/mediastruct.log");
        let has_begun = || fs::read_to_string(&log).is_ok_and(|l| l.contains("Hashing"));
        while !has_begun() {
            assert!(!crawl.is_finished(), "it ended too early");
            std::thread::sleep(Duration::from_millis(1));
        }
        // It stands still until the load is there, and goes on with most of its files before it.
        let crawling = fs::read_to_string(group.dir.join("cgroup.procs")).unwrap();
        let crawling = Pid::from_raw(crawling.trim().parse().unwrap()).unwrap();
        kill_process(crawling, Signal::STOP).unwrap();
        assert_eq!(told(&library), [""; 0]);
        let mut load = group.load(95 * MEBIBYTE);
        kill_process(crawling, Signal::CONT).unwrap();
        while told(&library).is_empty() {
            assert!(!crawl.is_finished(), "it did not hold back");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(group.killed(), 0);
        while !receives_interrupts(crawling) {
            assert!(!crawl.is_finished(), "it ended too early");
            std::thread::sleep(Duration::from_millis(1));
        }
        kill_process(crawling, Signal::INT).unwrap();
        assert_eq!(crawl.join().unwrap().code, 1);
        load.kill().unwrap();
        load.wait().unwrap();
    });
    let told = told(&library);
    assert!(told[0].contains(" of 64 readers"), "{told:?}");
}

#[test]
fn a_crawl_fits_into_a_limited_address_space() {
    let library = library_of(300, 1);
    for limit in ["300000", "1000000"] {
        let script = format!("ulimit -v {limit} && exec \"$@\"");
        let crawl = ["--jobs", "1000", "crawl", "--force"];
        let said = library.run_within(&["sh", "-c", &script, "sh"], &crawl);
        assert_eq!(said.code, 0, "{limit}: {}", said.err);
    }
}
