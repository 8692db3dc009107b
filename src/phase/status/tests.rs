use super::*;
use crate::model::contents::contents;
use crate::model::index::{Stamp, UnitState, Unread};
use crate::model::path::RelPath;
use crate::model::run::Outcome;
use crate::model::time::Time;
use crate::model::tree::Tree;
use crate::model::volume::{Holds, VolumeEvent, VolumeRecord, VolumeState};
use crate::phase::undo::tests::{dedupe, id, run};
use std::num::NonZeroU32;

/// The index of these files: path and content; `?` cannot be read. Files of one name are one file.
pub(in crate::phase) fn index(tree: Tree, indexed: i64, files: &[(&str, &str)]) -> Index<'static> {
    let entry = |(path, content): &(&str, &str)| Entry {
        path: RelPath::from_text(path.to_string()).unwrap(),
        hash: match *content {
            "?" => Err(Box::new(Unread {
                why: "permission denied".into(),
                was: None,
            })),
            content => Ok(Digest::of(content.as_bytes())),
        },
        stamp: Stamp {
            size: content.len() as u64,
            inode: u64::from_str_radix(
                &Digest::of(path.split_once('/').unwrap().1.as_bytes()).short(),
                16,
            )
            .unwrap(),
            ..Stamp::default()
        },
    };
    let entries: Vec<_> = files.iter().map(entry).collect();
    let mut index = Index::empty(tree);
    let mut names: Vec<_> = files
        .iter()
        .map(|(path, _)| path.split('/').next().unwrap())
        .collect();
    names.dedup();
    index.indexed = Time::new(indexed, 0);
    index.totals = entries.iter().collect();
    index.entries = entries;
    let unit = |name: &&str| Unit::of(name, index.indexed, index.entries_of(name));
    index.units = names.iter().map(unit).collect();
    index
}

fn totals(files: u64, bytes: u64) -> Totals {
    Totals { files, bytes }
}

/// The status of a library whose indexes are as old as its last crawls.
fn told(state: &State<'_>, runs: &[Brief]) -> Status {
    let mut crawls = LastCrawls::default();
    for index in [&state.media, &state.archive] {
        crawls
            .trees
            .extend(index.indexed.map(|at| (index.tree, at)));
    }
    told_with(state, &crawls, runs)
}

fn told_with(state: &State<'_>, crawls: &LastCrawls, runs: &[Brief]) -> Status {
    let around = Surroundings {
        ingest: &Index::empty(Tree::Ingest),
        crawls,
        duplicates: None,
        validated: None,
        parked: Totals::default(),
        verify_after_days: 730,
        runs,
    };
    status(state, around)
}

#[test]
fn every_file_of_media_is_in_one_column() {
    let mut state = State::unknown(Time::new(10 * SECONDS_OF_DAY, 0).unwrap());
    state.archive = index(
        Tree::Archive,
        0,
        &[("0001/a", "AAA"), ("0002/e", ""), ("0002/u", "?")],
    );
    state.media = index(
        Tree::Media,
        8 * SECONDS_OF_DAY,
        &[
            ("2023/a", "AAA"),
            ("2023/b1", "BB"),
            ("2023/e", ""),
            ("2023/u", "?"),
            ("2024/a", "AAA"),
            ("2024/b", "BB"),
            ("2024/b~2", "BB"),
            ("2024/c", "C"),
            ("2025/c", "C"),
        ],
    );
    let status = told(&state, &[]);
    let expected = [
        Content {
            all: totals(4, 6),
            not_archived: totals(1, 2),
            archived: totals(1, 3),
            empty: totals(1, 0),
            unread: totals(1, 1),
            ..Content::default()
        },
        Content {
            all: totals(4, 8),
            not_archived: totals(1, 1),
            archived: totals(1, 3),
            duplicates: totals(2, 4),
            ..Content::default()
        },
        Content {
            all: totals(1, 1),
            links: totals(1, 1),
            ..Content::default()
        },
    ];
    let years: Vec<_> = status.years.iter().map(|y| y.content).collect();
    assert_eq!(years, expected);
    for content in years.into_iter().chain([status.media]) {
        let Content {
            all,
            not_archived,
            archived,
            duplicates,
            links,
            empty,
            unread,
        } = content;
        let parts = [not_archived, archived, duplicates, links, empty, unread];
        assert_eq!(all.files, parts.iter().map(|p| p.files).sum::<u64>());
        assert_eq!(all.bytes, parts.iter().map(|p| p.bytes).sum::<u64>());
    }
    assert_eq!(status.media.all, state.media.totals);
    let volumes = [("0001", totals(1, 3), 0), ("0002", totals(2, 1), 1)];
    for (volume, (name, totals, unread)) in status.volumes.iter().zip(volumes) {
        assert_eq!(volume.volume, name);
        assert_eq!((volume.totals, volume.unread.files), (totals, unread));
    }
    let days: Vec<_> = status.indexes.iter().map(|i| i.days).collect();
    assert_eq!(days, [None, Some(2), Some(10)]);
}

/// A state whose volume 0001 is offline and holds what media has as well; 0002 is on the disk.
fn offline(events: &[(&str, VolumeEvent)]) -> State<'static> {
    let mut state = State::unknown(Time::default());
    state.archive = index(Tree::Archive, 0, &[("0001/a", "AAA"), ("0002/b", "BB")]);
    state.archive.units[0].state = UnitState::Offline;
    state.media = index(Tree::Media, 0, &[("2023/a", "AAA")]);
    for (volume, event) in events {
        let record = VolumeRecord {
            volume: (*volume).to_owned().try_into().unwrap(),
            at: Time::default(),
            event: event.clone(),
        };
        state.volumes.add(record).unwrap();
    }
    state
}

