//! What is struck: a command at work on a small library, which it is to leave at the start or at
//! the end of its run, whatever happens.

use crate::fault::{Fault, Strike, kill_at_any};
use crate::library::{Library, Said};
use crate::ours::{Parked, parked};
use crate::site::{Site, Sited};
use mediastruct::disk::census::Census;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::time::{Duration, UNIX_EPOCH};

/// The name of the plan of which all scenes are.
const PLAN: &str = "plan.json";

/// A command that moves files, and what comes before and after it.
pub struct Scene {
    /// What it is called in reports.
    pub name: &'static str,
    /// Where it happens.
    pub site: Site,
    command: &'static [&'static str],
    /// The library before the command; copied for each trial.
    library: Sited,
    /// Where an apply is killed in each copy first, as no copy of a killed run is one: its files are
    /// others.
    halfway: Option<Strike>,
    unmoved: Census,
    moved: Census,
}

impl Scene {
    /// All scenes at a site; each command works where nothing strikes.
    pub fn all(site: Site) -> Vec<Scene> {
        let unmoved = Sited::new(site, small(site.files()));
        let start = unmoved.census();
        let applied = unmoved.copy(site);
        assert_eq!(site.run(&applied, &["apply", PLAN]).code, 0);
        let end = applied.census();
        assert!(start != end);
        let killed = |call, number| Strike {
            fault: Fault::Kill,
            call,
            number,
        };
        // When some files are moved; across, when some are at their places, and when some of the
        // sources are parked too.
        let [early, late] = match site {
            Site::Near => [killed("renameat2", 3); 2],
            Site::Across => [killed("renameat2", 3), killed("renameat2", 5)],
            Site::Unrefusing => [killed("linkat", 3), killed("unlinkat", 2)],
        };
        let scenes = [
            ("apply", &["apply", PLAN][..], None),
            ("undo", &["undo", "--yes"], None),
            ("recover", &["recover"], Some(early)),
            ("recover --rollback", &["recover", "--rollback"], Some(late)),
        ];
        let scene = |(name, command, halfway)| Scene {
            name,
            site,
            command,
            library: if name == "undo" { &applied } else { &unmoved }.copy(site),
            halfway,
            unmoved: start.clone(),
            moved: end.clone(),
        };
        let scenes = scenes.map(scene);
        for scene in &scenes {
            let trial = scene.trial();
            scene.succeed(&trial, scene.command).unwrap();
            let goes_back = ["undo", "recover --rollback"].contains(&scene.name);
            let expected = if goes_back {
                &scene.unmoved
            } else {
                &scene.moved
            };
            assert!(trial.census() == *expected, "{}", scene.name);
            assert_eq!(scene.judge(&trial, None), Ok(()));
        }
        scenes.into()
    }

    /// Whether a call is struck: what is written to the journal and the log is everywhere the same,
    /// and how a copy is written, apply shows.
    pub fn is_struck_at(&self, call: &str) -> bool {
        self.site == Site::Near || self.name == "apply" || call != "write"
    }

    /// Strikes once, mends what that left, and says whether it was struck at all; else there is
    /// nothing more to strike.
    pub fn strike(&self, strike: Strike) -> Result<bool, String> {
        let trial = self.trial();
        let struck = strike.at(self.site, &trial, self.command);
        if !struck.struck {
            return Ok(false);
        }
        let place = format!("{}, {}", self.site.name(), self.name);
        let told = |why: String| format!("{place} {strike:?}: {why}\n{}", struck.said.err);
        let mended = match strike.fault {
            Fault::Kill => self.recover(&trial, strike.number),
            Fault::Errors => self.answer(&trial, &struck.said, strike),
        };
        let judged = mended.and_then(|()| self.judge(&trial, Some(strike)));
        judged.map_err(told)?;
        Ok(true)
    }

    fn trial(&self) -> Sited {
        let trial = self.library.copy(self.site);
        if let Some(halfway) = self.halfway {
            assert!(halfway.at(self.site, &trial, &["apply", PLAN]).struck);
            assert_eq!(trial.run(&["check", PLAN]).code, 5, "nothing to recover");
        }
        trial
    }

    /// Whether what a command said of an error is true; recovers where it says that this is needed.
    fn answer(&self, trial: &Library, said: &Said, strike: Strike) -> Result<(), String> {
        let (start, end) = self.ends();
        match said.code {
            0 if self.halfway.is_some() => reached(trial, &[start, end], strike),
            // Not every call matters: some write the log.
            0 => reached(trial, &[end], strike),
            1 if said.err.contains("`mediastruct recover`") => self.recover(trial, strike.number),
            // A recovery that could not even begin can be begun again.
            1 if self.halfway.is_some() => self.recover(trial, strike.number),
            1 => reached(trial, &[start], strike),
            code => Err(format!("exit code {code}")),
        }
    }

    /// What is there before the command, and what is there once it is done.
    fn ends(&self) -> (&Census, &Census) {
        match self.name {
            "undo" => (&self.moved, &self.unmoved),
            _ => (&self.unmoved, &self.moved),
        }
    }

