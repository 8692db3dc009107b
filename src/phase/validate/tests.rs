use super::*;
use crate::model::contents::contents;
use crate::model::digest::Digest;
use crate::model::index::{Entry, Index, Stamp, Unit, UnitState, Unread};
use crate::model::state::Proof;
use crate::model::time::Time;
use crate::model::volume::{VolumeEvent, VolumeRecord};
use std::num::NonZeroU32;

fn time(seconds: i64) -> Time {
    Time::new(seconds, 0).unwrap()
}

fn stamp(content: &str, inode: u64) -> Stamp {
    Stamp {
        size: content.len() as u64,
        modified: time(inode as i64),
        changed: time(inode as i64),
        device: 1,
        inode,
    }
}

fn rel(path: &str) -> RelPath<'static> {
    RelPath::new(path.as_bytes().to_vec()).unwrap()
}

/// A state that knows these files of the archive and of media, and found those in duplicates: path,
/// content, inode.
fn state(
    archive: &[(&str, &str, u64)],
    media: &[(&str, &str, u64)],
    duplicates: &[(&str, &str, u64)],
) -> State<'static> {
    let index = |tree, files: &[(&str, &str, u64)]| {
        let mut index = Index::empty(tree);
        index.indexed = Some(time(1));
        index.entries = files
            .iter()
            .map(|(path, content, inode)| Entry {
                path: rel(path),
                hash: Ok(Digest::of(content.as_bytes())),
                stamp: stamp(content, *inode),
            })
            .collect();
        index
    };
    let mut state = State::unknown(time(1000));
    state.archive = index(Tree::Archive, archive);
    state.media = index(Tree::Media, media);
    state.found.files = duplicates
        .iter()
        .map(|(path, content, inode)| Listed {
            path: rel(path),
            stamp: stamp(content, *inode),
        })
        .collect();
    state
}

/// Reads what is wanted until nothing is, from a disk that holds `contents`; gives what was read.
fn read(state: &mut State<'_>, contents: &[(&str, &str)]) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let wanted = wants(state);
        if wanted.is_empty() {
            return all;
        }
        for (tree, file) in wanted {
            let path = TreePath::new(tree, file.path);
            let text = path.to_text();
            let content = contents.iter().find(|(p, _)| *p == text);
            let proof = match content {
                Some((_, content)) => Proof::Read(Digest::of(content.as_bytes()), file.stamp),
                None => Proof::Failed("it is gone".into()),
            };
            assert!(
                state.proofs.insert(path, proof).is_none(),
                "{text} is read once"
            );
            all.push(text);
        }
    }
}

fn moves(plan: &Plan) -> Vec<(String, String, String)> {
    let text = |path: &TreePath<'_>| path.to_text();
    let moves = plan.moves.iter();
    moves
        .map(|m| (text(&m.from), text(&m.to), text(m.why.keeper().unwrap())))
        .collect()
}

fn why_not(plan: &Plan) -> Vec<(String, String)> {
    let skipped = plan.skipped.iter();
    skipped.map(|s| (s.path.to_text(), s.why.clone())).collect()
}

fn triple(from: &str, to: &str, of: &str) -> (String, String, String) {
    (from.to_owned(), to.to_owned(), of.to_owned())
}

#[test]
fn what_was_read_to_be_elsewhere_moves_and_keeps_its_directories() {
    let mut state = state(
        &[("03/2019/a", "aa", 1)],
        &[("2020/b", "bbb", 2)],
        &[("2024/x", "aa", 3), ("2024/y", "bbb", 4), ("z", "zzzz", 5)],
    );
    let disk = [
        ("duplicates/2024/x", "aa"),
        ("duplicates/2024/y", "bbb"),
        ("archive/03/2019/a", "aa"),
        ("media/2020/b", "bbb"),
    ];
    // What has a size of its own is not even read.
    let wanted = read(&mut state, &disk);
    assert_eq!(wanted, disk.map(|(path, _)| path));
    let plan = plan(&state).unwrap();
    assert_eq!(
        moves(&plan),
        [
            triple("duplicates/2024/x", "validated/2024/x", "archive/03/2019/a"),
            triple("duplicates/2024/y", "validated/2024/y", "media/2020/b"),
        ]
    );
    let told = "no file of media or archive has its content".to_owned();
    assert_eq!(why_not(&plan), [("duplicates/z".to_owned(), told)]);
    let summary = plan.summary.as_ref().unwrap();
    assert_eq!((summary.seen, summary.kept, summary.skipped), (3, 0, 1));
    assert_eq!(plan.needs.len(), 2);
}

