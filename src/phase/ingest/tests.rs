use super::*;
use crate::model::capture::{Content, Found, Reading, Source, When};
use crate::model::digest::Digest;
use crate::model::index::{Entry, Index, Stamp};
use crate::model::intake::{DropDirectory, Occupant};
use crate::model::path::RelPath;
use crate::model::plan::{Directory, Plan, SkipKind, Why};
use crate::model::plan_file;
use crate::model::said::SaidDate;
use crate::model::schedule::{Schedule, Step};
use crate::model::state::Proof;
use crate::model::time::Time;
use jiff::civil::{DateTime, datetime};
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000;

/// When every file was changed last, unless a test says otherwise: 2017-07-14T02:40:00Z.
const CHANGED: i64 = 1_500_000_000;

/// A drop directory, and what is known of the rest.
struct Card {
    state: State<'static>,
}

fn rel(path: &str) -> RelPath<'static> {
    RelPath::new(path.as_bytes().to_vec()).unwrap().into_owned()
}

fn ingest(path: &str) -> TreePath<'static> {
    TreePath::new(Tree::Ingest, rel(path))
}

fn stamp(size: usize, inode: u64) -> Stamp {
    let changed = Time::new(CHANGED, 0).unwrap();
    Stamp {
        size: size as u64,
        modified: changed,
        changed,
        device: 1,
        inode,
    }
}

impl Card {
    /// Nothing anywhere, and everything indexed.
    fn new() -> Card {
        let mut state = State::unknown(Time::new(NOW, 0).unwrap());
        for index in [&mut state.archive, &mut state.media] {
            index.indexed = Some(Time::new(1, 0).unwrap());
        }
        Card { state }
    }

    /// With files of these paths and contents in ingest, none of which says anything of itself.
    fn with(files: &[(&str, &str)]) -> Card {
        let mut card = Card::new();
        for (path, content) in files {
            let inode = card.state.found.files.len() as u64;
            let listed = Listed {
                path: rel(path),
                stamp: stamp(content.len(), inode),
            };
            let proof = Proof::Read(Digest::of(content.as_bytes()), listed.stamp);
            card.state.proofs.insert(ingest(path), proof);
            card.say(path, Reading::default());
            card.state.found.files.push(listed);
        }
        card.state.found.files.sort_by(|a, b| a.path.cmp(&b.path));
        card
    }

    fn knowing(mut self, tree: Tree, files: &[(&str, &str)]) -> Card {
        let entries = files.iter().map(|(path, content)| Entry {
            path: rel(path),
            hash: Ok(Digest::of(content.as_bytes())),
            stamp: stamp(content.len(), 99),
        });
        let mut index = Index::empty(tree);
        index.indexed = Some(Time::new(1, 0).unwrap());
        index.entries = entries.collect();
        match tree {
            Tree::Archive => self.state.archive = index,
            _ => self.state.media = index,
        }
        self
    }

    fn say(&mut self, path: &str, reading: Reading) {
        self.state.intake.metadata.insert(rel(path), Ok(reading));
    }

    /// The file at `path` is a picture taken then.
    fn taken(mut self, path: &str, at: DateTime) -> Card {
        let when = When::Local(at, None);
        let source = Source::ExifOriginal;
        let reading = Reading {
            content: Content::Still,
            dates: vec![Found { source, when }],
            ..Reading::default()
        };
        self.say(path, reading);
        self
    }

    fn listed(&mut self, path: &str) -> &mut Listed {
        let mut files = self.state.found.files.iter_mut();
        files.find(|file| file.path == rel(path)).unwrap()
    }

    fn plan(&self) -> Plan {
        plan(&self.state).unwrap()
    }

    /// What moves where, and what is left out, by kind: in the order of the plan.
    fn told(&self) -> Vec<String> {
        let plan = self.plan();
        let moves = plan.moves.iter();
        let moves = moves.map(|m| format!("{} {} {}", m.from.rel, m.why.kind(), m.to));
        let skipped = plan.skipped.iter();
        let skipped = skipped.map(|skip| format!("{} {:?}", skip.path.rel, skip.kind));
        moves.chain(skipped).collect()
    }
}