    /// How many files are parked at one of the ends.
    fn parked(&self, is_moved: bool) -> Parked {
        let files = self.site.files();
        match (self.site, is_moved) {
            (Site::Near | Site::Unrefusing, _) => [0, 0],
            (Site::Across, true) => [files, 0],
            (Site::Across, false) if self.name == "undo" => [files, files],
            (Site::Across, false) => [0, 0],
        }
    }

    /// Whether everything is at the start or at the end, and the program knows it.
    fn judge(&self, trial: &Library, strike: Option<Strike>) -> Result<(), String> {
        let now = trial.census();
        let is_moved = now == self.moved;
        if !is_moved && now != self.unmoved {
            return Err(format!("neither start nor end: {:#?}", now.keys()));
        }
        // Where a directory could not be removed, it may be left over, empty.
        let empty = strike.is_some_and(|s| (s.fault, s.call) == (Fault::Errors, "unlinkat"));
        let (found, expected) = (parked(trial, empty)?, self.parked(is_moved));
        if found != expected {
            return Err(format!("{found:?} files are parked, not {expected:?}"));
        }
        let history = succeed(trial, &["history"])?;
        if history.out.contains("unfinished") {
            return Err(format!("it is unfinished: {}", history.out));
        }
        // The indexes followed, so that each plan from them fits the disk.
        let next = if is_moved { "undo" } else { "dedupe" };
        succeed(trial, &["plan", next, "-o", "next.json"])?;
        succeed(trial, &["check", "next.json"])?;
        let planned = trial.plan("next.json");
        // The index of a copied library may know one of its files by what is now another's inode.
        if planned.moves.len() + planned.skipped.len() != trial.plan(PLAN).moves.len() {
            return Err(format!("another plan to {next}"));
        }
        Ok(())
    }

    /// Recovers in one of three ways: to the end, to the start, or killed again and again, each time
    /// a little later, until nothing is left at which it could be.
    fn recover(&self, trial: &Library, way: usize) -> Result<(), String> {
        let command: &[&str] = if way.is_multiple_of(2) {
            &["recover"]
        } else {
            &["recover", "--rollback"]
        };
        if way % 8 == 3 {
            // Each of these takes long, and elsewhere than on one file system there are many.
            let step = if self.site == Site::Near { 1 } else { 4 };
            let mut number = 1 + way / 8 % step;
            while kill_at_any(self.site, trial, command, number).struck {
                number += step;
            }
        }
        self.succeed(trial, command)
    }

    fn succeed(&self, trial: &Library, arguments: &[&str]) -> Result<(), String> {
        ended_well(arguments, self.site.run(trial, arguments)).map(drop)
    }
}

/// A library in which so many files in several directories, none of which is there yet in duplicates,
/// are copies, with modes, owners and times of their own.
fn small(files: usize) -> Library {
    let library = Library::new();
    library.write("archive/01/keeper", "same");
    library.write("media/2023/kept", "other");
    let copies = [
        "2023/deep/er/b",
        "2024/d",
        "2023/a",
        "2023/deep/c",
        "2024/deep/e",
        "2024/f",
    ];
    let copies = &copies[..files];
    for (number, name) in (1..).zip(copies) {
        let path = format!("media/{name}");
        library.write(&path, "same");
        let path = library.path(&path);
        let past = UNIX_EPOCH + Duration::new(1_000_000_000 + number, 123_456_789);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(past)
            .unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600 + number as u32)).unwrap();
        if rustix::process::geteuid().is_root() {
            chown(&path, Some(1000 + number as u32), Some(2000)).unwrap();
        }
    }
    fs::set_permissions(
        library.path("media/2023/deep"),
        Permissions::from_mode(0o750),
    )
    .unwrap();
    if rustix::process::geteuid().is_root() {
        chown(library.path("media/2024"), Some(1001), Some(2001)).unwrap();
    }
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", PLAN]);
    assert_eq!(library.plan(PLAN).moves.len(), copies.len());
    library
}

fn succeed(trial: &Library, arguments: &[&str]) -> Result<Said, String> {
    ended_well(arguments, trial.run(arguments))
}

fn ended_well(arguments: &[&str], said: Said) -> Result<Said, String> {
    match said.code {
        0 => Ok(said),
        code => Err(format!("{arguments:?} ends with {code}: {}", said.err)),
    }
}

/// Whether the trial is at one of the `ends`, as the program says that it is. Where a directory
/// could not be removed, it may be left over, empty and in nobody's way, and the log tells of it;
/// it is removed then.
fn reached(trial: &Library, ends: &[&Census], strike: Strike) -> Result<(), String> {
    let now = trial.census();
    if ends.contains(&&now) {
        return Ok(());
    }
    let same_files = |end: &&&Census| files(end) == files(&now);
    match ends.iter().find(same_files) {
        Some(end) if strike.call == "unlinkat" => {
            let surplus = now.keys().rev().filter(|path| !end.contains_key(path));
            for directory in surplus {
                fs::remove_dir(trial.path(&directory.to_text())).unwrap();
            }
            Ok(())
        }
        _ => Err(format!("it is not as it says: {:#?}", now.keys())),
    }
}

/// The files of a census alone, without directories.
fn files(census: &Census) -> Census {
    let files = census
        .iter()
        .filter(|(_, counted)| counted.content.is_some());
    files
        .map(|(path, counted)| (path.clone(), counted.clone()))
        .collect()
}
