use super::*;
use crate::model::path::TreePath;
use crate::model::plan::{Move, Why};

fn entry(path: &str, size: u64) -> Entry<'_> {
    Entry {
        path: RelPath::from_text(path).unwrap(),
        hash: Ok(Digest::of(path.as_bytes())),
        stamp: Stamp {
            size,
            ..Stamp::default()
        },
    }
}

fn media<'a>(paths: &[&'a str]) -> Index<'a> {
    let mut index = Index::empty(Tree::Media);
    index.entries = paths.iter().map(|p| entry(p, 10)).collect();
    index.recount([&b"2023"[..], b"2024"]);
    index
}

fn operation(from: &str, to: &str, content: &str) -> Move {
    Move {
        from: TreePath::from_text(from).unwrap().into_owned(),
        to: TreePath::from_text(to).unwrap().into_owned(),
        size: 10,
        modified: Time::default(),
        hash: Digest::of(content.as_bytes()),
        why: Why::Undo {
            run: "20240101T000000.000Z-000000".parse().unwrap(),
        },
        bundle: None,
    }
}

fn moved(operation: &Move) -> Moved<'_> {
    let stamp = Some(Stamp {
        size: 10,
        ..Stamp::default()
    });
    Moved { operation, stamp }
}

#[test]
fn entries_follow_their_files_and_back() {
    let before = media(&["2023/a", "2024/a", "2024/b"]);
    let there = operation("media/2024/a", "duplicates/2024/a", "2024/a");
    let back = operation("duplicates/2024/a", "media/2024/a", "2024/a");

    let after = before.clone().after(&[moved(&there)]);
    assert_eq!(
        after.totals,
        Totals {
            files: 2,
            bytes: 20
        }
    );
    assert_eq!(after.unit("2024").unwrap().totals.files, 1);
    assert_eq!(after.unit("2023"), before.unit("2023"));
    assert_eq!(after.clone().after(&[moved(&there)]), after, "again");
    assert_eq!(after.after(&[moved(&back)]), before);
}

#[test]
fn what_a_person_accepted_is_forgotten_until_the_next_crawl() {
    let there = operation("media/2024/a", "media/2023/b", "2024/a");
    let left = Moved {
        operation: &there,
        stamp: None,
    };
    let after = media(&["2023/b", "2024/a", "2024/b"]).after(&[left]);
    let names: Vec<_> = after.entries.iter().map(|e| e.path.to_string()).collect();
    assert_eq!(names, ["2024/b"]);
}

#[test]
fn an_index_without_part_in_a_run_stays_as_it_is() {
    let mut archive = media(&["2024/a"]);
    archive.tree = Tree::Archive;
    let there = operation("media/2024/a", "duplicates/2024/a", "2024/a");
    assert_eq!(archive.clone().after(&[moved(&there)]), archive);
}

#[test]
fn the_entries_of_a_unit_stand_together() {
    let index = media(&["2023/z", "2024-old/a", "2024/a", "2024/b", "20240/c"]);
    let names: Vec<_> = index
        .entries_of("2024")
        .iter()
        .map(|e| e.path.to_string())
        .collect();
    assert_eq!(names, ["2024/a", "2024/b"]);
    assert!(index.entries_of("2022").is_empty());
    assert!(index.get(&RelPath::from_text("2024/b").unwrap()).is_some());
    assert!(index.get(&RelPath::from_text("2024/c").unwrap()).is_none());
}

#[test]
fn basis_tells_content_and_not_identity() {
    let index = media(&["2024/a"]);
    let mut other_inode = index.clone();
    other_inode.entries[0].stamp.inode = 7;
    assert_eq!(index.basis(), other_inode.basis());
    let mut other_size = index.clone();
    other_size.entries[0].stamp.size = 7;
    assert_ne!(index.basis(), other_size.basis());
}

#[test]
fn a_file_is_settled_that_changed_two_seconds_before_it_was_read() {
    let read = Time::new(100, 5).unwrap();
    let stamp = |modified, changed| Stamp {
        modified,
        changed,
        ..Stamp::default()
    };
    let is_settled = |modified, changed| stamp(modified, changed).is_settled(read);
    let [old, young] = [5, 6].map(|nanoseconds| Time::new(98, nanoseconds).unwrap());
    assert!(is_settled(old, old) && is_settled(Time::new(-7, 0).unwrap(), old));
    assert!(!is_settled(young, old) && !is_settled(old, young));
    assert!(!is_settled(read, old) && !is_settled(Time::new(102, 5).unwrap(), old));
    // Somebody made up a time in the future; the one of the inode tells of changes.
    let future = Time::new(1000, 0).unwrap();
    assert!(is_settled(future, old) && !is_settled(old, future) && !is_settled(future, future));
}

#[test]
fn a_stamp_in_doubt_is_that_of_no_file() {
    let [old, young] = [1, 9].map(|seconds| Time::new(seconds, 0).unwrap());
    let stamp = Stamp {
        changed: old,
        device: 1,
        ..Stamp::default()
    };
    let elsewhere = Stamp { device: 2, ..stamp };
    let settled = stamp.remembered(young);
    assert!(settled == stamp && settled.is_still(&elsewhere));
    let doubtful = stamp.remembered(old);
    assert!(!doubtful.is_still(&stamp) && !doubtful.is_still(&doubtful));
    assert!(doubtful.same_content_as(&stamp) && doubtful.same_file_as(&stamp));
}

#[test]
fn a_cursor_finds_what_the_index_has_in_whatever_order_it_is_asked() {
    let names: Vec<_> = (0..200).map(|n| format!("2024/{:03}.jpg", n * 2)).collect();
    let mut index = Index::empty(Tree::Media);
    index.entries = names.iter().map(|name| entry(name, 10)).collect();
    let asked = (0..400).map(|n| format!("2024/{n:03}.jpg"));
    let asked: Vec<_> = asked
        .map(|name| RelPath::from_text(name).unwrap())
        .collect();
    // In order, backwards, and in strides that come round.
    let orders: [fn(usize) -> usize; 4] = [|n| n, |n| 399 - n, |n| n * 7 % 400, |n| n * 149 % 400];
    for order in orders {
        let mut cursor = index.cursor();
        for path in (0..400).map(|n| &asked[order(n)]) {
            assert_eq!(cursor.get(path), index.get(path), "{path}");
        }
        assert_eq!(cursor.get(&asked[0]), index.get(&asked[0]));
    }
    assert_eq!(Index::empty(Tree::Media).cursor().get(&asked[0]), None);
}