/// The first 16 hexadecimal digits of the hash of a content.
fn hex(content: &str) -> String {
    Digest::of(content.as_bytes()).to_string()[..16].to_owned()
}

/// 2019-03-01T12:00:00, the time at which most pictures of these tests are taken.
fn noon() -> DateTime {
    datetime(2019, 3, 1, 12, 0, 0, 0)
}

#[test]
fn a_file_is_named_by_its_time_and_its_content() {
    let card = Card::with(&[("DCIM/a.JPG", "a"), ("b", "b")]).taken("DCIM/a.JPG", noon());
    let (a, b) = (hex("a"), hex("b"));
    assert_eq!(
        card.told(),
        [
            format!("DCIM/a.JPG date media/2019/20190301_120000_{a}.JPG"),
            format!("b date media/2017/20170714_024000_{b}"),
        ]
    );
    let plan = card.plan();
    let confidence = |at: usize| {
        let dated = plan.moves[at].why.dated().unwrap();
        format!("{} {:?}", dated.taken.source, dated.taken.confidence)
    };
    assert_eq!(confidence(0), "exif:DateTimeOriginal High");
    assert_eq!(confidence(1), "mtime Low");
}

#[test]
fn without_indexes_there_is_no_plan() {
    let state = State::unknown(Time::new(NOW, 0).unwrap());
    assert_eq!(
        plan(&state).unwrap_err(),
        IngestError::NotIndexed(Tree::Archive)
    );
}

#[test]
fn what_media_or_the_archive_hold_goes_to_duplicates() {
    let files = [("card/a.jpg", "a"), ("card/b.jpg", "b"), ("c.jpg", "c")];
    let card = Card::with(&files)
        .knowing(Tree::Archive, &[("01/2019/x.jpg", "a")])
        .knowing(Tree::Media, &[("2019/x.jpg", "a"), ("2020/y.jpg", "b")]);
    let c = hex("c");
    assert_eq!(
        card.told(),
        [
            "c.jpg date media/2017/20170714_024000_".to_owned() + &c + ".jpg",
            "card/a.jpg already_archived duplicates/ingest/card/a.jpg".to_owned(),
            "card/b.jpg duplicate duplicates/ingest/card/b.jpg".to_owned(),
        ]
    );
    let plan = card.plan();
    let needs: Vec<_> = plan.needs.iter().map(|n| n.path.to_string()).collect();
    assert_eq!(needs, ["archive/01/2019/x.jpg", "media/2020/y.jpg"]);
    assert!(plan.moves.iter().all(|m| m.why.dated().is_some()));
}

#[test]
fn of_twins_the_later_path_goes_to_duplicates() {
    let card = Card::with(&[("a.jpg", "x"), ("b/a.jpg", "x"), ("c.jpg", "x")]);
    let to = format!("media/2017/20170714_024000_{}.jpg", hex("x"));
    assert_eq!(
        card.told(),
        [
            format!("a.jpg date {to}"),
            "b/a.jpg duplicate duplicates/ingest/b/a.jpg".to_owned(),
            "c.jpg duplicate duplicates/ingest/c.jpg".to_owned(),
        ]
    );
    let plan = card.plan();
    let keeper = |at: usize| plan.moves[at].why.keeper().map(ToString::to_string);
    assert_eq!((keeper(1), keeper(2)), (Some(to.clone()), Some(to)));
    assert!(plan.needs.is_empty());
    // Whoever takes the first out of the plan has to take the others out, too.
    let mut raw = plan.into_raw();
    raw.moves.remove(0);
    assert_eq!(raw.check().unwrap_err().len(), 2);
}

