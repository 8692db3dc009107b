//! The plans that are tried: every small one, and random ones.

use crate::machine::{Blow, Make, Mutant, Name};
use crate::trial::{Fate, Listing, Scene, Verdict};
use mediastruct::model::capture::{Confidence, Source, Taken};
use mediastruct::model::digest::Digest;
use mediastruct::model::path::TreePath;
use mediastruct::model::plan::{
    Dated, Directory, Move, Need, Phase, RawPlan, Replaced, Role, Why, Write,
};
use mediastruct::model::run::RunId;
use mediastruct::model::time::Time;
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fmt;

fn name(text: &str) -> Name {
    TreePath::from_text(text).unwrap().into_owned()
}

fn undone() -> RunId {
    "20240101T000000.000Z-0a1b2c".parse().unwrap()
}

/// A plan to undo, which may bring any file anywhere.
fn undo_plan() -> RawPlan {
    let mut plan = RawPlan::of(Phase::Undo);
    plan.settings.run = Some(undone());
    plan
}

fn operation(start: &Listing, from: &Name, to: &Name, why: Why) -> Move {
    let content = start[from].as_ref().expect("a file moves");
    Move {
        from: from.clone(),
        to: to.clone(),
        size: content.len() as u64,
        modified: Time::default(),
        hash: Digest::of(content),
        why,
        bundle: None,
    }
}

/// These files, each of which holds its own name, and the directories that they are in.
fn listing(files: &[&str]) -> Listing {
    let mut listing = Listing::new();
    for file in files {
        let file = name(file);
        for dir in file.rel.ancestors() {
            listing.insert(TreePath::new(file.tree, dir.into_owned()), None);
        }
        listing.insert(file.clone(), Some(file.to_string().into_bytes()));
    }
    listing
}

/// All plans that move one to three of four files, among them chains, swaps, circles, names that
/// differ in case, new directories, and moves to another file system and back.
pub fn every_small_plan() -> Vec<Scene> {
    const FILES: [&str; 4] = ["media/1/a", "media/1/b", "media/2/c", "archive/1/d"];
    const ENDS: [&str; 8] = [
        "media/1/a",
        "media/1/b",
        "media/2/c",
        "archive/1/d",
        "media/1/A",
        "media/3/new/e",
        "archive/1/f",
        "archive/2/g",
    ];
    let start = listing(&FILES);
    let mut scenes = Vec::new();
    // For each file, the number of its end, or of none.
    let choices = ENDS.len() + 1;
    for choice in 0..choices.pow(FILES.len() as u32) {
        let mut plan = undo_plan();
        let mut rest = choice;
        for file in FILES {
            if let Some(end) = ENDS.get(rest % choices) {
                let why = Why::Undo { run: undone() };
                let (from, to) = (name(file), name(end));
                plan.moves.push(operation(&start, &from, &to, why));
            }
            rest /= choices;
        }
        if (1..=3).contains(&plan.moves.len()) {
            scenes.extend(Scene::new(start.clone(), plan));
        }
    }
    scenes
}

/// One move to another file system.
pub fn across() -> Scene {
    let start = listing(&["media/1/a"]);
    let mut plan = undo_plan();
    let (from, to) = (name("media/1/a"), name("archive/1/b"));
    let why = Why::Undo { run: undone() };
    plan.moves.push(operation(&start, &from, &to, why));
    Scene::new(start, plan).expect("the plan is lawful")
}

/// A chain of three moves, of which the last goes to another file system.
pub fn chain() -> Scene {
    const FILES: [&str; 3] = ["media/1/a", "media/1/b", "media/1/c"];
    let start = listing(&FILES);
    let mut plan = undo_plan();
    for (from, to) in FILES
        .into_iter()
        .zip(["media/1/b", "media/1/c", "archive/1/d"])
    {
        let why = Why::Undo { run: undone() };
        plan.moves
            .push(operation(&start, &name(from), &name(to), why));
    }
    Scene::new(start, plan).expect("the plan is lawful")
}

/// The same, where the first two files are one under two names.
pub fn chain_of_links() -> Scene {
    let mut scene = chain();
    let names = ["media/1/a", "media/1/b"].map(name);
    let content = scene.start[&names[0]].clone();
    scene.start.insert(names[1].clone(), content);
    let mut plan = scene.plan.into_raw();
    plan.moves[1].hash = plan.moves[0].hash;
    let [name, link] = names;
    let mut scene = Scene::new(scene.start, plan).expect("the plan is lawful");
    scene.link = Some((name, link));
    scene
}

/// One random case, which its seed determines.
pub struct Case {
    seed: u64,
    scene: Option<Scene>,
    make: Make,
    fate: Fate,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {} {:?} {:?}", self.seed, self.make, self.fate)?;
        if let Some(scene) = &self.scene {
            write!(f, "\n{:#?}", &*scene.plan)?;
        }
        Ok(())
    }
}

