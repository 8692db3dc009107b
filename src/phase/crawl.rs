//! Crawl: every file of media and archive gets its hash, and the indexes say so.
//!
//! Units of the archive are hashed as a whole when their sidecar indexes are old, missing or of no
//! use; those of media always are, or never where the user asks for that. In between, only files
//! that are new or that changed are hashed, and those that could not be read.

use crate::model::digest::Digest;
use crate::model::index::{Entry, Index, Unit};
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{
    Phase, Plan, RawPlan, Settings, Skip, SkipKind, Summary, UnitAction, UnitPlan,
};
use crate::model::sidecar::{Sidecar, SidecarHead};
use crate::model::state::{Listed, State, TreeListing, UnitListing};
use crate::model::time::Time;
use crate::model::tree::Tree;

mod merge;
mod report;

pub use merge::{Crawled, CrawledTree, index, ingest};
pub use report::{Report, UnitReport};

/// The age in days beyond which a unit of the archive is hashed again, where nothing else is
/// configured.
pub const MAX_AGE_DAYS: u32 = 120;

const SECONDS_OF_DAY: i64 = 86_400;

/// Why the files of a unit that is gone have no hashes; theirs are remembered, and believed again
/// once the same files are back.
const GONE: &str = "its unit is gone from the disk";

/// Why a file has no hash that is gone from a volume whose other files are there, and that the discs
/// hold: its hash is believed again once the file is back, or the others are gone as well.
const GONE_ALONE: &str = "it is gone from the disk";

/// The plan of what would be hashed. It moves nothing, and is not for applying.
pub fn plan(state: &State<'_>) -> Plan {
    let mut plan = RawPlan::of(Phase::Crawl);
    plan.basis = state.basis();
    plan.settings = Settings {
        run: None,
        ..state.settings.clone()
    };
    let mut seen = 0;
    for listing in &state.listing {
        let tree = listing.tree;
        let mut skip = |path: &RelPath<'_>, kind: SkipKind, why: String| {
            plan.skipped.push(Skip {
                path: TreePath::new(tree, path.clone().into_owned()),
                kind,
                why,
                bundle: None,
            });
        };
        for unit in &listing.units {
            seen += unit.files.len() as u64;
            plan.units.push(unit_plan(state, tree, unit));
            let unreadable = unit.unreadable.iter();
            unreadable.for_each(|(path, why)| {
                skip(path, SkipKind::Unread, format!("unreadable: {why}"));
            });
            let special = unit.special.iter();
            special.for_each(|(path, what)| {
                skip(path, SkipKind::Special, format!("it is {what}"));
            });
            let excluded = unit.excluded.iter();
            excluded.for_each(|(path, number)| {
                let why = format!("excluded by '{}'", pattern(state, *number));
                skip(path, SkipKind::Excluded, why);
            });
        }
        for (unit, number) in &listing.excluded {
            let path = unit_path(tree, unit).rel;
            let why = format!("excluded by '{}'", pattern(state, *number));
            skip(&path, SkipKind::Excluded, why);
        }
        let strays = listing.strays.iter();
        strays.for_each(|(path, what)| {
            skip(
                path,
                SkipKind::Stray,
                format!("it is {what} outside any unit"),
            );
        });
        let missing = gone_units(state, listing)
            .filter(|unit| tree == Tree::Archive && !is_on_disc(state, unit));
        plan.warnings.extend(
            missing.map(|unit| format!("{tree}/{unit} is in the index and gone from the disk")),
        );
    }
    plan.summary = Some(Summary {
        seen: seen + plan.skipped.len() as u64,
        ..Summary::default()
    });
    plan.check()
        .expect("a plan that moves nothing breaks no law")
}

/// The pattern of that number.
fn pattern<'s>(state: &'s State<'_>, number: usize) -> &'s str {
    state
        .settings
        .exclude
        .get(number)
        .map_or("", String::as_str)
}

