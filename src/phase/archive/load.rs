//! What is to be packed: the files that are due, bundles together, in the order of their dates.

use super::due::Due;
use super::filed::Filed;
use super::pack::{Atom, Contents, Growth, Load, LoadedFile, OwnFile, Reserve, Rooms};
use super::shelf::Open;
use super::texts::most_beside_files;
use super::texts::{catalogue::catalogue_length, manifest::line_length, page::row_length};
use crate::model::bundle::bundles_of_directories;
use crate::model::image_size::{Directories, NameLength, SizedFile};
use crate::model::index::Entry;
use crate::model::medium::{DefectManagement, Medium};
use crate::model::path::RelPath;
use crate::model::plan::{Role, Settings};
use crate::model::state::State;

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
        let paths: Vec<&RelPath<'_>> = due.files.iter().map(|(entry, _)| &entry.path).collect();
        let mut main_of: Vec<u32> = (0..paths.len() as u32).collect();
        let bundles = bundles_of_directories(&paths).bundles;
        for bundle in &bundles {
            for member in &bundle.members {
                main_of[*member] = bundle.main() as u32;
            }
        }
        // A bundle is filed under the date of its main file, which may say the most of it.
        let date = |file: u32| due.files[main_of[file as usize] as usize].1;
        let mut files: Vec<u32> = (0..paths.len() as u32).collect();
        // What is due is sorted by path, and so are its numbers.
        files.sort_by_key(|file| (date(*file), main_of[*file as usize], *file));
        let mut load = Load::default();
        let mut dates = Vec::new();
        for atom in files.chunk_by(|a, b| main_of[*a as usize] == main_of[*b as usize]) {
            let start = load.files.len() as u32;
            for file in atom {
                let (entry, _) = due.files[*file as usize];
                let path = entry.path.as_bytes();
                load.files
                    .push(loaded(path, entry.stamp.size, &mut load.directories));
            }
            let filed = date(atom[0]);
            dates.push(filed);
            load.atoms.push(Atom {
                files: start..load.files.len() as u32,
                day: filed.day(),
                month: filed.month(),
            });
        }
        Packable {
            load,
            files,
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
            reserve: reserve(state, due.files.iter().map(|(entry, _)| *entry)),
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
    coming: impl Iterator<Item = &'e Entry<'e>>,
) -> Reserve {
    let known = state.archive.entries.iter();
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
        loaded(path, entry.stamp.size, directories)
    });
    Contents {
        files: files.collect(),
    }
}

/// A file at `path` in a volume.
fn loaded(path: &[u8], size: u64, directories: &mut Directories) -> LoadedFile {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    let (parent, name) = match slash {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&path[..0], path),
    };
    // No path is so long that these would not fit.
    let bytes = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
    LoadedFile {
        file: SizedFile {
            directory: directories.number(parent),
            name: NameLength::of(name),
            size,
        },
        lines: bytes(line_length(path)),
        row: bytes(row_length(path)),
    }
}
