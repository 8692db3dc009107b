mod bundles;
mod laws;
mod offline;
mod partial;
mod rules;

use super::*;
use crate::model::digest::Digest;
use crate::model::index::{Stamp, Unread};
use crate::model::path::RelPath;
use crate::model::plan_file;
use crate::model::time::Time;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// A file of an index: path, content, and the inode if it is to be a certain one.
type File<'a> = (&'a str, &'a str, Option<u64>);

fn index(tree: Tree, files: &[File<'_>]) -> Index<'static> {
    let mut index = Index::empty(tree);
    index.indexed = Some(Time::default());
    index.entries = files
        .iter()
        .zip(1..)
        .map(|((path, content, inode), number)| Entry {
            path: RelPath::from_text(path.to_string()).unwrap(),
            hash: Ok(Digest::of(content.as_bytes())),
            stamp: Stamp {
                size: content.len() as u64,
                device: tree as u64,
                inode: inode.unwrap_or(number),
                ..Stamp::default()
            },
        })
        .collect();
    index.entries.sort_by(|a, b| a.path.cmp(&b.path));
    index
}

fn state(archive: &[File<'_>], media: &[File<'_>]) -> State<'static> {
    let mut state = State::unknown(Time::default());
    state.archive = index(Tree::Archive, archive);
    state.media = index(Tree::Media, media);
    state
}

fn moves(plan: &Plan) -> Vec<(String, String, String)> {
    plan.moves
        .iter()
        .map(|m| {
            let keeper = m.why.keeper().unwrap();
            (m.from.to_string(), m.to.to_string(), keeper.to_string())
        })
        .collect()
}

fn moved(from: &str, to: &str, of: &str) -> (String, String, String) {
    (from.into(), to.into(), of.into())
}

#[test]
fn the_archive_keeps_first_then_the_first_path_of_media() {
    let plan = plan(&state(
        &[("03/2019/a.jpg", "AA", None), ("04/2019/a.jpg", "AA", None)],
        &[
            ("2023/c.jpg", "CC", None),
            ("2024/a.jpg", "AA", None),
            ("2024/b.jpg", "BB", None),
            ("2024/c.jpg", "CC", None),
        ],
    ))
    .unwrap();
    assert_eq!(
        moves(&plan),
        [
            moved(
                "media/2024/a.jpg",
                "duplicates/2024/a.jpg",
                "archive/03/2019/a.jpg"
            ),
            moved(
                "media/2024/c.jpg",
                "duplicates/2024/c.jpg",
                "media/2023/c.jpg"
            ),
        ]
    );
    let summary = plan.summary.as_ref().unwrap();
    assert_eq!((summary.seen, summary.moves, summary.kept), (6, 2, 4));
    assert_eq!(plan.needs.len(), 2);
}

#[test]
fn a_plan_as_it_is_written() {
    let plan = plan(&state(
        &[("03/2019/a.jpg", "AA", None)],
        &[
            ("2024/a \"1\"\n.jpg", "AA", None),
            ("bytes://2024/%FF", "AA", None),
        ],
    ));
    let mut text = Vec::new();
    plan_file::write(&plan.unwrap(), &mut text).unwrap();
    insta::with_settings!({snapshot_path => "../../../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("plan_dedupe", String::from_utf8(text).unwrap());
    });
}

#[test]
fn law_9_files_without_a_hash_never_match_and_are_accounted_for() {
    let mut state = state(
        &[("01/a", "AA", None)],
        &[("2024/a", "AA", None), ("2024/b", "AA", None)],
    );
    for entry in state
        .archive
        .entries
        .iter_mut()
        .chain(&mut state.media.entries)
    {
        entry.hash = Err(Box::new(Unread {
            why: "permission denied".into(),
            was: None,
        }));
    }
    let plan = plan(&state).unwrap();
    let summary = plan.summary.as_ref().unwrap();
    assert_eq!((summary.seen, summary.moves, summary.skipped), (3, 0, 3));
    assert_eq!(summary.seen, summary.moves + summary.kept + summary.skipped);
}

#[test]
fn empty_files_are_not_duplicates() {
    let plan = plan(&state(
        &[("01/a", "", None)],
        &[("2024/a", "", None), ("2024/b", "", None)],
    ));
    assert!(plan.unwrap().moves.is_empty());
}

#[test]
fn hard_links_are_reported_and_stay() {
    let mut state = state(
        &[],
        &[
            ("2023/keeper", "AA", Some(7)),
            ("2024/copy", "AA", Some(8)),
            ("2024/link", "AA", Some(7)),
        ],
    );
    let plan = plan(&state).unwrap();
    assert_eq!(
        moves(&plan),
        [moved(
            "media/2024/copy",
            "duplicates/2024/copy",
            "media/2023/keeper"
        )]
    );
    assert_eq!(
        plan.skipped[0].why,
        "hard link of media/2023/keeper: moving it would free nothing"
    );

    // Equal inodes on two devices are two files.
    state.media.entries[2].stamp.device = 99;
    assert_eq!(super::plan(&state).unwrap().moves.len(), 2);
}

#[test]
fn a_bind_mount_of_the_archive_moves_nothing() {
    let mut state = state(
        &[("01/a", "AA", Some(7)), ("02/a", "AA", Some(9))],
        &[("2024/a", "AA", Some(9))],
    );
    state.media.entries[0].stamp.device = Tree::Archive as u64;
    let plan = plan(&state).unwrap();
    assert!(plan.moves.is_empty());
    assert!(plan.skipped[0].why.contains("archive/02/a"));
}

#[test]
fn a_taken_name_gets_a_number_before_its_extension() {
    let long = "é".repeat(125) + ".jpeg";
    let in_year = format!("2024/{long}");
    let files = [
        ("2023/x", "AA", None),
        ("2024/.hidden", "AA", None),
        ("2024/a.b.jpg", "AA", None),
        ("2024/plain", "AA", None),
        (in_year.as_str(), "AA", None),
    ];
    let mut state = state(&[], &files);
    for name in [
        "2024/a.b.jpg",
        "2024/a.b~2.jpg",
        "2024/plain",
        "2024/.hidden",
        &in_year,
    ] {
        state
            .taken
            .files
            .insert(RelPath::from_text(name.to_owned()).unwrap());
    }
    let plan = plan(&state).unwrap();
    let names: Vec<_> = plan.moves.iter().map(|m| m.to.to_string()).collect();
    let cut = "é".repeat(124) + "~2.jpeg";
    assert_eq!(
        names,
        [
            "duplicates/2024/.hidden~2",
            "duplicates/2024/a.b~3.jpg",
            "duplicates/2024/plain~2",
            &format!("duplicates/2024/{cut}"),
        ]
    );
}

#[test]
fn no_file_takes_the_name_of_a_directory_that_another_needs() {
    let files = [
        ("2023/x", "AA", None),
        ("2024/a.jpg", "AA", None),
        ("2024/a~2.jpg/b", "AA", None),
    ];
    let mut state = state(&[], &files);
    let taken = RelPath::from_text("2024/a.jpg").unwrap();
    state.taken.files.insert(taken);
    let plan = plan(&state).unwrap();
    let names: Vec<_> = plan.moves.iter().map(|m| m.to.to_string()).collect();
    assert_eq!(
        names,
        ["duplicates/2024/a~3.jpg", "duplicates/2024/a~2.jpg/b"]
    );
}

#[test]
fn no_directory_takes_the_name_of_a_file_that_is_there() {
    let files = [
        ("2023/x", "AA", None),
        ("2024/a/b/x", "AA", None),
        ("2024/a/y", "AA", None),
        ("2024/a~2", "AA", None),
    ];
    let mut state = state(&[], &files);
    let taken = RelPath::from_text("2024/a").unwrap();
    state.taken.files.insert(taken);
    let plan = plan(&state).unwrap();
    let names: Vec<_> = plan.moves.iter().map(|m| m.to.to_string()).collect();
    assert_eq!(
        names,
        [
            "duplicates/2024/a~3/b/x",
            "duplicates/2024/a~3/y",
            "duplicates/2024/a~2"
        ]
    );
}

#[test]
fn an_index_that_no_disk_can_have_is_refused() {
    let files = [
        ("2023/x", "AA", None),
        ("2024/a", "AA", None),
        ("2024/a/b", "AA", None),
    ];
    let mut state = state(&[], &files);
    // Names are found even so; a keeper that moves is not to be had from any index.
    assert!(plan(&state).is_ok());
    state.media.entries.push(state.media.entries[1].clone());
    state.media.entries.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(matches!(plan(&state), Err(DedupeError::Unlawful(_))));
}

#[test]
fn equal_hashes_at_unequal_sizes_are_an_index_fault() {
    let mut state = state(&[("01/a", "AA", None)], &[("2024/a", "AA", None)]);
    state.media.entries[0].stamp.size = 3;
    assert!(matches!(plan(&state), Err(DedupeError::UnequalSizes(..))));
}

#[test]
fn a_tree_that_was_never_indexed_is_refused() {
    let state = State::unknown(Time::default());
    assert_eq!(plan(&state), Err(DedupeError::NotIndexed(Tree::Archive)));
}

/// Files by path, with contents from a few, so that many are equal.
type Files = BTreeMap<String, String>;

/// Files in some of these units.
fn files(units: &'static str) -> impl Strategy<Value = Files> {
    let path = (units, "[a-d]{1,2}").prop_map(|(unit, name)| format!("{unit}/{name}"));
    prop::collection::btree_map(path, "[A-C]{0,2}", 0..30)
}

/// The state with these files, listed from the one numbered `first` on and around.
fn state_of(archive: &Files, media: &Files, first: usize) -> State<'static> {
    let listed = |files: &'_ Files| -> Vec<(String, String, u64)> {
        let numbered = files.iter().zip(100..);
        let mut list: Vec<_> = numbered
            .map(|((p, c), i)| (p.clone(), c.clone(), i))
            .collect();
        let first = first % list.len().max(1);
        list.rotate_left(first);
        list
    };
    let (archive, media) = (listed(archive), listed(media));
    let borrowed = |list: &'_ [(String, String, u64)], tree| {
        let files: Vec<File<'_>> = list
            .iter()
            .map(|(path, content, inode)| (path.as_str(), content.as_str(), Some(*inode)))
            .collect();
        index(tree, &files)
    };
    let mut state = state(&[], &[]);
    state.archive = borrowed(&archive, Tree::Archive);
    state.media = borrowed(&media, Tree::Media);
    state
}