/// A disc was burned that holds this content, or of which nothing tells what it holds.
pub(in crate::phase) fn burned(volume: &str, copy: u32, content: Option<&str>) -> VolumeEvent {
    let holds = content.map(|content| {
        let entries = index(Tree::Archive, 0, &[(&format!("{volume}/a"), content)]).entries;
        contents(volume, &entries).unwrap()
    });
    VolumeEvent::Burned {
        copy: NonZeroU32::new(copy).unwrap(),
        location: None,
        holds,
    }
}

#[test]
fn what_is_on_discs_alone_counts_as_archived_where_a_disc_holds_just_that() {
    let lost = VolumeEvent::Lost {
        copy: NonZeroU32::MIN,
    };
    let [same, other, untold] =
        [Some("AAA"), Some("BBB"), None].map(|content| ("0001", burned("0001", 1, content)));
    let second = ("0001", burned("0001", 2, Some("AAA")));
    for (events, archived, holds, disc) in [
        (
            vec![same.clone()],
            1,
            Some(Holds::Burned),
            VolumeState::Burned,
        ),
        (
            vec![other.clone()],
            0,
            Some(Holds::Other),
            VolumeState::Burned,
        ),
        (vec![untold], 0, Some(Holds::Untold), VolumeState::Burned),
        (
            vec![other, second],
            1,
            Some(Holds::Burned),
            VolumeState::Burned,
        ),
        (vec![same, ("0001", lost)], 0, None, VolumeState::Lost),
    ] {
        let status = told(&offline(&events), &[]);
        assert_eq!(status.media.archived.files, archived, "{events:?}");
        assert_eq!(status.media.not_archived.files, 1 - archived, "{events:?}");
        let [first, second] = &status.volumes[..] else {
            panic!("{:?}", status.volumes)
        };
        assert_eq!(first.state, Some(UnitState::Offline));
        assert_eq!((first.holds, first.disc), (holds, Some(disc)), "{events:?}");
        assert_eq!(second.state, Some(UnitState::Present));
        assert_eq!((second.holds, second.disc), (None, None));
    }
}

#[test]
fn a_volume_of_which_there_are_events_alone_is_told() {
    let events = [
        ("0007", VolumeEvent::Opened),
        ("00", burned("00", 1, Some("AAA"))),
    ];
    let status = told(&offline(&events), &[]);
    let volumes = status.volumes.iter();
    let volumes: Vec<_> = volumes
        .map(|v| (v.volume.as_str(), v.state, v.disc))
        .collect();
    let expected = [
        ("00", None, Some(VolumeState::Burned)),
        ("0001", Some(UnitState::Offline), None),
        ("0002", Some(UnitState::Present), None),
        ("0007", None, Some(VolumeState::Open)),
    ];
    assert_eq!(volumes, expected);
    assert_eq!(
        status.media.archived.files, 0,
        "no index says what is in it"
    );
}

#[test]
fn what_the_disk_lost_does_not_count_as_archived() {
    let mut state = State::unknown(Time::default());
    state.archive = index(Tree::Archive, 0, &[("0001/a", "?")]);
    state.archive.units[0].state = UnitState::Missing;
    state.media = index(Tree::Media, 0, &[("2023/a", "?"), ("2023/b", "AAA")]);
    let status = told(&state, &[]);
    assert_eq!(status.volumes[0].state, Some(UnitState::Missing));
    assert_eq!(status.media.archived, totals(0, 0));
}

#[test]
fn an_unfinished_run_and_the_age_of_an_index_against_the_last_run_are_told() {
    let mut state = State::unknown(Time::default());
    let fine = Brief::from(&run(1, dedupe(&["a"]), Some(Outcome::Applied)));
    let unfinished = Brief::from(&run(2, dedupe(&["b"]), None));
    assert_eq!(told(&state, &[]).last_run, None);
    state.media = index(Tree::Media, -1, &[]);
    state.archive = index(Tree::Archive, 1, &[]);
    let status = told(&state, std::slice::from_ref(&fine));
    let since: Vec<_> = status.indexes.iter().map(|i| i.since_last_run).collect();
    assert_eq!(
        since,
        [None, Some(false), Some(true)],
        "the run ended in 1970"
    );
    assert_eq!(
        (status.unfinished, status.last_run.unwrap().run),
        (None, id(1))
    );
    assert_eq!(told(&state, &[fine, unfinished]).unfinished, Some(id(2)));
}

#[test]
fn a_crawl_that_changed_nothing_is_told_too() {
    let day = |number: i64| Time::new(number * SECONDS_OF_DAY, 0);
    let mut state = State::unknown(day(10).unwrap());
    state.media = index(Tree::Media, SECONDS_OF_DAY, &[]);
    let mut crawls = LastCrawls::default();
    crawls.trees.extend(day(9).map(|at| (Tree::Media, at)));
    crawls.trees.extend(day(8).map(|at| (Tree::Archive, at)));
    let run = Brief::from(&run(1, dedupe(&["a"]), Some(Outcome::Applied)));
    let status = told_with(&state, &crawls, &[run]);
    let [_, media, archive] = &status.indexes[..] else {
        panic!("{:?}", status.indexes)
    };
    assert_eq!((media.crawled, media.days), (day(9), Some(1)));
    assert_eq!((media.changed, media.since_last_run), (day(1), Some(true)));
    assert_eq!(archive.crawled, None, "its index is gone");
}

#[test]
fn nothing_is_known_of_a_library_that_was_never_crawled() {
    let status = told(&State::unknown(Time::default()), &[]);
    assert!(status.years.is_empty() && status.volumes.is_empty());
    assert_eq!(status.media, Content::default());
    assert!(status.indexes.iter().all(|i| i.changed.is_none()));
}
