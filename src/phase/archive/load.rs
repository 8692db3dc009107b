//! What is to be packed: the files that are due, bundles together, in the order of their dates.

use super::due::Due;
use super::filed::Filed;
use super::pack::{Atom, Contents, Growth, Load, LoadedFile, OwnFile, Reserve, Rooms};
use super::shelf::Open;
use super::texts::most_beside_files;
use super::texts::{catalogue::catalogue_length, manifest::line_length, page::row_length};
use crate::model::batches::runs;
use crate::model::bundle::bundles_of_directories;
use crate::model::image_size::{Directories, NameLength, SizedFile};
use crate::model::index::Entry;
use crate::model::medium::{DefectManagement, Medium};
use crate::model::path::RelPath;
use crate::model::plan::{Role, Settings};
use crate::model::state::State;
use memchr::memrchr;
use rayon::prelude::*;

/// The files that are due, as they are packed.
pub(super) struct Packable {
    /// For [`pack`](fn@super::pack::pack).
    pub(super) load: Load,
    /// Of each file of the load, its number among those that are due.
    pub(super) files: Vec<u32>,
    /// Of each atom, under which date it is filed.
    pub(super) dates: Vec<Filed>,
    /// The main file of the bundle of each file that is due, by its number; itself where it is alone.
    pub(super) main_of: Vec<u32>,
}

impl Packable {
    /// What is packed of the files that are due.
    pub(super) fn of(due: &Due<'_>) -> Packable {
        let paths: Vec<_> = due.files.par_iter().map(|(entry, _)| &entry.path).collect();
        let mut main_of: Vec<u32> = (0..paths.len() as u32).collect();
        for bundle in bundles_of_directories(&paths).bundles {
            for member in &bundle.members {
                main_of[*member] = bundle.main() as u32;
            }
        }
        let mut load = Load::default();
        let directory_of = numbers(&paths, &mut load.directories);
        // A bundle is filed under the date of its main file, which may say the most of it. What is
        // due is sorted by path, and so are its numbers.
        let files = main_of.par_iter().zip(0..paths.len() as u32);
        let dated = files.map(|(main, file)| (due.files[*main as usize].1, *main, file));
        let mut dated: Vec<(Filed, u32, u32)> = dated.collect();
        dated.par_sort_unstable();
        let loaded = dated.par_iter().map(|(_, _, file)| {
            let (entry, _) = due.files[*file as usize];
            let directory = directory_of[*file as usize];
            loaded(entry.path.as_bytes(), entry.stamp.size, directory)
        });
        load.files = loaded.collect();
        let mut dates = Vec::new();
        let mut start = 0;
        for atom in dated.chunk_by(|(_, one, _), (_, other, _)| one == other) {
            let end = start + atom.len() as u32;
            let (filed, ..) = atom[0];
            dates.push(filed);
            load.atoms.push(Atom {
                files: start..end,
                day: filed.day(),
                month: filed.month(),
            });
            start = end;
        }
        Packable {
            load,
            files: dated.par_iter().map(|(_, _, file)| *file).collect(),
            dates,
            main_of,
        }
    }

    /// The rooms into which it is packed: those of new volumes, and of the one that is continued.
    pub(super) fn rooms(
        &mut self,
        state: &State<'_>,
        due: &Due<'_>,
        open: Option<&Open<'_>>,
    ) -> Rooms {
        Rooms {
            capacity: capacity(&state.settings),
            reserve: reserve(state, due.files.par_iter().map(|(entry, _)| *entry)),
            open: open.map(|open| contents(open, &mut self.load.directories)),
        }
    }
}

/// The sectors of a volume that may be filled.
pub(super) fn capacity(settings: &Settings) -> u64 {
    let told = settings.capacity();
    told.unwrap_or_else(|| Medium::default().sectors(DefectManagement::On))
}

/// What the tool adds to each volume when it is sealed, once these files are in the archive.
pub(super) fn reserve<'e>(
    state: &State<'_>,
    coming: impl ParallelIterator<Item = &'e Entry<'e>>,
) -> Reserve {
    let known = state.archive.entries.par_iter();
    let known = known.map(|entry| catalogue_length(entry.path.as_bytes()));
    let coming = coming.map(|entry| catalogue_length(entry.path.as_bytes()));
    let catalogue: u64 = known.chain(coming).sum();
    let files = Role::SEALING.map(|role| OwnFile {
        name: NameLength::of(role.file_name().as_bytes()),
        bytes: most_beside_files(role)
            + match role {
                Role::Catalogue => catalogue,
                _ => 0,
            },
        grows: match role {
            Role::Manifest => Growth::Lines,
            Role::Page => Growth::Rows,
            _ => Growth::Fixed,
        },
    });
    Reserve {
        files: files.to_vec(),
    }
}

/// What a volume holds already.
pub(super) fn contents(open: &Open<'_>, directories: &mut Directories) -> Contents {
    let volume = open.name.as_str().len() + 1;
    let files = open.entries.iter().map(|entry| {
        let path = &entry.path.as_bytes()[volume..];
        loaded(path, entry.stamp.size, directories.number(parent_of(path)))
    });
    Contents {
        files: files.collect(),
    }
}

/// The number of the directory of each of these paths, which are sorted.
fn numbers(paths: &[&RelPath<'_>], directories: &mut Directories) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(paths.len());
    let are_of_one =
        |a: &&RelPath<'_>, b: &&RelPath<'_>| parent_of(a.as_bytes()) == parent_of(b.as_bytes());
    for files in runs(paths, are_of_one) {
        let number = directories.number(parent_of(files[0].as_bytes()));
        numbers.resize(numbers.len() + files.len(), number);
    }
    numbers
}

/// The bytes of a path before its last slash; none where it has no slash.
fn parent_of(path: &[u8]) -> &[u8] {
    &path[..memrchr(b'/', path).unwrap_or(0)]
}

/// A file at `path` in a volume, where its directory has that number.
fn loaded(path: &[u8], size: u64, directory: u32) -> LoadedFile {
    let name = memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..]);
    // No path is so long that these would not fit.
    let bytes = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
    LoadedFile {
        file: SizedFile {
            directory,
            name: NameLength::of(name),
            size,
        },
        lines: bytes(line_length(path)),
        row: bytes(row_length(path)),
    }
}
