//! Indexes of libraries that never were, the same each time.
#![allow(dead_code, reason = "each bench uses what it needs")]

use super::dice::{Chance, log_normal};
use mediastruct::model::digest::Digest;
use mediastruct::model::index::{Entry, Index, Stamp, Totals, Unit};
use mediastruct::model::path::RelPath;
use mediastruct::model::time::Time;
use mediastruct::model::tree::Tree;
use std::collections::BTreeSet;

/// The indexes of archive and media, with so many files in all: a third of them is in the archive,
/// and every fourth has the content of an earlier one.
pub fn with_duplicates(files: u64) -> [Index<'static>; 2] {
    let content = |number: u64| match number % 4 {
        3 => number / 2 / 4 * 4,
        _ => number,
    };
    let of = |is_archived: bool| {
        let numbers = (0..files).filter(move |number| (number % 3 == 0) == is_archived);
        numbers.map(move |number| (number, content(number)))
    };
    [
        index(Tree::Archive, of(true)),
        index(Tree::Media, of(false)),
    ]
}

/// The indexes of an archive without a file, and of media with so many, no two of them the same.
pub fn not_archived(files: u64) -> [Index<'static>; 2] {
    let numbers = (0..files).map(|number| (number, number));
    [
        index(Tree::Archive, [].into_iter()),
        index(Tree::Media, numbers),
    ]
}

/// An index of files, each of which has a number and one that stands for its content.
fn index(tree: Tree, files: impl Iterator<Item = (u64, u64)>) -> Index<'static> {
    let mut index = Index::empty(tree);
    index.indexed = Some(Time::default());
    index.entries = files
        .map(|(number, content)| entry(tree, number, content))
        .collect();
    index.entries.sort_by(|a, b| a.path.cmp(&b.path));
    index.totals = Totals::from_iter(&index.entries);
    let names: BTreeSet<_> = index
        .entries
        .iter()
        .map(|e| e.path.first().to_vec())
        .collect();
    let unit = |name: Vec<u8>| {
        let name = String::from_utf8(name).unwrap();
        Unit::of(&name, index.indexed, index.entries_of(&name))
    };
    index.units = names.into_iter().map(unit).collect();
    index
}

/// A file of about 4 MB, of one of 16 years.
fn entry(tree: Tree, number: u64, content: u64) -> Entry<'static> {
    let (year, month) = (2009 + number % 16, number / 16 % 12 + 1);
    let unit = match tree {
        Tree::Archive => format!("{:02}/{year}", number / 192 % 12 + 1),
        _ => format!("{year}"),
    };
    let size = log_normal(&mut Chance::of(content), 4e6, 0.7) as u64;
    let second = 1_230_768_000 + (number % 16) as i64 * 31_556_952 + month as i64 * 2_600_000;
    Entry {
        path: RelPath::from_text(format!("{unit}/{month:02}/IMG_{number:08}.jpg")).unwrap(),
        hash: Ok(Digest::of(&content.to_le_bytes())),
        stamp: Stamp {
            size,
            modified: Time::new(second, 123_456_789).unwrap(),
            inode: number + 1,
            device: tree as u64,
            ..Stamp::default()
        },
    }
}
