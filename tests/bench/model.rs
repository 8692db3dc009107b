//! How fast the pure parts are: reading an index, planning dedupe and archive, writing and reading
//! the plan, and the text form of paths. Arguments are numbers of files, ten times apart, so that
//! growth shows.

mod dice;
mod made;

use divan::{Bencher, counter::ItemsCount};
use mediastruct::model::index::Index;
use mediastruct::model::medium::{Disc, Medium};
use mediastruct::model::path::TreePath;
use mediastruct::model::plan::Plan;
use mediastruct::model::state::State;
use mediastruct::model::time::Time;
use mediastruct::model::tree::Tree;
use mediastruct::model::{index_file, plan_file};
use mediastruct::phase::{archive, dedupe};

const FILES: [u64; 2] = [10_000, 100_000];

fn main() {
    let benches = divan::Divan::default().sample_count(20);
    benches.config_with_args().main();
}

fn state([archive, media]: [Index<'static>; 2]) -> State<'static> {
    let mut state = State::unknown(Time::default());
    state.archive = archive;
    state.media = media;
    state
}

fn text_of_plan(plan: &Plan) -> Vec<u8> {
    let mut text = Vec::new();
    plan_file::write(plan, &mut text).unwrap();
    text
}

#[divan::bench(args = FILES)]
fn read_index(bencher: Bencher, files: u64) {
    let [_, index] = made::not_archived(files);
    let mut text = Vec::new();
    index_file::write(&index, &mut text).unwrap();
    bencher
        .counter(ItemsCount::new(files))
        .bench(|| index_file::parse(Tree::Media, &text).unwrap().entries.len());
}

#[divan::bench(args = FILES)]
fn write_index(bencher: Bencher, files: u64) {
    let [_, index] = made::not_archived(files);
    bencher.counter(ItemsCount::new(files)).bench(|| {
        let mut text = Vec::new();
        index_file::write(&index, &mut text).unwrap();
        text
    });
}

#[divan::bench(args = FILES)]
fn plan_dedupe(bencher: Bencher, files: u64) {
    let state = state(made::with_duplicates(files));
    bencher
        .counter(ItemsCount::new(files))
        .bench(|| dedupe::plan(&state).unwrap());
}

#[divan::bench(args = FILES)]
fn plan_archive(bencher: Bencher, files: u64) {
    let mut state = state(made::not_archived(files));
    state.settings.medium = Some(Medium::Disc(Disc::Bd25));
    state.settings.through = Some(2030);
    bencher
        .counter(ItemsCount::new(files))
        .bench(|| archive::plan(&state).unwrap());
}

#[divan::bench(args = FILES)]
fn write_plan(bencher: Bencher, files: u64) {
    let plan = dedupe::plan(&state(made::with_duplicates(files))).unwrap();
    bencher
        .counter(ItemsCount::new(plan.moves.len()))
        .bench(|| text_of_plan(&plan));
}

#[divan::bench(args = FILES)]
fn read_and_check_plan(bencher: Bencher, files: u64) {
    let plan = dedupe::plan(&state(made::with_duplicates(files))).unwrap();
    let text = text_of_plan(&plan);
    bencher
        .counter(ItemsCount::new(plan.moves.len()))
        .bench(|| plan_file::parse(text.clone()).unwrap().check().unwrap());
}

#[divan::bench(args = ["media/2024/03/IMG_0000001.jpg", "bytes://media/2024/caf%E9 100%25.jpg"], sample_size = 1000)]
fn path_round_trip(text: &str) -> String {
    TreePath::from_text(text).unwrap().to_text()
}