#[test]
fn a_bundle_gets_the_stem_of_its_main_file() {
    let files = [
        ("a.CR2", "raw"),
        ("a.JPG", "jpg"),
        ("a.xmp", "sidecar"),
        ("IMG_1.HEIC", "still"),
        ("IMG_1.MOV", "movie"),
        ("IMG_E1.JPG", "edited"),
    ];
    let card = Card::with(&files)
        .taken("a.CR2", noon())
        .taken("a.JPG", datetime(2001, 1, 1, 0, 0, 0, 0))
        .taken("IMG_1.HEIC", datetime(2020, 1, 1, 0, 0, 0, 0));
    let raw = format!("media/2019/20190301_120000_{}", hex("raw"));
    let still = format!("media/2020/20200101_000000_{}", hex("still"));
    assert_eq!(
        card.told(),
        [
            format!("IMG_1.HEIC date {still}.HEIC"),
            format!("IMG_1.MOV date {still}.MOV"),
            format!("IMG_E1.JPG date {still}_E.JPG"),
            format!("a.CR2 date {raw}.CR2"),
            format!("a.JPG date {raw}.JPG"),
            format!("a.xmp date {raw}.xmp"),
        ]
    );
    let plan = card.plan();
    let main = plan.moves[5].bundle.as_ref().map(ToString::to_string);
    assert_eq!(main.as_deref(), Some("ingest/a.CR2"));
    let mut alone = card;
    alone.state.settings.bundles = Some(false);
    assert_eq!(
        alone.told()[5],
        format!(
            "a.xmp date media/2017/20170714_024000_{}.xmp",
            hex("sidecar")
        )
    );
}

#[test]
fn a_bundle_moves_whole_or_not_at_all() {
    let files = [("a.CR2", "raw"), ("a.JPG", "jpg"), ("b.JPG", "b")];
    let mut card = Card::with(&files);
    card.state
        .proofs
        .insert(ingest("a.JPG"), Proof::Failed("permission denied".into()));
    let b = format!("b.JPG date media/2017/20170714_024000_{}.JPG", hex("b"));
    assert_eq!(card.told(), [b.as_str(), "a.CR2 Bundle", "a.JPG Unread"]);
    let plan = card.plan();
    assert!(plan.is_in_trouble());
    assert!(plan.skipped[0].why.contains("ingest/a.JPG"));
}

#[test]
fn what_belongs_to_a_picture_that_is_there_already_goes_beside_it() {
    let files = [
        ("a.CR2", "raw"),
        ("a.JPG", "jpg"),
        ("a.xmp", "edited since"),
    ];
    let media = [
        ("2019/old.CR2", "raw"),
        ("2019/old.xmp", "as it was"),
        ("2020/else.JPG", "jpg"),
    ];
    let card = Card::with(&files).knowing(Tree::Media, &media);
    let card = card.taken("a.JPG", noon());
    assert_eq!(
        card.told(),
        [
            "a.CR2 duplicate duplicates/ingest/a.CR2",
            "a.JPG duplicate duplicates/ingest/a.JPG",
            "a.xmp date media/2019/old~2.xmp",
        ]
    );
}

#[test]
fn what_belongs_to_a_new_picture_goes_with_it_even_if_it_is_elsewhere() {
    let files = [("a.CR2", "raw"), ("a.xmp", "as all of them")];
    let card = Card::with(&files).knowing(Tree::Media, &[("2019/x.xmp", "as all of them")]);
    let stem = format!("media/2017/20170714_024000_{}", hex("raw"));
    assert_eq!(
        card.told(),
        [
            format!("a.CR2 date {stem}.CR2"),
            format!("a.xmp date {stem}.xmp"),
        ]
    );
}

