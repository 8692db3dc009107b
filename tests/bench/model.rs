//! How fast the pure parts are: reading an index, planning dedupe, writing and reading the plan,
//! and the text form of paths. Arguments are numbers of files, ten times apart, so that growth
//! shows.

use divan::{Bencher, counter::ItemsCount};
use mediastruct::model::digest::Digest;
use mediastruct::model::index::{Entry, Index, Stamp};
use mediastruct::model::path::{RelPath, TreePath};
use mediastruct::model::plan::Plan;
use mediastruct::model::state::State;
use mediastruct::model::time::Time;
use mediastruct::model::tree::Tree;
use mediastruct::model::{index_file, plan_file};
use mediastruct::phase::dedupe;

const FILES: [u64; 2] = [10_000, 100_000];

fn main() {
    divan::main();
}

/// An index of so many files, every fourth of which has the content of an earlier one.
fn index(tree: Tree, files: u64) -> Index<'static> {
    let mut index = Index::empty(tree);
    index.indexed = Some(Time::default());
    for number in 0..files {
        let unit = match tree {
            Tree::Archive => format!("{:02}/{}", number % 12 + 1, 2009 + number % 16),
            _ => format!("{}/{:02}", 2009 + number % 16, number % 12 + 1),
        };
        let content = if number % 4 == 3 { number / 2 } else { number };
        index.entries.push(Entry {
            path: RelPath::from_text(format!("{unit}/IMG_{number:07}.jpg")).unwrap(),
            hash: Ok(Digest::of(&content.to_le_bytes())),
            stamp: Stamp {
                size: 1000 + content % 5000,
                modified: Time::new(1_709_287_200, 123_456_789).unwrap(),
                inode: number,
                device: tree as u64,
                ..Stamp::default()
            },
        });
    }
    index.entries.sort_by(|a, b| a.path.cmp(&b.path));
    index
}

fn state(files: u64) -> State<'static> {
    let mut state = State::unknown(Time::default());
    state.archive = index(Tree::Archive, files / 3);
    state.media = index(Tree::Media, files - files / 3);
    state
}

fn text_of_plan(plan: &Plan) -> Vec<u8> {
    let mut text = Vec::new();
    plan_file::write(plan, &mut text).unwrap();
    text
}

#[divan::bench(args = FILES)]
fn read_index(bencher: Bencher, files: u64) {
    let mut text = Vec::new();
    index_file::write(&index(Tree::Media, files), &mut text).unwrap();
    bencher
        .counter(ItemsCount::new(files))
        .bench(|| index_file::parse(Tree::Media, &text).unwrap().entries.len());
}

#[divan::bench(args = FILES)]
fn write_index(bencher: Bencher, files: u64) {
    let index = index(Tree::Media, files);
    bencher.counter(ItemsCount::new(files)).bench(|| {
        let mut text = Vec::new();
        index_file::write(&index, &mut text).unwrap();
        text
    });
}

#[divan::bench(args = FILES)]
fn plan_dedupe(bencher: Bencher, files: u64) {
    let state = state(files);
    bencher
        .counter(ItemsCount::new(files))
        .bench(|| dedupe::plan(&state).unwrap());
}

#[divan::bench(args = FILES)]
fn write_plan(bencher: Bencher, files: u64) {
    let plan = dedupe::plan(&state(files)).unwrap();
    bencher
        .counter(ItemsCount::new(plan.moves.len()))
        .bench(|| text_of_plan(&plan));
}

#[divan::bench(args = FILES)]
fn read_and_check_plan(bencher: Bencher, files: u64) {
    let plan = dedupe::plan(&state(files)).unwrap();
    let text = text_of_plan(&plan);
    bencher
        .counter(ItemsCount::new(plan.moves.len()))
        .bench(|| plan_file::parse(text.clone()).unwrap().check().unwrap());
}

#[divan::bench(args = ["media/2024/03/IMG_0000001.jpg", "bytes://media/2024/caf%E9 100%25.jpg"])]
fn path_round_trip(text: &str) -> String {
    TreePath::from_text(text).unwrap().to_text()
}