/// The files that are to be hashed: those that [`index`] wants the readings of, in that order.
pub fn wants<'s>(state: &'s State<'_>) -> Vec<(Tree, &'s Listed)> {
    let units = state.listing.iter().flat_map(|listing| {
        let units = listing.units.iter();
        units.map(move |unit| (listing.tree, unit))
    });
    let wanted = units.flat_map(|(tree, unit)| {
        let (action, _) = decide(state, tree, unit);
        let known = state.index_of(tree).entries_of(&unit.name);
        with_known(&unit.files, known)
            .filter(move |(listed, known)| is_wanted(action, listed, *known))
            .map(move |(listed, _)| (tree, listed))
    });
    wanted.collect()
}

/// The units whose sidecar indexes know more than the index does: [`adopt`] takes them in, so that
/// whoever lost the datadir need not hash the archive again.
pub fn adoptable(index: &Index<'_>, listing: &TreeListing) -> Vec<String> {
    let newer = |unit: &&UnitListing| {
        let Some(Ok(head)) = &unit.sidecar else {
            return false;
        };
        match index.unit(&unit.name) {
            None => true,
            // A crawl that was interrupted wrote sidecar indexes and not yet the index.
            Some(known) => known.indexed.is_some_and(|time| time < head.timestamp),
        }
    };
    let units = listing.units.iter().filter(newer);
    units.map(|unit| unit.name.clone()).collect()
}

/// Takes what sidecar indexes say of their units into the index, where that is whole.
pub fn adopt(index: &mut Index<'_>, sidecars: Vec<(String, Sidecar)>) {
    for (name, sidecar) in sidecars {
        let SidecarHead {
            timestamp, digest, ..
        } = sidecar.head;
        let Ok(prefix) = RelPath::new(name.as_bytes()) else {
            continue;
        };
        let mut entries = sidecar.entries(&prefix);
        let unit = Unit::of(&name, Some(timestamp), &entries);
        if unit.digest != digest || entries.iter().any(|e| e.path.is_ours()) {
            continue;
        }
        match index.units.binary_search_by(|u| u.unit.cmp(&name)) {
            Ok(at) => index.units[at] = unit,
            Err(at) => index.units.insert(at, unit),
        }
        let first = index.entries_of(&name).first().map(|e| e.path.clone());
        if let Some(first) = first {
            let start = index.entries.partition_point(|e| e.path < first);
            let count = index.entries_of(&name).len();
            index.entries.drain(start..start + count);
        }
        index.entries.append(&mut entries);
        // The index on the disk is another one.
        index.indexed = None;
    }
    index.entries.sort_by(|a, b| a.path.cmp(&b.path));
    index.totals = index.entries.iter().collect();
}

/// What is to be done with a unit, and why.
fn decide(state: &State<'_>, tree: Tree, unit: &UnitListing) -> (UnitAction, String) {
    let settings = &state.settings;
    let known = state.index_of(tree).unit(&unit.name).is_some();
    if is_offline(state, tree, unit) {
        let why = "its files are on discs, and gone from the disk";
        return (UnitAction::Keep, why.into());
    }
    if settings.force == Some(true) {
        return (UnitAction::Reindex, "asked for by --force".into());
    }
    match tree {
        Tree::Archive => by_age(
            unit,
            settings.max_age_days.unwrap_or(MAX_AGE_DAYS),
            state.now,
        ),
        _ if settings.incremental != Some(true) => {
            (UnitAction::Reindex, "media is always indexed again".into())
        }
        _ if known => (
            UnitAction::Keep,
            "unchanged files are trusted, by --incremental".into(),
        ),
        _ => (UnitAction::Reindex, "it was never indexed".into()),
    }
}