#[test]
fn a_twin_that_proves_nothing_makes_the_next_one_wanted() {
    let archive = [("03/a", "aa", 1), ("04/a", "aa", 2)];
    let media = [("2020/a", "aa", 3)];
    let mut known = state(&archive, &media, &[("x", "aa", 4)]);
    let disk = [
        ("duplicates/x", "aa"),
        ("archive/04/a", "ab"),
        ("media/2020/a", "aa"),
    ];
    let wanted = read(&mut known, &disk);
    assert_eq!(
        wanted,
        [
            "duplicates/x",
            "archive/03/a",
            "archive/04/a",
            "media/2020/a"
        ]
    );
    let of_media = triple("duplicates/x", "validated/x", "media/2020/a");
    assert_eq!(moves(&plan(&known).unwrap()), [of_media]);

    let mut known = state(&archive, &[], &[("x", "aa", 4)]);
    read(&mut known, &disk);
    let plan = plan(&known).unwrap();
    assert!(plan.moves.is_empty());
    let told = "archive/03/a should be its twin, and is unreadable: it is gone".to_owned();
    assert_eq!(why_not(&plan), [("duplicates/x".to_owned(), told)]);
}

#[test]
fn many_twins_that_prove_nothing_are_read_at_once() {
    let paths: Vec<_> = (10..90).map(|number| format!("{number}/a")).collect();
    let archive: Vec<_> = (paths.iter().zip(1..))
        .map(|(path, inode)| (path.as_str(), "aa", inode))
        .collect();
    let mut state = state(&archive, &[], &[("x", "aa", 1000)]);
    let mut rounds = 0;
    loop {
        let wanted = wants(&state);
        if wanted.is_empty() {
            break;
        }
        rounds += 1;
        for (tree, file) in wanted {
            let proof = match tree {
                Tree::Duplicates => Proof::Read(Digest::of(b"aa"), file.stamp),
                _ => Proof::Failed("it is gone".into()),
            };
            state.proofs.insert(TreePath::new(tree, file.path), proof);
        }
    }
    assert_eq!((rounds, state.proofs.len()), (3, 81));
    assert_eq!(plan(&state).unwrap().skipped.len(), 1);
}

#[test]
fn a_duplicate_that_was_edited_is_told_from_its_twin() {
    let mut state = state(&[("03/a", "aa", 1)], &[], &[("x", "aa", 2)]);
    read(
        &mut state,
        &[("duplicates/x", "ab"), ("archive/03/a", "aa")],
    );
    let plan = plan(&state).unwrap();
    assert!(plan.moves.is_empty());
}

#[test]
fn trap_a_hard_link_of_its_twin_is_no_second_copy() {
    let mut state = state(&[], &[("2020/a", "aa", 7)], &[("x", "aa", 7)]);
    read(
        &mut state,
        &[("duplicates/x", "aa"), ("media/2020/a", "aa")],
    );
    let told = "hard link of media/2020/a: moving it would free nothing".to_owned();
    assert_eq!(
        why_not(&plan(&state).unwrap()),
        [("duplicates/x".to_owned(), told)]
    );
}

#[test]
fn trap_empty_and_unread_files_prove_nothing() {
    let mut state = state(
        &[],
        &[("2020/a", "aa", 1), ("2020/empty", "", 2)],
        &[("empty", "", 3), ("x", "aa", 4)],
    );
    state.media.entries[0].hash = Err(Box::new(Unread {
        why: "permission denied".to_owned(),
        was: Some(Digest::of(b"aa")),
    }));
    assert_eq!(read(&mut state, &[]), [""; 0]);
    assert_eq!(plan(&state).unwrap().skipped.len(), 2);
}

