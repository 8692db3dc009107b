//! How fast files are packed into volumes, in both ways. Arguments are numbers of files, ten times
//! apart, so that growth shows; `cargo bench --bench packing -- 10000000 --ignored` tries ten
//! million.

mod dice;
mod drawn;

use divan::{Bencher, counter::ItemsCount};
use mediastruct::model::medium::{DefectManagement, Disc, Pack};
use mediastruct::phase::archive::pack::pack;

const FILES: [usize; 3] = [10_000, 100_000, 1_000_000];

fn main() {
    divan::main();
}

#[divan::bench(args = FILES, sample_count = 10)]
fn chronological(bencher: Bencher, files: usize) {
    packing(bencher, files, Pack::Chronological);
}

#[divan::bench(args = FILES, sample_count = 10)]
fn compact(bencher: Bencher, files: usize) {
    packing(bencher, files, Pack::Compact);
}

#[divan::bench(args = [10_000_000], sample_count = 3, ignore)]
fn ten_million(bencher: Bencher, files: usize) {
    packing(bencher, files, Pack::Chronological);
}

fn packing(bencher: Bencher, files: usize, way: Pack) {
    let load = drawn::load(&drawn::draw(files, 1));
    let rooms = drawn::rooms(Disc::Bd25.sectors(DefectManagement::On));
    bencher
        .counter(ItemsCount::new(files))
        .bench(|| pack(&load, &rooms, way));
}
