//! `demo`: the whole pipeline on a bogus dataset, told so that a newcomer learns the tool from it.

mod compare;

use self::compare::{compare_with_plan, compare_with_truth};
use super::args::{Arguments, DemoArguments};
use super::failure::{Exit, Failure};
use super::human::{Bytes, Count, Things};
use super::output::Output;
use super::plan_source::read_plan;
use super::terminal;
use crate::disk::census::{Census, census};
use crate::disk::mediagen::Options;
use crate::disk::place::resolve;
use crate::disk::scratch::Scratch;
use crate::disk::xorriso;
use crate::model::layout::Layout;
use crate::model::path::Escaped;
use crate::model::plan::{Filled, Move, Why};
use crate::model::tree::Tree;
use clap::Parser;
use std::ffi::OsString;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

/// Makes a dataset, crawls it, takes in what is new, plans dedupe, applies the plan, checks what came of it against the
/// dataset's truth, validates, finds a file, fills volumes, undoes it all, and compares everything with the start.
///
/// # Errors
/// Where any of it fails, or does not come out as it must.
pub fn demo(arguments: &DemoArguments, output: Output) -> Result<Exit, Failure> {
    let scratch = Scratch::new("mediastruct-demo-")?;
    let told = Tour::new(scratch.path(), output)?.walk(arguments.seed);
    if arguments.keep {
        let kept = scratch.keep();
        let kept = Escaped::path(&kept);
        output.data(|out| writeln!(out, "\nThe library is kept in {kept}"))?;
    } else {
        scratch.remove()?;
    }
    told.map(|()| Exit::Done)
}

/// The pipeline on one library, step by step.
struct Tour {
    root: PathBuf,
    layout: Layout,
    output: Output,
}

impl Tour {
    fn new(root: &Path, output: Output) -> Result<Tour, Failure> {
        let root = resolve(root)?;
        let trees = Tree::ALL.map(|tree| root.join(tree.name()));
        let layout = Layout::new(trees, root.join("data"), root.join("logs"))
            .map_err(|e| Failure::failed(e.to_string()))?;
        Ok(Tour {
            root,
            layout,
            output: output.narrated(),
        })
    }

    fn walk(&self, seed: u64) -> Result<(), Failure> {
        self.say(
            "1  A library with a bogus dataset",
            "Five trees: ingest is where new files are dropped, media holds them sorted by year,\n\
             archive holds volumes that fit a disc, duplicates and validated take what is there\n\
             twice. Everything happens in a temporary directory; nothing of yours is touched.",
        )?;
        let options = Options {
            seed,
            ..Options::default()
        };
        let truth = super::mediagen::make(&self.root, &options, self.output)?;
        self.tell(&format!(
            "made {}, {}: pictures, videos, sidecars, odd names, copies and near copies",
            Things(truth.totals.files, "file"),
            Bytes(truth.totals.bytes),
        ))?;
        let start = self.census()?;

        self.say(
            "2  Crawl: what is there?",
            "Hashes every file of media and archive, and keeps an index. It moves nothing.",
        )?;
        self.run(&["crawl"])?;
        self.run(&["status"])?;

        let taken_in = self.take_in(&start)?;

        self.say(
            "4  Dedupe: what is there twice?",
            "Of each content one copy stays, the archive's before any other. Planning reads the\n\
             indexes alone and changes nothing.",
        )?;
        let plan = self.root.join("plan.json");
        let file = plan.to_string_lossy().into_owned();
        self.run(&["plan", "dedupe", "-o", &file])?;
        let plan = read_plan(&plan)?;
        self.tell("\nThe first moves in it:")?;
        for operation in plan.moves.iter().take(3) {
            self.tell(&line_of(operation))?;
        }
        compare_with_truth(&plan, &truth)?;
        self.tell(&format!(
            "checked: the plan holds the {} that the dataset's maker expects, and no other",
            Things(truth.totals.moves, "move"),
        ))?;

        self.say(
            "5  Check and apply: all of it or none of it",
            "Every file is looked at before anything moves, and again right before it moves. What\n\
             is done is written to a journal first, so that a crash can be taken back or finished.",
        )?;
        self.run(&["check", &file])?;
        self.run(&["apply", &file])?;
        let applied = self.census()?;
        compare_with_plan(&taken_in, &applied, &plan)?;
        self.tell("checked: each file of the plan is where the plan says, and no other moved")?;
        self.run(&["history"])?;

        self.say(
            "6  Validate: which duplicates can go?",
            "The index's word is not enough to give a file up: each duplicate is read, and a twin of\n\
             it. What is proven moves to validated, which is yours to empty.",
        )?;
        let validate = self.root.join("validate.json");
        let file = validate.to_string_lossy().into_owned();
        self.run(&["plan", "validate", "-o", &file])?;
        self.run(&["apply", &file])?;
        let validated = self.census()?;
        compare_with_plan(&applied, &validated, &read_plan(&validate)?)?;
        self.tell("checked: what was proven is in validated, and nothing else moved")?;

        self.say(
            "7  Find: where is it, and where was it?",
            "By name, by hash, or by a file in hand: every place that the indexes and the journals\n\
             know, with the runs that moved it.",
        )?;
        if let Some(first) = plan.moves.first() {
            self.run(&["find", &first.hash.to_string()])?;
        }

        self.archive(&validated)?;

        self.say(
            "9  Undo: as if it had never been",
            "Undo is a plan too, of the inverse moves, through the same mover; it can be undone.",
        )?;
        for _ in ["archive", "validate", "dedupe", "ingest"] {
            self.run(&["undo", "--yes"])?;
        }
        let end = self.census()?;
        if end != start {
            return Err(Failure::failed("after undo the trees are not as they were"));
        }
        self.tell(&format!(
            "checked: all {} files have the names, bytes, owners, modes and times of the start",
            Count(truth.totals.files),
        ))?;
        self.say(
            "That is all there is to it",
            "Your own: `mediastruct init DIR`, drop files into DIR/ingest, or put what is sorted\n\
             into DIR/media/YYYY and DIR/archive/NN, then the same commands with `--root DIR`. `mediastruct --help` lists them.",
        )
    }

