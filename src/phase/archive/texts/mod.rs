//! What the files say with which a volume is sealed: what makes a disc readable alone in thirty
//! years.

pub(super) mod catalogue;
pub(super) mod manifest;
pub(super) mod page;
mod readme;

use crate::model::contents::contents;
use crate::model::digest::Digest;
use crate::model::disc::disc_label;
use crate::model::disc_document::{self, DISC_FORMAT, DiscDocument};
use crate::model::index::{Entry, Index, Moved, Totals};
use crate::model::mark;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Move, Plan, Role, Write};
use crate::model::problem::{Fault, Problem};
use crate::model::sha256::Sha256;
use crate::model::state::Listed;
use crate::model::time::Time;
use crate::model::tree::Tree;
use crate::model::volume::VolumeName;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The volumes that a plan seals, and what they hold once it is carried out.
pub struct Sealing<'s> {
    plan: &'s Plan,
    /// The archive's index after the moves of the plan.
    after: Index<'s>,
    /// The moves into the archive, by the paths to which they go.
    arrivals: HashMap<&'s [u8], &'s Move>,
    volumes: Vec<VolumeName>,
}

/// A file that a volume holds once it is sealed.
pub struct Held<'s> {
    /// Where it is before the plan is carried out.
    pub source: TreePath<'s>,
    /// The hash that it must have.
    pub hash: Digest,
    /// What is known of it in the index after the plan.
    entry: &'s Entry<'s>,
}

impl Held<'_> {
    /// The file as far as it is known before anybody looks.
    pub fn listed(&self) -> Listed {
        Listed {
            path: self.source.rel.clone().into_owned(),
            stamp: self.entry.stamp,
        }
    }
}

/// Why volumes cannot be sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealingError {
    /// A file of one was never read, and nothing can vouch for it.
    #[error("{0} could not be read when it was last indexed, and so its volume cannot be sealed")]
    Unread(TreePath<'static>),
    /// One holds nothing.
    #[error("volume {0} holds no file, and cannot be sealed")]
    Empty(VolumeName),
}

