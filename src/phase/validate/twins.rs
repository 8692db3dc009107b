//! Which files of the indexes hold what a duplicate holds, and whether that is proven.

use crate::model::digest::Digest;
use crate::model::index::{Entry, Index, Stamp};
use crate::model::path::TreePath;
use crate::model::plan::{Need, SkipKind};
use crate::model::state::{Listed, Proof, Proofs, State};
use crate::model::tree::Tree;
use crate::model::volume::{VolumeName, Witness};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The files of the indexes that may be twins of duplicates.
pub(super) struct Twins<'s> {
    state: &'s State<'s>,
    /// The sizes of all files that have hashes.
    sizes: HashSet<u64>,
    /// For each hash that a duplicate has: its twins in the archive, in media, and on discs alone,
    /// each by path.
    by_hash: HashMap<Digest, Vec<Twin<'s>>>,
    /// The volumes that are on discs alone, and what tells that those hold them.
    offline: BTreeMap<&'s str, Option<Witness>>,
}

/// A file of an index that holds what a duplicate holds, as far as the index knows.
#[derive(Clone, Debug)]
pub(super) struct Twin<'s> {
    tree: Tree,
    entry: &'s Entry<'s>,
    /// The hash of what it holds.
    pub(super) hash: Digest,
    /// The volume in which it is, where that is on discs alone.
    offline: Option<VolumeName>,
}

/// Whether another copy of a duplicate is proven to exist.
pub(super) enum Judgement<'t> {
    /// There is this one; and what `stat` said of the duplicate when it was read.
    Proven(&'t Twin<'t>, Stamp),
    /// Only reading these will tell.
    Undecided(Vec<&'t Twin<'t>>),
    /// There is none, and why, for people.
    Unproven(SkipKind, String),
}