    /// Ingest: what is in the drop directory gets names and places. What is then everywhere.
    fn take_in(&self, start: &Census) -> Result<Census, Failure> {
        self.say(
            "3  Ingest: what is new?",
            "A plan is JSON, one move a line, to read, to edit and to keep under version control.\n\
             Each file is named by the time at which it was taken and by its content, and what is\n\
             there already goes to duplicates.",
        )?;
        let plan = self.root.join("ingest.json");
        let file = plan.to_string_lossy().into_owned();
        self.run(&["plan", "ingest", "-o", &file])?;
        let plan = read_plan(&plan)?;
        self.tell("\nA picture, a pair of files that belong together, and a copy:")?;
        let is_new = |m: &&Move| matches!(m.why, Why::Date(_)) && m.bundle.is_none();
        let is_of_pair = |m: &&Move| m.bundle.is_some();
        let is_copy = |m: &&Move| m.why.keeper().is_some();
        let moves = plan.moves.iter();
        let pair = moves.clone().filter(is_of_pair).take(2);
        let told = moves.clone().find(is_new).into_iter().chain(pair);
        for operation in told.chain(moves.clone().find(is_copy)) {
            self.tell(&line_of(operation))?;
        }
        self.run(&["apply", &file])?;
        let taken_in = self.census()?;
        compare_with_plan(start, &taken_in, &plan)?;
        self.tell("checked: each file of the plan is where the plan says, and no other moved")?;
        Ok(taken_in)
    }

    /// Archive: the years that are complete become volumes, and the first of them an image.
    fn archive(&self, before: &Census) -> Result<(), Failure> {
        self.say(
            "8  Archive: volumes that fit a disc",
            "What is complete goes to volumes, by date. Here they are small: 6 MB each. A volume is\n\
             sealed when the next one is opened: it gets a README, a manifest for sha256sum, a\n\
             catalogue and the index of the whole archive, so that each disc is of use by itself.",
        )?;
        let plan = self.root.join("archive.json");
        let file = plan.to_string_lossy().into_owned();
        self.run(&["plan", "archive", "--sectors", "3000", "-o", &file])?;
        self.run(&["apply", &file])?;
        let plan = read_plan(&plan)?;
        compare_with_plan(before, &self.census()?, &plan)?;
        self.tell("checked: each file is in its volume, and no other moved")?;
        let sealed = plan.volumes.iter();
        let sealed = sealed.filter(|volume| volume.state == Filled::Unburned);
        let Some(volume) = sealed.map(|volume| volume.volume.rel.to_string()).next() else {
            return Err(Failure::failed("no volume of the demo is sealed"));
        };
        if !xorriso::is_there() {
            return self.tell(
                "\nxorriso is not installed: the image of a volume is left out here. Install the\n\
                 package xorriso to see it.",
            );
        }
        let image = self.root.join("volume.iso");
        let image = image.to_string_lossy().into_owned();
        self.run(&[
            "volumes",
            "image",
            &volume,
            "--medium",
            "sectors:3000",
            "-o",
            &image,
        ])?;
        self.run(&["volumes", "verify", &volume, "--at", &image])
    }

    /// Runs a command as a person would, and shows what was typed.
    fn run(&self, words: &[&str]) -> Result<(), Failure> {
        let typed = words
            .join(" ")
            .replace(&*self.root.to_string_lossy(), "DIR");
        self.tell(&format!("\n$ mediastruct --root DIR {typed}"))?;
        let root = self.root.as_os_str().to_owned();
        // Where temporary directories are made is not a matter of the demo.
        let program = ["mediastruct", "--shared-trees", "--root"].map(OsString::from);
        let program = program.into_iter().chain([root]);
        let arguments = program.chain(words.iter().map(OsString::from));
        let arguments =
            Arguments::try_parse_from(arguments).map_err(|e| Failure::usage(e.to_string()))?;
        // A wall that a command raises lasts as long as its thread.
        let ended = std::thread::scope(|threads| {
            let command = threads.spawn(|| super::dispatch(arguments, self.output));
            command.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        match ended? {
            Exit::Done => Ok(()),
            other => Err(Failure::failed(format!(
                "it ended with exit code {}",
                other as u8
            ))),
        }
    }

    fn census(&self) -> Result<Census, Failure> {
        Ok(census(&self.layout)?)
    }

    fn say(&self, title: &str, text: &str) -> Result<(), Failure> {
        self.tell(&format!("\n== {title}\n{text}"))
    }

    fn tell(&self, text: &str) -> Result<(), Failure> {
        self.output.data(|out| writeln!(out, "{text}"))
    }
}

/// A move as it stands in a plan, for the eye.
fn line_of(operation: &Move) -> String {
    let text = serde_json::to_string(operation).unwrap_or_default();
    terminal::line(&text).to_string()
}