#[test]
fn where_files_are_copied_what_is_known_is_left_out() {
    let files = [
        ("a.jpg", "a"),
        ("b.jpg", "a"),
        ("c.CR2", "c"),
        ("c.xmp", "new"),
    ];
    let mut card = Card::with(&files).knowing(Tree::Media, &[("2019/c.CR2", "c")]);
    card.state.settings.copy = Some(true);
    assert_eq!(
        card.told(),
        [
            format!("a.jpg date media/2017/20170714_024000_{}.jpg", hex("a")),
            "c.xmp date media/2019/c.xmp".to_owned(),
            "b.jpg Known".to_owned(),
            "c.CR2 Known".to_owned(),
        ]
    );
    let plan = card.plan();
    assert!(plan.is_copying() && !plan.is_in_trouble());
    let needs: Vec<_> = plan.needs.iter().map(|n| n.path.to_string()).collect();
    assert_eq!(
        needs,
        ["media/2019/c.CR2"],
        "it is looked at before it is believed"
    );
    let steps = Schedule::of(&plan).steps().to_vec();
    assert_eq!(steps, [Step::Copy(0), Step::Copy(1)]);
    // Only ingest copies, and a copied directory is not empty.
    let mut raw = plan.into_raw();
    raw.prunes.push(Directory {
        dir: ingest("card"),
        mode: 0o755,
        modified: Time::default(),
    });
    let told = raw.check().unwrap_err()[0].to_string();
    assert!(told.starts_with("only ingest and restoring"), "{told}");
}

#[test]
fn a_sidecar_that_is_like_anothers_stays_with_its_own_picture() {
    let files = [
        ("a.jpg", "a"),
        ("a.aae", "the same"),
        ("b.jpg", "b"),
        ("b.aae", "the same"),
    ];
    let media = [
        ("2019/x.aae", "the same"),
        ("2019/x.jpg", "b"),
        ("2019/y.jpg", "a"),
    ];
    let card = Card::with(&files).knowing(Tree::Media, &media);
    assert_eq!(
        card.told(),
        [
            "a.aae date media/2019/y.aae",
            "a.jpg duplicate duplicates/ingest/a.jpg",
            "b.aae duplicate duplicates/ingest/b.aae",
            "b.jpg duplicate duplicates/ingest/b.jpg",
        ]
    );
}

#[test]
fn a_bundle_waits_for_the_file_that_is_still_written() {
    let mut card = Card::with(&[("a.CR2", "raw"), ("a.JPG", "jpg"), ("a.xmp", "x")]);
    card.listed("a.CR2").stamp.modified = Time::new(NOW, 0).unwrap();
    assert_eq!(
        card.told(),
        ["a.CR2 Changing", "a.JPG Bundle", "a.xmp Bundle"]
    );
}

#[test]
fn a_hard_link_of_a_file_in_media_stays() {
    let mut card = Card::with(&[("a.jpg", "a"), ("b.jpg", "b")]);
    card = card.knowing(Tree::Media, &[("2019/a.jpg", "a")]);
    let inode = card.listed("a.jpg").stamp.inode;
    card.state.media.entries[0].stamp.inode = inode;
    let told = card.told();
    assert_eq!(told[1], "a.jpg HardLink");
    assert!(told[0].starts_with("b.jpg date"));
}

#[test]
fn of_names_of_one_file_the_later_stays_and_is_no_duplicate() {
    let names = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"].map(|name| (name, "x"));
    let mut card = Card::with(&names);
    for (name, inode) in names.iter().zip([1, 1, 2, 2]) {
        card.listed(name.0).stamp.inode = inode;
        let proof = Proof::Read(Digest::of(b"x"), card.listed(name.0).stamp);
        card.state.proofs.insert(ingest(name.0), proof);
    }
    assert_eq!(
        card.told()[1..],
        [
            // Of this file there is another copy, whatever its names.
            "c.jpg duplicate duplicates/ingest/c.jpg",
            "d.jpg duplicate duplicates/ingest/d.jpg",
            "b.jpg HardLink",
        ]
    );
    assert!(!card.plan().is_in_trouble());
}