#[test]
fn a_disc_proves_a_file_once_it_was_read_and_found_whole() {
    let mut state = state(&[("07/a", "aa", 1)], &[], &[("x", "aa", 1)]);
    let unit = Unit::of("07", Some(time(1)), &state.archive.entries);
    state.archive.units.push(Unit {
        state: UnitState::Offline,
        ..unit
    });
    let copy = NonZeroU32::MIN;
    let happen = |state: &mut State<'_>, event| {
        let record = VolumeRecord {
            volume: "07".to_owned().try_into().unwrap(),
            at: time(2),
            event,
        };
        state.volumes.add(record).unwrap();
    };
    let holds = contents("07", &state.archive.entries);
    let burned = VolumeEvent::Burned {
        copy,
        location: None,
        holds,
    };
    happen(&mut state, burned);
    assert_eq!(
        read(&mut state, &[("duplicates/x", "aa")]),
        ["duplicates/x"]
    );
    let told = "its only twin is on volume 07, of which no disc was read and found whole";
    assert_eq!(why_not(&plan(&state).unwrap())[0].1, told);

    // A disc that was read and held something else proves nothing, nor does one that only was read.
    let mut other = state.clone();
    let (second, changed) = (NonZeroU32::new(2).unwrap(), Some(Digest::of(b"edited")));
    let burned = VolumeEvent::Burned {
        copy: second,
        location: None,
        holds: changed,
    };
    happen(&mut other, burned);
    for holds in [changed, None] {
        let copy = second;
        happen(&mut other, VolumeEvent::Verified { copy, holds });
        assert_eq!(why_not(&plan(&other).unwrap())[0].1, told);
    }

    happen(&mut state, VolumeEvent::Verified { copy, holds });
    let proven = plan(&state).unwrap();
    assert_eq!(
        moves(&proven),
        [triple("duplicates/x", "validated/x", "archive/07/a")]
    );
    assert!(proven.needs[0].offline.is_some());

    happen(&mut state, VolumeEvent::Lost { copy });
    let told = "its only twin was on volume 07, and no disc is known that holds that";
    assert_eq!(why_not(&plan(&state).unwrap())[0].1, told);
}

#[test]
fn names_that_are_taken_in_validated_get_numbers() {
    let mut state = state(&[], &[("2020/a", "aa", 1)], &[("2024/x.jpg", "aa", 2)]);
    state.taken.directories.insert(rel("2024"));
    state.taken.files.insert(rel("2024/x.jpg"));
    read(
        &mut state,
        &[("duplicates/2024/x.jpg", "aa"), ("media/2020/a", "aa")],
    );
    let moved = moves(&plan(&state).unwrap());
    assert_eq!(moved[0].1, "validated/2024/x~2.jpg");
}

#[test]
fn a_file_for_which_validated_has_no_name_stays() {
    let dirs = format!("{}/", "d".repeat(250)).repeat(16);
    let long = format!("{dirs}{}", "x".repeat(RelPath::MAX_BYTES - dirs.len()));
    let files = [("a", "aa", 2), (&long, "bb", 3)];
    let mut state = state(&[], &[("2020/a", "aa", 1), ("2020/b", "bb", 4)], &files);
    state.taken.files.insert(rel(&long));
    let from = format!("duplicates/{long}");
    let contents = [("duplicates/a", "aa"), (&from, "bb")];
    let twins = [("media/2020/a", "aa"), ("media/2020/b", "bb")];
    read(&mut state, &[contents, twins].concat());
    let plan = plan(&state).unwrap();
    assert_eq!(
        moves(&plan),
        [triple("duplicates/a", "validated/a", "media/2020/a")]
    );
    assert_eq!(plan.needs.len(), 1);
    assert_eq!(plan.skipped[0].kind, SkipKind::Other);
    assert!(plan.is_in_trouble());
}

#[test]
fn without_indexes_there_is_no_plan() {
    let state = State::unknown(time(1));
    assert_eq!(plan(&state), Err(ValidateError::NotIndexed(Tree::Archive)));
}