impl Case {
    /// The case of that seed.
    pub fn random(seed: u64) -> Case {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let scene = match dice.below(6) {
            0 => archive_scene(&mut dice),
            1 => ingest_scene(&mut dice),
            2 => copying_scene(&mut dice),
            _ => undo_scene(&mut dice),
        };
        let make = Make {
            refuses: dice.below(4) != 0,
            syncs_whole: dice.below(2) == 0,
            // Where nothing but numbers tells copies of one another apart, they must last.
            renumbers: dice.below(4) == 0 && !scene.as_ref().is_some_and(Scene::has_equal_files),
        };
        let fate = Fate {
            first: Some((dice.below(60), blow(&mut dice))),
            second: (dice.below(2) == 0).then(|| (dice.below(40), blow(&mut dice))),
            rollback: dice.below(2) == 0,
            batch: 1 + dice.below(4),
            seed: dice.next(),
        };
        Case {
            seed,
            scene,
            make,
            fate,
        }
    }

    /// Plays it with a stranger in the place of one of its blows: says whether one came.
    ///
    /// # Errors
    /// What was lost.
    pub fn play_with_stranger(&self) -> Result<bool, String> {
        let comes_late = self.seed.is_multiple_of(2);
        let turn = |blow: Option<(usize, Blow)>| blow.map(|(step, _)| (step, Blow::Stranger));
        let Fate { first, second, .. } = self.fate;
        let fate = match second {
            // While recovering from what struck first.
            Some(_) if comes_late => Fate {
                second: turn(second),
                ..self.fate
            },
            _ => Fate {
                first: turn(first),
                ..self.fate
            },
        };
        match &self.scene {
            Some(scene) => scene.play_with_stranger(self.make, fate),
            None => Ok(false),
        }
    }

    /// Plays it.
    ///
    /// # Errors
    /// What must hold and did not.
    pub fn play(&self, mutant: Mutant) -> Result<Verdict, String> {
        match &self.scene {
            Some(scene) => scene.play(self.make, mutant, self.fate),
            None => Ok(Verdict::Refused),
        }
    }
}

fn blow(dice: &mut Dice) -> Blow {
    match dice.below(5) {
        0 => Blow::Kill,
        1 => Blow::Unplug,
        2 => Blow::Error([Errno::IO, Errno::NOSPC, Errno::ROFS][dice.below(3)]),
        _ => Blow::PowerCut,
    }
}

/// An undo of up to seven moves, with directories that come and go.
fn undo_scene(dice: &mut Dice) -> Option<Scene> {
    const FILES: [&str; 8] = [
        "media/1/a",
        "media/1/b",
        "media/1/c",
        "media/2/d",
        "media/2/sub/e",
        "archive/1/f",
        "archive/1/g",
        "duplicates/h",
    ];
    const FREE: [&str; 10] = [
        "media/1/A",
        "media/1/new",
        "media/2/sub/x",
        "media/3/deep/er/y",
        "media/3/deep/z",
        "archive/1/v",
        "archive/2/w",
        "duplicates/u",
        "duplicates/1/t",
        "ingest/s",
    ];
    let mut start = listing(&FILES);
    if dice.below(3) == 0 {
        // Copies of one another, which only their identities tell apart.
        let all = start.values_mut().flatten();
        all.for_each(|content| *content = b"same".to_vec());
    }
    let mut names = FILES[..5].to_vec();
    let link = (dice.below(4) == 0).then(|| {
        let mut any = || name(names.swap_remove(dice.below(names.len())));
        (any(), any())
    });
    if let Some((name, link)) = &link {
        let content = start[name].clone();
        start.insert(link.clone(), content);
    }
    let mut plan = undo_plan();
    let mut files = FILES.to_vec();
    let mut ends: Vec<_> = FREE.to_vec();
    let count = 1 + dice.below(7);
    for _ in 0..count {
        let file = files.swap_remove(dice.below(files.len()));
        ends.push(file);
        plan.moves.push(operation(
            &start,
            &name(file),
            &name(file),
            Why::Undo { run: undone() },
        ));
    }
    for operation in &mut plan.moves {
        operation.to = name(ends.swap_remove(dice.below(ends.len())));
    }
    let directory = |text: &str| Directory {
        dir: name(text),
        mode: 0o755,
        modified: Time::default(),
    };
    if dice.below(3) == 0 {
        plan.makes.push(directory("media/4"));
        plan.makes.push(directory("media/4/empty"));
    }
    let left: BTreeSet<_> = plan.moves.iter().map(|m| m.from.to_text()).collect();
    if left.contains("media/2/sub/e")
        && !plan
            .moves
            .iter()
            .any(|m| m.to.to_text().starts_with("media/2/sub/"))
    {
        plan.prunes.push(directory("media/2/sub"));
    }
    let mut scene = Scene::new(start, plan)?;
    scene.link = link;
    Some(scene)
}