#[test]
fn a_file_for_which_duplicates_has_no_name_stays_with_its_bundle() {
    let deep = |bytes: usize| {
        let dirs = format!("{}/", "d".repeat(250)).repeat(16);
        format!("{dirs}{}", "x".repeat(bytes - dirs.len()))
    };
    let most = RelPath::MAX_BYTES - "ingest/".len();
    let (fits, long) = (deep(most), deep(most + 1));
    let files = [("a.jpg", "a"), ("b.jpg", "b"), (&fits, "a"), (&long, "b")];
    let mut card = Card::with(&files);
    let kinds = |card: &Card| {
        let plan = card.plan();
        let skipped = plan.skipped.iter().map(|skip| skip.kind);
        (plan.moves.len(), skipped.collect::<Vec<_>>())
    };
    assert_eq!(kinds(&card), (3, vec![SkipKind::Other]));
    // With a number it would be too long as well.
    card.state
        .taken
        .files
        .insert(rel(&format!("ingest/{fits}")));
    assert_eq!(kinds(&card), (2, vec![SkipKind::Other; 2]));
    assert!(card.plan().is_in_trouble());
    // Nothing of a shot goes where not all of it can.
    let shot = [
        (format!("{fits}.CR2"), "raw"),
        (format!("{fits}.xmp"), "new"),
    ];
    let shot = shot.map(|(path, content)| (path[5..].to_owned(), content));
    let shot: Vec<_> = shot
        .iter()
        .map(|(p, content)| (p.as_str(), *content))
        .collect();
    let mut card = Card::with(&shot).knowing(Tree::Media, &[("2019/a.CR2", "raw")]);
    assert_eq!(kinds(&card), (2, vec![]));
    card.state
        .taken
        .files
        .insert(rel(&format!("ingest/{}", shot[0].0)));
    let stays = vec![SkipKind::Other, SkipKind::Bundle];
    assert_eq!(kinds(&card), (0, stays));
}

#[test]
fn a_copy_that_is_not_there_any_more_is_not_believed() {
    let mut card = Card::with(&[("a.jpg", "a")]).knowing(Tree::Media, &[("2019/a.jpg", "a")]);
    let path = TreePath::new(Tree::Media, rel("2019/a.jpg"));
    card.state.intake.lost.insert(path);
    for copy in [None, Some(true)] {
        card.state.settings.copy = copy;
        assert_eq!(card.told(), ["a.jpg Other"]);
        assert!(card.plan().is_in_trouble());
    }
}

#[test]
fn trap_one_second_and_other_content_are_told_apart_by_the_hash() {
    let card = Card::with(&[("a.jpg", "a"), ("b.jpg", "b")])
        .taken("a.jpg", noon())
        .taken("b.jpg", noon());
    let moves = card.plan().into_raw().moves;
    assert_ne!(moves[0].to, moves[1].to);
    assert!(
        moves
            .iter()
            .all(|m| m.to.to_string().contains("20190301_120000_"))
    );
}

#[test]
fn trap_what_may_still_be_written_is_left_for_next_time() {
    let mut card = Card::with(&[("a.jpg", "a"), ("b.jpg", "b"), ("c.jpg", "c")]);
    card.listed("a.jpg").stamp.modified = Time::new(NOW - 30, 0).unwrap();
    // Since it was listed, it grew.
    let grown = Proof::Read(Digest::of(b"bb"), stamp(2, 1));
    card.state.proofs.insert(ingest("b.jpg"), grown);
    let told = card.told();
    assert_eq!(told[1..], ["a.jpg Changing", "b.jpg Changing"]);
    assert!(card.plan().is_in_trouble());
    let wanted = wants(&card.state).len();
    assert_eq!(wanted, 0, "what is let lie is not read");
}

#[test]
fn law_9_what_is_let_lie_is_named_by_its_class() {
    let mut card = Card::with(&[("a.jpg", ""), (".DS_Store", "x"), ("b.jpg", "b")]);
    card.state.found.special = vec![(rel("link"), "a symbolic link")];
    card.state.found.unreadable = vec![(rel("dir"), "permission denied".into())];
    let told = card.told();
    assert_eq!(
        told[1..],
        [
            ".DS_Store System",
            "a.jpg Empty",
            "dir Unread",
            "link Special",
        ]
    );
    let summary = card.plan().summary.clone().unwrap();
    assert_eq!((summary.seen, summary.moves, summary.skipped), (5, 1, 4));
    assert_eq!(summary.left[&SkipKind::Empty], 1);
}

