//! Runs of long ago.

use super::Library;
use mediastruct::model::digest::Digest;
use mediastruct::model::index::Stamp;
use mediastruct::model::journal_file;
use mediastruct::model::plan::Plan;
use mediastruct::model::plan_file;
use mediastruct::model::run::{
    Begin, Done, End, FileId, Intent, JOURNAL_FORMAT, Outcome, Record, RunId, Text, Verify, Work,
};
use mediastruct::model::schedule::Schedule;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Puts a run of `plan` into the datadir that was applied so many seconds after the beginning of
/// 2001, and gives its place; of journals of earlier versions, the ends do not tell enough.
pub fn bury(library: &Library, plan: &Plan, second: u32, tells_ends: bool) -> PathBuf {
    let text = plan_file::text(plan);
    let at: jiff::Timestamp = "2001-01-01T00:00:00Z".parse().unwrap();
    let at = at + jiff::SignedDuration::from_secs(second.into());
    let run = RunId::new(at, plan.id());
    let steps = Schedule::of(plan).steps().len();
    let file = FileId {
        device: 1,
        inode: 1,
    };
    let records = [
        Record::Begin(Begin {
            format: JOURNAL_FORMAT.into(),
            run: run.clone(),
            at: at.into(),
            phase: plan.phase,
            plan: Digest::of(&text),
            trees: Vec::new(),
            texts: vec![Text::of(b"text"); plan.writes.len()],
            verify: Verify::Stat,
            work: tells_ends.then(|| Work::of(plan)),
        }),
        Record::Intent(Intent {
            first: 0,
            files: vec![Some(file); steps],
            directories: Vec::new(),
        }),
        Record::Done(Done {
            first: 0,
            files: vec![Some(Stamp::default().into()); steps],
        }),
        Record::End(End {
            outcome: Outcome::Applied,
            at: at.into(),
            copied: tells_ends.then_some(0),
        }),
    ];
    let lines = records.iter().zip(1..);
    let journal: String = lines
        .map(|(record, seq)| journal_file::line(seq, record))
        .collect();
    let place = library.path("data/runs").join(run.as_str());
    fs::create_dir_all(&place).unwrap();
    for (name, bytes) in [
        ("plan.json", text.as_slice()),
        ("journal.jsonl", journal.as_bytes()),
    ] {
        fs::write(place.join(name), bytes).unwrap();
        fs::set_permissions(place.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    place
}