/// Moves into volumes on another file system, and marks that they are not burned.
fn archive_scene(dice: &mut Dice) -> Option<Scene> {
    let start = listing(&[
        "media/1/a",
        "media/1/b",
        "media/2/c",
        "archive/1/.unburned",
        "archive/1/d",
    ]);
    let mut plan = RawPlan::of(Phase::Archive);
    let mut ends = vec![
        ("archive/1/x", 1),
        ("archive/2/deep/y", 2),
        ("archive/2/z", 2),
    ];
    for file in ["media/1/a", "media/1/b", "media/2/c"] {
        if dice.below(3) > 0 {
            let (end, number) = ends.swap_remove(dice.below(ends.len()));
            let why = Why::Volume { number };
            plan.moves
                .push(operation(&start, &name(file), &name(end), why));
        }
    }
    let write = |to: &str, replaces| Write {
        to: name(to),
        role: (Role::ALL.into_iter())
            .find(|role| to.ends_with(role.file_name()))
            .unwrap(),
        max_bytes: 100,
        replaces,
    };
    for volume in ["archive/1", "archive/2"] {
        if dice.below(4) == 0 {
            let sealing = Role::SEALING.into_iter();
            let sealing = sealing.filter(|role| *role != Role::Catalogue);
            let names = sealing.map(|role| format!("{volume}/{}", role.file_name()));
            plan.writes.extend(names.map(|name| write(&name, None)));
        }
    }
    if dice.below(2) == 0 {
        plan.writes.push(write("archive/2/.unburned", None));
    }
    if dice.below(2) == 0 {
        let old = b"archive/1/.unburned";
        let replaced = Replaced {
            size: old.len() as u64,
            modified: Time::default(),
            hash: Digest::of(old),
        };
        plan.writes
            .push(write("archive/1/.unburned", Some(replaced)));
    }
    Scene::new(start, plan)
}

/// New files that go to media, twins of them, and copies of what media and the archive have.
fn ingest_scene(dice: &mut Dice) -> Option<Scene> {
    let mut start = listing(&[
        "ingest/a",
        "ingest/card/b",
        "ingest/card/c",
        "ingest/d",
        "media/2018/known",
        "archive/1/known",
    ]);
    let mut hold = |file: &str, of: &str| {
        let content = start[&name(of)].clone();
        start.insert(name(file), content);
    };
    let is_twin = dice.below(2) == 0;
    if is_twin {
        hold("ingest/card/b", "ingest/a");
    }
    hold("ingest/card/c", "media/2018/known");
    hold("ingest/d", "archive/1/known");
    let mut plan = RawPlan::of(Phase::Ingest);
    let mut go = |from: &str, to: &str, why: Why| {
        plan.moves
            .push(operation(&start, &name(from), &name(to), why));
    };
    let twin_of = |of: &str| Why::Duplicate {
        of: name(of),
        dated: Some(dated()),
    };
    go("ingest/a", "media/2019/new/a", Why::Date(dated()));
    match is_twin {
        true => go(
            "ingest/card/b",
            "duplicates/ingest/card/b",
            twin_of("media/2019/new/a"),
        ),
        false => go("ingest/card/b", "media/2018/b", Why::Date(dated())),
    }
    if dice.below(2) == 0 {
        go(
            "ingest/card/c",
            "duplicates/ingest/card/c",
            twin_of("media/2018/known"),
        );
    }
    let archived = Why::AlreadyArchived {
        of: name("archive/1/known"),
        dated: dated(),
    };
    go("ingest/d", "duplicates/ingest/d", archived);
    for kept in ["media/2018/known", "archive/1/known"] {
        let kept = name(kept);
        let kept = operation(&start, &kept, &kept, Why::Date(dated()));
        plan.needs.push(Need {
            path: kept.from,
            offline: None,
            size: kept.size,
            modified: kept.modified,
            hash: kept.hash,
        });
    }
    Scene::new(start, plan)
}

/// New files of which copies go to media, and which stay.
fn copying_scene(dice: &mut Dice) -> Option<Scene> {
    const FILES: [&str; 4] = ["ingest/a", "ingest/card/b", "ingest/card/c", "ingest/d"];
    const ENDS: [&str; 5] = [
        "media/2018/a",
        "media/2018/A",
        "media/2019/new/b",
        "media/2019/new/er/c",
        "media/2020/d",
    ];
    let mut start = listing(&["media/2018/known"]);
    start.extend(listing(&FILES));
    if dice.below(3) == 0 {
        let all = start.values_mut().flatten();
        all.for_each(|content| *content = b"same".to_vec());
    }
    let mut plan = RawPlan::of(Phase::Ingest);
    plan.settings.copy = Some(true);
    let mut ends = ENDS.to_vec();
    for file in FILES {
        if dice.below(4) > 0 {
            let end = ends.swap_remove(dice.below(ends.len()));
            let why = Why::Date(dated());
            plan.moves
                .push(operation(&start, &name(file), &name(end), why));
        }
    }
    Scene::new(start, plan)
}

fn dated() -> Box<Dated> {
    Box::new(Dated {
        taken: Taken {
            taken: jiff::civil::datetime(2019, 3, 1, 12, 0, 0, 0),
            offset: None,
            source: Source::FileName,
            confidence: Confidence::Medium,
        },
        rivals: Vec::new(),
    })
}

/// Random numbers by SplitMix64; source: Steele, Lea and Flood, 2014.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}