fn text_of(state: &State<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    plan_file::write(&plan(state).unwrap(), &mut text).unwrap();
    text
}

proptest! {
    #[test]
    fn law_7_a_plan_is_a_pure_function_of_its_state(archive in files("0[1-2]"), media in files("202[3-4]"), first: usize) {
        let text = text_of(&state_of(&archive, &media, 0));
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let again = pool.install(|| text_of(&state_of(&archive, &media, first)));
            prop_assert_eq!(&again, &text);
        }

        // Read back and checked, it is the same plan, without a remark.
        let read = plan_file::parse(text.clone()).unwrap().check().unwrap();
        prop_assert!(read.remarks().is_empty());
        let mut again = Vec::new();
        plan_file::write(&read, &mut again).unwrap();
        prop_assert_eq!(again, text);
    }

    #[test]
    fn dedupe_leaves_each_content_once_and_the_archive_alone(archive in files("0[1-2]"), media in files("202[3-4]")) {
        let plan = plan(&state_of(&archive, &media, 0)).unwrap();
        let summary = plan.summary.as_ref().unwrap();
        prop_assert_eq!(summary.seen, summary.moves + summary.kept + summary.skipped);

        let mut left = media.clone();
        for operation in &plan.moves {
            prop_assert_eq!(operation.from.tree, Tree::Media);
            left.remove(&operation.from.rel.to_string());
        }
        let mut seen: HashSet<&String> = archive.values().collect();
        for content in left.values().filter(|c| !c.is_empty()) {
            prop_assert!(seen.insert(content), "{} is left twice", content);
        }
        for content in media.values() {
            prop_assert!(seen.contains(content) || content.is_empty(), "{} is lost", content);
        }
    }
}
