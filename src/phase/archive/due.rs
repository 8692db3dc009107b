//! Which files of media go to the archive now, and why the others stay.

use super::filed::Filed;
use super::in_media;
use super::shelf::Open;
use crate::model::index::{Entry, Totals};
use crate::model::plan::{Skip, SkipKind};
use crate::model::report::{Account, Remain, Remains};
use crate::model::state::State;
use std::collections::{BTreeMap, HashSet};

/// The longest path that a disc takes, in bytes. Source: ISO 9660 with Rock Ridge, where readers keep
/// no longer ones.
const LONGEST_PATH: usize = 1023;

/// What becomes of the files of media.
pub(super) struct Due<'s> {
    /// Those that go, in the order of their paths, and under which date each is filed.
    pub(super) files: Vec<(&'s Entry<'s>, Filed)>,
    /// Those that should and cannot.
    pub(super) skipped: Vec<Skip>,
    /// How many there are of each unit.
    pub(super) accounts: Vec<Account>,
    remains: BTreeMap<Remains, Totals>,
}

impl<'s> Due<'s> {
    /// Sorts the files of media out; `open` is the volume that may be continued.
    pub(super) fn of(state: &'s State<'s>, open: Option<&Open<'_>>) -> Due<'s> {
        let mut due = Due {
            files: Vec::new(),
            skipped: Vec::new(),
            accounts: Vec::new(),
            remains: BTreeMap::new(),
        };
        let through = state.settings.through.unwrap_or(i16::MAX);
        let archived = archived(state);
        let is_disc = state.settings.medium.is_none_or(|medium| medium.is_disc());
        for unit in &state.media.units {
            let entries = state.media.entries_of(&unit.unit);
            let Some(first) = entries.first() else {
                continue;
            };
            due.accounts.push(Account {
                seen: entries.len() as u64,
                ..Account::of(in_media(&first.path).unit().into_owned())
            });
            let year = unit.unit.parse::<i16>().unwrap_or(i16::MAX);
            for entry in entries {
                if year > through {
                    due.stays(entry, Remains::NotDue);
                    continue;
                }
                match &entry.hash {
                    Err(unread) => {
                        due.stays(entry, Remains::Unread);
                        due.skip(
                            entry,
                            SkipKind::Unread,
                            format!("unreadable: {}", unread.why),
                        );
                    }
                    Ok(hash) if entry.stamp.size > 0 && archived.contains(&hash.0) => {
                        due.stays(entry, Remains::Archived);
                    }
                    Ok(_) if is_disc && entry.path.as_bytes().len() > LONGEST_PATH => {
                        let why = format!(
                            "its path has {} bytes, and a disc takes {LONGEST_PATH}",
                            entry.path.as_bytes().len()
                        );
                        due.cannot(entry, SkipKind::Other, why);
                    }
                    Ok(_) if open.is_some_and(|open| open.has(&entry.path)) => {
                        let volume = open.map_or("", |open| open.name.as_str());
                        let why = format!("archive/{volume} holds another file of that name");
                        due.cannot(entry, SkipKind::Occupied, why);
                    }
                    Ok(_) => {
                        let zone = &state.intake.time_zone;
                        let filed = Filed::of(&entry.path, year, entry.stamp.modified, zone);
                        due.files.push((entry, filed));
                    }
                }
            }
        }
        due
    }

    /// Leaves a file out that should go and cannot, whatever else the plan does.
    pub(super) fn cannot(&mut self, entry: &Entry<'_>, kind: SkipKind, why: String) {
        self.stays(entry, Remains::Unfit);
        self.skip(entry, kind, why);
    }

    /// Why files stay, in numbers.
    pub(super) fn remains(&self) -> Vec<Remain> {
        let remains = self.remains.iter();
        let remains = remains.map(|(why, Totals { files, bytes })| Remain {
            why: *why,
            files: *files,
            bytes: *bytes,
        });
        remains.collect()
    }

    fn stays(&mut self, entry: &Entry<'_>, why: Remains) {
        self.remains.entry(why).or_default().add(entry.stamp.size);
    }

    fn skip(&mut self, entry: &Entry<'_>, kind: SkipKind, why: String) {
        self.skipped.push(Skip {
            path: in_media(&entry.path).into_owned(),
            kind,
            why,
            bundle: None,
        });
    }
}

/// The hashes of what the archive holds, on the disk or on a disc that is known to hold it.
fn archived(state: &State<'_>) -> HashSet<[u8; 32]> {
    let offline = state.offline();
    let is_lost = |entry: &&Entry<'_>| {
        let unit = std::str::from_utf8(entry.path.first()).unwrap_or_default();
        offline.get(unit).is_some_and(Option::is_none)
    };
    let entries = state.archive.entries.iter();
    let held = entries.filter(|entry| offline.is_empty() || !is_lost(entry));
    held.filter_map(|entry| Some(entry.digest()?.0)).collect()
}
