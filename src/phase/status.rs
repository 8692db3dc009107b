//! Status: how a library stands, by what its indexes say.

use crate::model::digest::Digest;
use crate::model::index::{Entry, Index, Totals, Unit, UnitState};
use crate::model::last_crawls::LastCrawls;
use crate::model::run::{Brief, FileId};
use crate::model::state::State;
use crate::model::status::{Content, IndexAge, LastRun, STATUS_FORMAT, Status, Volume, Year};
use crate::model::volume::{Holds, VolumeState};
use crate::phase::volumes::list::due;
use std::collections::HashSet;

const SECONDS_OF_DAY: i64 = 86_400;

/// What is known of a library besides the indexes of media and archive.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'s> {
    /// The index of ingest.
    pub ingest: &'s Index<'s>,
    /// When the trees were last crawled.
    pub crawls: &'s LastCrawls,
    /// What is in duplicates.
    pub duplicates: Option<Totals>,
    /// What is in validated.
    pub validated: Option<Totals>,
    /// What is parked.
    pub parked: Totals,
    /// After how many days a disc is due to be verified again.
    pub verify_after_days: u32,
    /// The runs, oldest first.
    pub runs: &'s [Brief],
}

/// How the library stands.
pub fn status(state: &State<'_>, around: Surroundings<'_>) -> Status {
    let last = around.runs.last();
    let indexes = [around.ingest, &state.media, &state.archive];
    let unfinished = around.runs.iter().find(|run| !run.is_finished());
    let volumes = volumes(state);
    let (years, media) = years(state, &volumes);
    Status {
        format: STATUS_FORMAT.to_owned(),
        unfinished: unfinished.map(|run| run.id.clone()),
        years,
        media,
        volumes,
        discs_due: due(state, around.verify_after_days),
        ingest: around.ingest.indexed.map(|_| around.ingest.totals),
        duplicates: around.duplicates,
        validated: around.validated,
        parked: around.parked,
        indexes: indexes
            .map(|index| age(state, index, around.crawls, last))
            .to_vec(),
        last_run: last.map(|run| LastRun {
            run: run.id.clone(),
            ended: run.end.as_ref().map(|end| end.at),
        }),
    }
}

/// The years of media, and all of it together. What an index lists outside its units counts to the
/// whole alone.
fn years(state: &State<'_>, volumes: &[Volume]) -> (Vec<Year>, Content) {
    let archived = archived(state, volumes);
    let mut seen = Seen::default();
    let mut years: Vec<Year> = state.media.units.iter().map(year).collect();
    let mut media = Content::default();
    let mut at = 0;
    for entry in &state.media.entries {
        // Entries and units are sorted alike, so those of one unit stand together.
        let name = entry.path.first();
        while years.get(at).is_some_and(|y| y.year.as_bytes() < name) {
            at += 1;
        }
        let count = |content: &mut Content, kind: Kind| {
            content.all.add(entry.stamp.size);
            kind.of(content).add(entry.stamp.size);
        };
        let kind = Kind::of_entry(entry, &archived, &mut seen);
        count(&mut media, kind);
        if let Some(year) = years.get_mut(at).filter(|y| y.year.as_bytes() == name) {
            count(&mut year.content, kind);
        }
    }
    (years, media)
}

/// A year of which nothing is counted yet.
fn year(unit: &Unit) -> Year {
    Year {
        year: unit.unit.clone(),
        state: unit.state,
        content: Content::default(),
    }
}

/// Files of media that are in no volume, under whatever names, and what is in them.
#[derive(Default)]
struct Seen {
    files: HashSet<FileId>,
    contents: HashSet<Digest>,
}

/// What is known of a file's content.
#[derive(Clone, Copy)]
enum Kind {
    NotArchived,
    Archived,
    Duplicate,
    Link,
    Empty,
    Unread,
}