#[test]
fn a_name_that_something_unknown_has_is_not_taken() {
    let files = [("a.CR2", "raw"), ("a.JPG", "jpg"), ("b.JPG", "b")];
    let mut card = Card::with(&files);
    let taken = card.plan().moves[1].to.clone();
    assert!(taken.to_string().ends_with(".JPG"));
    for (occupant, told) in [
        (
            Occupant::Unlisted,
            "is taken by a file that no index lists: crawl",
        ),
        (
            Occupant::NoFile("a directory"),
            "is taken by a directory: rename that",
        ),
        (
            Occupant::Unreachable("cannot look".to_owned()),
            "cannot look: look into it",
        ),
    ] {
        card.state.intake.occupied.insert(taken.clone(), occupant);
        assert_eq!(card.told()[1..], ["a.CR2 Bundle", "a.JPG Occupied"]);
        let why = card.plan().skipped[1].why.clone();
        assert!(why.contains(told), "{why}");
    }
    // In the index, it is another file whose name this one cannot have.
    let known = taken.rel.to_string();
    let card = Card::with(&files).knowing(Tree::Media, &[(&known, "something else")]);
    assert!(card.told()[1].ends_with("~2.JPG"), "{:?}", card.told());
}

#[test]
fn undated_files_are_gathered_under_their_names() {
    let mut card = Card::with(&[("card/a.jpg", "a"), ("card/b.jpg", "b"), ("c.tar.gz", "c")])
        .taken("card/b.jpg", noon());
    // Not even the time of its last change is sane.
    card.listed("c.tar.gz").stamp.modified = Time::new(0, 0).unwrap();
    let proof = Proof::Read(Digest::of(b"c"), card.listed("c.tar.gz").stamp);
    card.state.proofs.insert(ingest("c.tar.gz"), proof);
    assert_eq!(card.told().last().unwrap(), "c.tar.gz Undated");
    let undated = TreePath::new(Tree::Media, rel("2024/undated"));
    card.state.settings.undated = Some(undated);
    assert_eq!(
        card.told(),
        [
            "c.tar.gz date media/2024/undated/c.tar.gz".to_owned(),
            "card/a.jpg date media/2024/undated/card/a.jpg".to_owned(),
            format!(
                "card/b.jpg date media/2019/20190301_120000_{}.jpg",
                hex("b")
            ),
        ]
    );
}

#[test]
fn what_a_person_says_of_a_date_goes_before_all() {
    let mut card = Card::with(&[("a/x.jpg", "a"), ("b.jpg", "b")])
        .taken("a/x.jpg", noon())
        .taken("b.jpg", noon());
    let said: SaidDate = "1987-07-14".parse().unwrap();
    card.state.intake.said.all = Some(said);
    let map = "1955-05-05T18:00:00+01:00 a\n1900-01-01 nothing here\n";
    card.state.intake.said.parse_map(map).unwrap();
    let told = card.told();
    assert!(told[0].contains("media/1955/19550505_180000_"), "{told:?}");
    assert!(told[1].contains("media/1987/19870714_000000_"), "{told:?}");
    let plan = card.plan();
    let Why::Date(dated) = &plan.moves[0].why else {
        panic!("{:?}", plan.moves[0].why);
    };
    assert_eq!(dated.taken.source, Source::Override);
    assert_eq!(dated.rivals.len(), 1, "the camera says otherwise");
    assert_eq!(
        plan.warnings,
        ["line 2 of the date map is about nothing in ingest: nothing here"]
    );
}