impl<'s> Sealing<'s> {
    /// What `plan` seals, given the archive's index before it; nothing where it seals no volume.
    pub fn of(plan: &'s Plan, archive: &Index<'s>) -> Option<Sealing<'s>> {
        let manifests = plan.writes.iter().filter(|w| w.role == Role::Manifest);
        let volumes: Vec<_> = manifests.filter_map(|w| VolumeName::of(&w.to)).collect();
        if volumes.is_empty() {
            return None;
        }
        let joining = plan.moves.iter().filter(|m| m.to.tree == Tree::Archive);
        let moved: Vec<_> = joining.clone().map(Moved::planned).collect();
        Some(Sealing {
            plan,
            after: archive.clone().after(&moved),
            arrivals: joining.map(|m| (m.to.rel.as_bytes(), m)).collect(),
            volumes,
        })
    }

    /// The files of these volumes, all of which have to be read: by volume and by path.
    ///
    /// # Errors
    /// Where the content of one is not known, or a volume holds nothing.
    pub fn files(&self) -> Result<Vec<Held<'_>>, SealingError> {
        let is_empty = |volume: &&VolumeName| self.after.entries_of(volume.as_str()).is_empty();
        if let Some(empty) = self.volumes.iter().find(is_empty) {
            return Err(SealingError::Empty(empty.clone()));
        }
        let entries = self.volumes.iter();
        let entries = entries.flat_map(|volume| self.after.entries_of(volume.as_str()));
        let held = entries.map(|entry| {
            let path = TreePath::new(Tree::Archive, entry.path.borrowed());
            let hash = entry.digest();
            let hash = hash.ok_or_else(|| SealingError::Unread(path.clone().into_owned()))?;
            let arrival = self.arrivals.get(entry.path.as_bytes());
            let source = arrival.map_or(path, |operation| operation.from.borrowed());
            Ok(Held {
                source,
                hash,
                entry,
            })
        });
        held.collect()
    }

    /// The volumes that are sealed, in the order of the plan.
    pub fn volumes(&self) -> &[VolumeName] {
        &self.volumes
    }

    /// The catalogue of the whole archive, once the plan is carried out.
    pub fn catalogue(&self) -> Vec<u8> {
        catalogue::catalogue(&self.after)
    }

    /// What the plan allows too little for: a person may have moved files from one volume to another.
    pub fn too_long(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for write in &self.plan.writes {
            let length: fn(&[u8]) -> u64 = match write.role {
                Role::Manifest => manifest::line_length,
                Role::Page => page::row_length,
                _ => continue,
            };
            let Some(volume) = VolumeName::of(&write.to) else {
                continue;
            };
            let held = self.after.entries_of(volume.as_str()).iter();
            let lengths = held.map(|entry| length(in_volume(&entry.path)));
            let (size, max) = (
                most_beside_files(write.role) + lengths.sum::<u64>(),
                write.max_bytes,
            );
            if size > max {
                problems.push(Problem::at(&write.to, Fault::TextTooLong { size, max }));
            }
        }
        problems
    }

    /// What the files say that the plan writes, in its order, where the volumes hold `files` with the
    /// SHA-256 hashes `sums`, and are sealed at that time.
    pub fn texts(&self, files: &[Held<'_>], sums: &[Sha256], at: Time) -> Vec<Arc<[u8]>> {
        let catalogue: Arc<[u8]> = self.catalogue().into();
        let mut volumes: BTreeMap<&[u8], Vec<(&Held<'_>, Sha256)>> = BTreeMap::new();
        for (file, sum) in files.iter().zip(sums) {
            let volume = file.entry.path.first();
            volumes.entry(volume).or_default().push((file, *sum));
        }
        let mut texts: Vec<Arc<[u8]>> = Vec::with_capacity(self.plan.writes.len());
        for write in &self.plan.writes {
            let held = volumes.get(write.to.rel.first());
            let held = held.map_or(&[][..], Vec::as_slice);
            texts.push(match (write.role, VolumeName::of(&write.to)) {
                (Role::Unburned, _) | (_, None) => mark(self.plan).into(),
                (Role::Catalogue, _) => Arc::clone(&catalogue),
                (Role::Manifest, _) => Vec::new().into(),
                (Role::Readme, Some(volume)) => {
                    readme::readme(&self.disc(&volume, held, at), self.has_catalogue(&volume))
                        .into_bytes()
                        .into()
                }
                (Role::Disc, Some(volume)) => {
                    self.disc(&volume, held, at).text().into_bytes().into()
                }
                (Role::Page, Some(volume)) => self.page(&volume, held, at).into_bytes().into(),
            });
        }
        // A manifest vouches for the other files of ours, too.
        for (number, write) in self.plan.writes.iter().enumerate() {
            if write.role == Role::Manifest {
                let held = volumes.get(write.to.rel.first());
                let held = held.map_or(&[][..], Vec::as_slice);
                texts[number] = manifest(write, held, &self.plan.writes, &texts).into();
            }
        }
        texts
    }

    fn has_catalogue(&self, volume: &VolumeName) -> bool {
        let mut catalogues = self
            .plan
            .writes
            .iter()
            .filter(|w| w.role == Role::Catalogue);
        catalogues.any(|write| VolumeName::of(&write.to).as_ref() == Some(volume))
    }

    fn disc(&self, volume: &VolumeName, held: &[(&Held<'_>, Sha256)], at: Time) -> DiscDocument {
        let mut totals = Totals::default();
        held.iter()
            .for_each(|(file, _)| totals.add(file.entry.stamp.size));
        let settings = &self.plan.settings;
        let set = settings.set.clone().unwrap_or_default();
        let entries: Vec<_> = held.iter().map(|(file, _)| file.entry.clone()).collect();
        // All of them were read.
        let contents = contents(volume.as_str(), &entries).unwrap_or(Digest([0; 32]));
        DiscDocument {
            format: DISC_FORMAT.to_owned(),
            volume: volume.clone(),
            label: disc_label(&set, volume),
            set: set.to_string(),
            uuid: disc_document::uuid(&set, volume, contents),
            contents,
            medium: settings.medium.as_ref().map(ToString::to_string),
            sealed: at,
            files: totals.files,
            bytes: totals.bytes,
            tool: concat!("mediastruct ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    fn page(&self, volume: &VolumeName, held: &[(&Held<'_>, Sha256)], at: Time) -> String {
        let disc = self.disc(volume, held, at);
        let about = format!(
            "Volume {} of the set {}: {} files, {} bytes, sealed {}.",
            disc.volume,
            disc.set,
            disc.files,
            disc.bytes,
            day(at)
        );
        let files = held.iter();
        let files = files.map(|(file, _)| (in_volume(&file.entry.path), file.entry.stamp.size));
        page::page(&disc.label, &about, files)
    }
}

/// What the marks of the volumes say that a plan opens.
pub fn mark(plan: &Plan) -> Vec<u8> {
    mark::text(plan.settings.medium.unwrap_or_default())
}

/// The most bytes of what a file of this role says, but for what it says of each file.
pub(super) fn most_beside_files(role: Role) -> u64 {
    match role {
        Role::Unburned => 100,
        Role::Readme | Role::Disc => 4096,
        // The other files of ours are in it as well.
        Role::Manifest => 5 * 128,
        Role::Page => 2048,
        Role::Catalogue => 64 << 10,
    }
}

/// The manifest of a volume.
fn manifest(
    manifest: &Write,
    held: &[(&Held<'_>, Sha256)],
    writes: &[Write],
    texts: &[Arc<[u8]>],
) -> Vec<u8> {
    let mut sums: Vec<(&[u8], Sha256)> = held
        .iter()
        .map(|(file, sum)| (in_volume(&file.entry.path), *sum))
        .collect();
    let beside = writes.iter().zip(texts).filter(|(write, _)| {
        let is_here = write.to.rel.first() == manifest.to.rel.first();
        is_here && write.role.is_on_disc() && write.role != Role::Manifest
    });
    sums.extend(beside.map(|(write, text)| (write.to.rel.file_name(), Sha256::of(text))));
    sums.sort_by_key(|(path, _)| *path);
    let mut text = Vec::new();
    for (path, sum) in sums {
        manifest::line(path, sum, &mut text);
    }
    text
}

/// A path of the archive without its volume.
fn in_volume<'p>(path: &'p RelPath<'_>) -> &'p [u8] {
    let path = path.as_bytes();
    let slash = path.iter().position(|byte| *byte == b'/');
    &path[slash.map_or(0, |slash| slash + 1)..]
}

/// The day of a time in UTC, `2019-03-01`.
fn day(at: Time) -> String {
    at.timestamp()
        .map_or_else(String::new, |at| at.strftime("%Y-%m-%d").to_string())
}