impl Kind {
    /// The kind of a file of media; `seen` are those before it.
    fn of_entry(entry: &Entry<'_>, archived: &HashSet<Digest>, seen: &mut Seen) -> Kind {
        match entry.digest() {
            None => Kind::Unread,
            Some(_) if entry.stamp.size == 0 => Kind::Empty,
            Some(digest) if archived.contains(&digest) => Kind::Archived,
            Some(_) if !seen.files.insert(entry.stamp.into()) => Kind::Link,
            Some(digest) if !seen.contents.insert(digest) => Kind::Duplicate,
            Some(_) => Kind::NotArchived,
        }
    }

    fn of(self, content: &mut Content) -> &mut Totals {
        match self {
            Kind::NotArchived => &mut content.not_archived,
            Kind::Archived => &mut content.archived,
            Kind::Duplicate => &mut content.duplicates,
            Kind::Link => &mut content.links,
            Kind::Empty => &mut content.empty,
            Kind::Unread => &mut content.unread,
        }
    }
}

/// The contents of volumes that are on the disk, or on discs that hold just what the index has.
fn archived(state: &State<'_>, volumes: &[Volume]) -> HashSet<Digest> {
    let is_lost = |volume: &&Volume| {
        volume.state == Some(UnitState::Offline) && volume.holds.and_then(Holds::witness).is_none()
    };
    let lost = volumes.iter().filter(is_lost);
    let lost: HashSet<&[u8]> = lost.map(|volume| volume.volume.as_bytes()).collect();
    let entries = state.archive.entries.iter();
    let entries = entries.filter(|e| lost.is_empty() || !lost.contains(e.path.first()));
    let with_content = entries.filter(|e| e.stamp.size > 0);
    with_content.filter_map(Entry::digest).collect()
}

/// The volumes that the index has, and those of which no more is known than what happened to them.
fn volumes(state: &State<'_>) -> Vec<Volume> {
    let indexed = state.archive.units.iter().map(|unit| volume(state, unit));
    let mut volumes: Vec<Volume> = indexed.collect();
    let known = state.volumes.iter();
    let unindexed = known.filter(|(name, _)| state.archive.unit(name.as_str()).is_none());
    volumes.extend(unindexed.map(|(name, known)| Volume {
        volume: name.as_str().to_owned(),
        state: None,
        disc: Some(known.state()),
        holds: None,
        totals: Totals::default(),
        unread: Totals::default(),
    }));
    volumes.sort_by(|a, b| a.volume.cmp(&b.volume));
    volumes
}

/// A volume that the index has.
fn volume(state: &State<'_>, unit: &Unit) -> Volume {
    let entries = state.archive.entries_of(&unit.unit);
    let unread = entries.iter().filter(|e| e.hash.is_err());
    let known = state.volumes.get(&unit.unit);
    let reached = state.volume_state(&unit.unit);
    Volume {
        volume: unit.unit.clone(),
        state: Some(unit.state),
        disc: Some(reached).filter(|state| known.is_some() || *state != VolumeState::Open),
        holds: known.and_then(|_| state.volumes.holds(&unit.unit, entries)),
        totals: entries.iter().collect(),
        unread: unread.collect(),
    }
}

fn age(
    state: &State<'_>,
    index: &Index<'_>,
    crawls: &LastCrawls,
    last: Option<&Brief>,
) -> IndexAge {
    let days = |at| state.now.seconds_since(at) / SECONDS_OF_DAY;
    let ended = last.and_then(|run| run.end.as_ref());
    // Without an index, whatever was crawled once is not known any more.
    let crawled = crawls.trees.get(&index.tree).copied();
    let crawled = crawled.filter(|_| index.indexed.is_some());
    IndexAge {
        tree: index.tree,
        crawled,
        days: crawled.map(|at| days(at).max(0) as u64),
        since_last_run: crawled.zip(ended).map(|(at, end)| at > end.at),
        changed: index.indexed,
    }
}

#[cfg(test)]
pub(super) mod tests;