impl<'s> Twins<'s> {
    pub(super) fn of(state: &'s State<'s>) -> Twins<'s> {
        let indexes = [&state.archive, &state.media];
        let entries = indexes.iter().flat_map(|index| &index.entries);
        let sizes = entries.filter(|e| e.hash.is_ok()).map(|e| e.stamp.size);
        let read = state.proofs.iter().filter_map(|(path, proof)| match proof {
            Proof::Read(digest, _) if path.tree == Tree::Duplicates => Some((*digest, Vec::new())),
            _ => None,
        });
        let mut twins = Twins {
            state,
            sizes: sizes.collect(),
            by_hash: read.collect(),
            offline: state.offline(),
        };
        if !twins.by_hash.is_empty() {
            indexes.iter().for_each(|index| twins.add(index));
        }
        for group in twins.by_hash.values_mut() {
            // Within an index, the order of the entries is that of their paths.
            group.sort_by_key(|twin| twin.offline.is_some());
        }
        twins
    }

    fn add(&mut self, index: &'s Index<'s>) {
        for entry in &index.entries {
            let Some(hash) = entry.digest() else { continue };
            let Some(group) = self.by_hash.get_mut(&hash) else {
                continue;
            };
            let mut twin = Twin {
                tree: index.tree,
                entry,
                hash,
                offline: None,
            };
            if index.tree == Tree::Archive && !self.offline.is_empty() {
                let name = VolumeName::of(&twin.path());
                twin.offline = name.filter(|name| self.offline.contains_key(name.as_str()));
            }
            group.push(twin);
        }
    }

    /// Whether some file of the indexes is as long as this one, so that it may be a twin of it.
    pub(super) fn may_be(&self, file: &Listed) -> bool {
        file.stamp.size > 0 && self.sizes.contains(&file.stamp.size)
    }

    /// Whether another copy of the duplicate `file` at `path` is proven to exist.
    pub(super) fn judge<'t>(&'t self, path: &TreePath<'static>, file: &Listed) -> Judgement<'t> {
        const NONE: &str = "no file of media or archive has its content";
        if file.stamp.size == 0 {
            let why = "it is empty, and any other empty file proves nothing";
            return Judgement::Unproven(SkipKind::Unproven, why.to_owned());
        }
        let (hash, stamp) = match self.state.proofs.get(path) {
            Some(Proof::Read(hash, stamp)) => (hash, *stamp),
            Some(Proof::Failed(why)) => {
                return Judgement::Unproven(SkipKind::Unread, format!("unreadable: {why}"));
            }
            None => return Judgement::Unproven(SkipKind::Unproven, NONE.to_owned()),
        };
        let group = self.by_hash.get(hash).map_or(&[][..], Vec::as_slice);
        let mut first_doubt = None;
        for (at, twin) in group.iter().enumerate() {
            let doubt = match (&twin.offline, self.state.proofs.get(&twin.path())) {
                (Some(volume), _) => self.doubt_about_disc(volume),
                (None, None) if first_doubt.is_none() => return Judgement::Undecided(vec![twin]),
                // After one that proves nothing, all others are read at once.
                (None, None) => return Judgement::Undecided(self.unread(&group[at..])),
                (None, Some(proof)) => twin.doubt(proof, &stamp),
            };
            if doubt.is_none() {
                return Judgement::Proven(twin, stamp);
            }
            first_doubt = first_doubt.or(doubt);
        }
        let doubt = first_doubt.unwrap_or_else(|| NONE.to_owned());
        Judgement::Unproven(SkipKind::Unproven, doubt)
    }

    /// Those of the twins that are on the disk and were not read.
    fn unread<'t>(&self, twins: &'t [Twin<'t>]) -> Vec<&'t Twin<'t>> {
        let is_unread = |twin: &&Twin<'_>| {
            twin.offline.is_none() && !self.state.proofs.contains_key(&twin.path())
        };
        twins.iter().filter(is_unread).collect()
    }

    /// Why a volume that is on discs alone proves nothing; none where it does.
    fn doubt_about_disc(&self, volume: &VolumeName) -> Option<String> {
        match self.offline[volume.as_str()] {
            Some(Witness::Verified) => None,
            Some(Witness::Burned) => Some(format!(
                "its only twin is on volume {volume}, of which no disc was read and found whole"
            )),
            None => Some(format!(
                "its only twin was on volume {volume}, and no disc is known that holds that"
            )),
        }
    }
}

impl Twin<'_> {
    pub(super) fn path(&self) -> TreePath<'static> {
        TreePath::new(self.tree, self.entry.path.clone().into_owned())
    }

    /// Why this file, of which reading came to that, proves nothing about a duplicate with this
    /// `stamp`; none where it does.
    fn doubt(&self, proof: &Proof, stamp: &Stamp) -> Option<String> {
        let path = self.path();
        match proof {
            Proof::Read(_, read) if read.same_file_as(stamp) => {
                Some(format!("hard link of {path}: moving it would free nothing"))
            }
            Proof::Read(hash, _) if *hash == self.hash => None,
            Proof::Read(..) => Some(format!("{path} was its twin, and holds other bytes now")),
            Proof::Failed(why) => Some(format!(
                "{path} should be its twin, and is unreadable: {why}"
            )),
        }
    }

    /// The file as the index has it, for reading.
    pub(super) fn listed(&self) -> Listed {
        Listed {
            path: self.entry.path.clone().into_owned(),
            stamp: self.entry.stamp,
        }
    }

    /// What a plan needs of it: the file as it was read, or as the disc has it.
    pub(super) fn need(&self, proofs: &Proofs) -> Need {
        let read = match proofs.get(&self.path()) {
            Some(Proof::Read(_, stamp)) if self.offline.is_none() => *stamp,
            _ => self.entry.stamp,
        };
        Need {
            path: self.path(),
            offline: self.offline.clone(),
            size: read.size,
            modified: read.modified,
            hash: self.hash,
        }
    }
}