fn by_age(unit: &UnitListing, max_age_days: u32, now: Time) -> (UnitAction, String) {
    let head = match &unit.sidecar {
        None => return (UnitAction::Reindex, "it has no sidecar index".into()),
        Some(Err(error)) => {
            let why = format!("its sidecar index is of no use: {error}");
            return (UnitAction::Reindex, why);
        }
        Some(Ok(head)) => head,
    };
    let age = now.seconds_since(head.timestamp);
    if head.timestamp > now {
        return (
            UnitAction::Reindex,
            "its sidecar index is dated in the future".into(),
        );
    }
    let days = age / SECONDS_OF_DAY;
    if age > i64::from(max_age_days) * SECONDS_OF_DAY {
        let why = format!("it was hashed {days} days ago, over {max_age_days}");
        return (UnitAction::Reindex, why);
    }
    let why = format!("it was hashed {days} days ago, within {max_age_days}");
    (UnitAction::Keep, why)
}

fn unit_plan(state: &State<'_>, tree: Tree, unit: &UnitListing) -> UnitPlan {
    let (action, why) = decide(state, tree, unit);
    let known = state.index_of(tree).entries_of(&unit.name);
    let mut plan = UnitPlan {
        unit: unit_path(tree, &unit.name),
        action,
        why,
        files: unit.files.len() as u64,
        bytes: unit.totals().bytes,
        hash_files: 0,
        hash_bytes: 0,
    };
    let wanted = with_known(&unit.files, known).filter(|(l, k)| is_wanted(action, l, *k));
    for (listed, _) in wanted {
        plan.hash_files += 1;
        plan.hash_bytes = plan.hash_bytes.saturating_add(listed.stamp.size);
    }
    plan
}

/// Whether a file is to be hashed.
fn is_wanted(action: UnitAction, listed: &Listed, known: Option<&Entry<'_>>) -> bool {
    let trusted = |k: &Entry<'_>| believed(k).is_some() && k.stamp.is_still(&listed.stamp);
    action == UnitAction::Reindex || !known.is_some_and(trusted)
}

/// The hash that stands for a file as long as it does not change. One that could not be read is
/// always tried again.
fn believed(known: &Entry<'_>) -> Option<Digest> {
    match &known.hash {
        Ok(digest) => Some(*digest),
        Err(unread) if [GONE, GONE_ALONE].contains(&unread.why.as_str()) => unread.was,
        Err(_) => None,
    }
}

/// The listed files, each with what is known of it; both are sorted by path.
fn with_known<'s, 'k>(
    files: &'s [Listed],
    known: &'k [Entry<'k>],
) -> impl Iterator<Item = (&'s Listed, Option<&'k Entry<'k>>)> {
    let mut known = known.iter().peekable();
    files.iter().map(move |file| {
        let path = file.path.as_bytes();
        while known.next_if(|k| k.path.as_bytes() < path).is_some() {}
        (file, known.next_if(|k| k.path.as_bytes() == path))
    })
}

/// The units that the index knows and a walk that looked for them did not find.
fn gone_units<'s>(state: &'s State<'_>, listing: &'s TreeListing) -> impl Iterator<Item = &'s str> {
    known_units(state.index_of(listing.tree)).filter(|name| {
        let found = listing
            .units
            .binary_search_by(|u| u.name.as_str().cmp(name));
        found.is_err() && listing.covers(name)
    })
}

/// Whether a disc holds a unit of the archive just as the index had it last.
fn is_on_disc(state: &State<'_>, unit: &str) -> bool {
    let known = state.archive.entries_of(unit);
    !known.is_empty() && state.volumes.witness(unit, known).is_some()
}

/// Whether nothing is left of a unit on the disk but its directory, and a disc holds it.
fn is_offline(state: &State<'_>, tree: Tree, unit: &UnitListing) -> bool {
    tree == Tree::Archive && unit.is_empty() && is_on_disc(state, &unit.name)
}

/// The names of the units that the index knows; what else a damaged one may call so is none.
fn known_units<'s>(index: &'s Index<'_>) -> impl Iterator<Item = &'s str> {
    let names = index.units.iter().map(|unit| unit.unit.as_str());
    names.filter(|name| index.tree.is_unit_name(name.as_bytes()))
}

fn unit_path(tree: Tree, name: &str) -> TreePath<'static> {
    let rel = RelPath::new(name.as_bytes().to_vec());
    TreePath::new(tree, rel.expect("units have names made of digits"))
}

#[cfg(test)]
mod tests;