#[test]
fn directories_go_where_nothing_is_left_in_them() {
    let mut card = Card::with(&[
        ("DCIM/100/a.jpg", "a"),
        ("DCIM/100/b.jpg", "b"),
        ("DCIM/101/c.jpg", "c"),
        ("DCIM/101/empty", ""),
    ]);
    assert!(card.plan().prunes.is_empty());
    let directory = |path: &str, entries| DropDirectory {
        directory: Directory {
            dir: ingest(path),
            mode: 0o755,
            modified: Time::default(),
        },
        entries,
    };
    card.state.intake.directories = vec![
        directory("DCIM", 3),
        directory("DCIM/100", 2),
        directory("DCIM/101", 2),
        directory("DCIM/MISC", 0),
        directory("old", 1),
        directory("old/er", 0),
    ];
    let pruned = |card: &Card| {
        let plan = card.plan();
        let pruned = plan.prunes.iter().map(|p| p.dir.rel.to_string());
        pruned.collect::<Vec<_>>()
    };
    assert_eq!(pruned(&card), ["DCIM/100", "DCIM/MISC", "old", "old/er"]);
    // Something lies in it that no walk lists.
    card.state.intake.directories[1].entries = 3;
    assert_eq!(pruned(&card), ["DCIM/MISC", "old", "old/er"]);
    // A file came with its directory after the files were listed.
    let came = directory("DCIM/100/new", 1);
    card.state.intake.directories.push(came);
    assert_eq!(pruned(&card), ["DCIM/MISC", "old", "old/er"]);
}

#[test]
fn files_that_several_shots_claim_are_reported() {
    let card = Card::with(&[("a.CR2", "0"), ("a.jpg", "1"), ("a.jpeg", "2")]);
    let plan = card.plan();
    assert!(plan.moves.iter().all(|m| m.bundle.is_none()));
    assert_eq!(plan.warnings.len(), 1);
    let told = &plan.warnings[0];
    assert!(
        told.ends_with("ingest/a.CR2, ingest/a.jpeg, ingest/a.jpg"),
        "{told}"
    );
}

proptest! {
    #[test]
    fn law_7_and_9_any_card_is_accounted_for_and_planned_the_same_again(
        files in prop::collection::btree_map("(d/|e/)?(IMG_E?[12]|a|b\\(1\\))\\.(jpg|JPG|CR2|mov|xmp|json|jpg\\.json|AAE)", "[a-d]?", 0..24),
        known in prop::collection::btree_map("20(18|19)/[a-c]\\.(jpg|CR2)", "[a-d]", 0..4),
        archived in prop::collection::btree_map("0[12]/[a-c]\\.jpg", "[a-d]", 0..3),
    ) {
        let of = |files: &std::collections::BTreeMap<String, String>| {
            files.iter().map(|(p, c)| (p.clone(), c.clone())).collect::<Vec<_>>()
        };
        let (files, known, archived) = (of(&files), of(&known), of(&archived));
        let borrowed = |files: &[(String, String)]| -> Vec<(&'static str, &'static str)> {
            files.iter().map(|(p, c)| (&*p.clone().leak(), &*c.clone().leak())).collect()
        };
        let card = Card::with(&borrowed(&files))
            .knowing(Tree::Media, &borrowed(&known))
            .knowing(Tree::Archive, &borrowed(&archived));
        // The plan is lawful, or there would be none.
        let plan = card.plan();
        prop_assert_eq!(plan.moves.len() + plan.skipped.len(), files.len());
        let mut again = Card { state: card.state.clone() };
        again.state.proofs = card.state.proofs.clone().into_iter().rev().collect();
        prop_assert_eq!(plan_file::text(&plan), plan_file::text(&again.plan()));
        // Every content that was there is in media, the archive, or brought there.
        for operation in plan.moves.iter().filter(|m| m.to.tree == Tree::Duplicates) {
            let keeper = operation.why.keeper().unwrap();
            let is_brought = plan.moves.iter().any(|m| m.to == *keeper && m.hash == operation.hash);
            let is_needed = plan.needs.iter().any(|n| n.path == *keeper && n.hash == operation.hash);
            prop_assert!(is_brought || is_needed);
        }
        // A bundle goes whole or stays whole.
        for operation in &plan.moves {
            if let Some(main) = &operation.bundle {
                prop_assert!(plan.skipped.iter().all(|s| s.bundle.as_ref() != Some(main)));
            }
        }
    }
}
