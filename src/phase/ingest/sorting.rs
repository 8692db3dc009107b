//! Finds a place for each shot of the drop directory, or says why it stays.

use super::date::{Choice, Settings};
use super::known::Known;
use super::place::{Home, Places, endings, stem};
use super::shot::Shot;
use super::{IN_DUPLICATES, IngestError, aside, in_ingest};
use crate::model::bundle::stem_of;
use crate::model::capture::{Confidence, Content, Source, Taken};
use crate::model::digest::Digest;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Dated, Move, Need, Skip, SkipKind, Why};
use crate::model::state::{Listed, Proof, State};
use crate::model::tree::Tree;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Files of the drop directory, as they are sorted.
pub(super) struct Sorting<'s> {
    state: &'s State<'s>,
    settings: Settings,
    known: Known<'s>,
    places: Places<'s>,
    /// Where this plan brings contents.
    brought: HashMap<Digest, TreePath<'static>>,
    /// Which contents this plan brings to places.
    brought_to: HashMap<TreePath<'static>, Digest>,
    pub(super) moves: Vec<Move>,
    /// What goes to duplicates; these names there may be taken.
    pub(super) duplicates: Vec<Move>,
    pub(super) needs: BTreeMap<TreePath<'static>, Need>,
    pub(super) skipped: Vec<Skip>,
}

/// A copy that is elsewhere, or will be.
#[derive(Clone)]
enum Copy {
    /// It is there.
    There(Need),
    /// This plan brings it.
    Brought(TreePath<'static>),
}

impl Copy {
    /// Where it is, or will be.
    fn path(&self) -> &TreePath<'static> {
        match self {
            Copy::There(need) => &need.path,
            Copy::Brought(path) => path,
        }
    }
}

impl<'s> Sorting<'s> {
    pub(super) fn of(state: &'s State<'s>) -> Sorting<'s> {
        let hashes = state.proofs.iter().filter_map(|(path, proof)| match proof {
            Proof::Read(hash, _) if path.tree == Tree::Ingest => Some(*hash),
            _ => None,
        });
        Sorting {
            state,
            settings: Settings {
                time_zone: state.intake.time_zone.clone(),
                local_makes: state.intake.local_makes.clone(),
                now: state.now.timestamp().unwrap_or(Timestamp::MAX),
            },
            known: Known::of(state, hashes),
            places: Places::beside(&state.media),
            brought: HashMap::new(),
            brought_to: HashMap::new(),
            moves: Vec::new(),
            duplicates: Vec::new(),
            needs: BTreeMap::new(),
            skipped: Vec::new(),
        }
    }

    /// Skips what is no file or is let lie, and gives all others.
    pub(super) fn lay_aside(&mut self) -> Vec<&'s Listed> {
        let found = &self.state.found;
        for (path, why) in &found.unreadable {
            let path = TreePath::new(Tree::Ingest, path.clone());
            self.skip(path, SkipKind::Unread, format!("unreadable: {why}"), None);
        }
        for (path, what) in &found.special {
            let path = TreePath::new(Tree::Ingest, path.clone());
            self.skip(path, SkipKind::Special, format!("it is {what}"), None);
        }
        let mut whole = Vec::with_capacity(found.files.len());
        for file in &found.files {
            match aside::reason(file, self.state.now) {
                // Its bundle is to stay with it.
                None | Some((SkipKind::Changing, _)) => whole.push(file),
                Some((kind, why)) => self.skip(in_ingest(file), kind, why.to_owned(), None),
            }
        }
        whole
    }

    /// Finds a place for the files of a shot, or says why they stay.
    pub(super) fn sort(&mut self, shot: &Shot<'s>) -> Result<(), IngestError> {
        let mut hashes = Vec::with_capacity(shot.members.len());
        for member in &shot.members {
            match self.read(member) {
                Ok(hash) => hashes.push(hash),
                Err((kind, why)) => {
                    self.leave(shot, member, kind, why);
                    return Ok(());
                }
            }
        }
        let main = shot.main();
        let Some(dated) = self.date(shot) else {
            let why = "no date of it is sane, not even that of its last change: give it one with \
                       --date or --date-map, or gather such files with --undated";
            self.leave(shot, main, SkipKind::Undated, why.to_owned());
            return Ok(());
        };
        let of_main = self.copy(hashes[0]);
        let endings = endings(&shot.names());
        let mut copies = Vec::with_capacity(hashes.len());
        for ((member, hash), ending) in shot.members.iter().zip(&hashes).zip(&endings) {
            // What belongs to a new picture goes with it, even if something like it is elsewhere.
            let copy = of_main
                .as_ref()
                .and_then(|of_main| match member.path == main.path {
                    true => Some(of_main.clone()),
                    false => self.copy_of_member(member, *hash, of_main, ending),
                });
            if let Some(Copy::There(need)) = &copy
                && self.state.intake.lost.contains(&need.path)
            {
                let why = format!(
                    "{} held the same, and is not as the index has it: crawl, then ingest again",
                    need.path
                );
                self.leave(shot, member, SkipKind::Other, why);
                return Ok(());
            }
            copies.push(copy);
        }
        let home = self.home(hashes[0], &dated.taken, of_main.as_ref());
        let new = shot.members.iter().zip(&copies).zip(&endings);
        let new = new.filter(|((_, copy), _)| copy.is_none());
        let new: Vec<_> = new
            .map(|((member, _), ending)| (&member.path, ending.as_slice()))
            .collect();
        let Ok(places) = self.places.take(&home, &new) else {
            let why = "its path would be too long: give it a shorter name";
            self.leave(shot, main, SkipKind::Other, why.to_owned());
            return Ok(());
        };
        let free = places
            .iter()
            .map(|place| TreePath::new(Tree::Media, place.clone()));
        let occupied = &self.state.intake.occupied;
        let taken = free.zip(&new).find(|(to, _)| occupied.contains(to));
        if let Some((to, (path, _))) = taken {
            let mut members = shot.members.iter();
            let member = members.find(|member| member.path == **path);
            let why = format!(
                "{to} is taken by what no index lists, or cannot be reached: crawl, or look into it, \
                 then ingest again"
            );
            let member = member.copied().unwrap_or(main);
            self.leave(shot, member, SkipKind::Occupied, why);
            places.iter().for_each(|place| self.places.give_back(place));
            return Ok(());
        }
        let bundle = (shot.members.len() > 1).then(|| in_ingest(main));
        let mut places = places.into_iter();
        for ((member, hash), copy) in shot.members.iter().zip(hashes).zip(copies) {
            let from = in_ingest(member);
            if let Some((kind, why)) = copy.as_ref().and_then(|copy| self.stays(member, copy)) {
                self.skip(from, kind, why, bundle.clone());
                continue;
            }
            let (why, to) = match copy {
                // It gets its name once all are known that go there.
                Some(copy) => (self.because(copy, &dated), in_duplicates(member)?),
                None => {
                    let place = places
                        .next()
                        .ok_or_else(|| IngestError::NoName(from.clone()))?;
                    let to = TreePath::new(Tree::Media, place);
                    (Why::Date(Box::new(dated.clone())), to)
                }
            };
            self.go(Move {
                from,
                to,
                size: member.stamp.size,
                modified: member.stamp.modified,
                hash,
                why,
                bundle: bundle.clone(),
            });
        }
        Ok(())
    }

    /// Why a file of which there is this copy stays where it is; none where it goes to duplicates.
    fn stays(&mut self, file: &Listed, copy: &Copy) -> Option<(SkipKind, String)> {
        let of = copy.path();
        if let Copy::There(need) = copy {
            let is_link = self.known.is_link(&need.path, file);
            if is_link && !self.is_copying() {
                let why = format!("hard link of {of}: moving it would free nothing");
                return Some((SkipKind::HardLink, why));
            }
            if self.is_copying() {
                // It is looked at before this is believed.
                self.needs.entry(of.clone()).or_insert_with(|| need.clone());
            }
        }
        let known = || (SkipKind::Known, format!("{of} holds the same"));
        self.is_copying().then(known)
    }

    /// Where a member of a shot is that is not the main file, of which there is a copy. Pictures and
    /// movies may be anywhere; what belongs to them counts beside that copy alone, for much of it is
    /// the same for many pictures.
    fn copy_of_member(
        &self,
        member: &Listed,
        hash: Digest,
        of_main: &Copy,
        ending: &[u8],
    ) -> Option<Copy> {
        let reading = self.state.intake.metadata.get(&member.path);
        let content = reading.and_then(|r| r.as_ref().ok()).map(|r| r.content);
        if matches!(content, Some(Content::Still | Content::Video)) {
            return self.copy(hash);
        }
        let of = of_main.path();
        let name = [stem_of(of.rel.file_name()), ending].concat();
        let beside = of.rel.with_file_name(&name).ok()?;
        let there = self.known.at(of.tree, &beside, hash).map(Copy::There);
        let path = TreePath::new(of.tree, beside);
        let brought =
            || (self.brought_to.get(&path) == Some(&hash)).then_some(Copy::Brought(path.clone()));
        there.or_else(brought)
    }

    /// The hash of a file, or why it is not known.
    fn read(&self, file: &Listed) -> Result<Digest, (SkipKind, String)> {
        if let Some((kind, why)) = aside::reason(file, self.state.now) {
            return Err((kind, why.to_owned()));
        }
        if self.state.intake.on_mounts.contains(&file.path) {
            let why =
                "it is on a mount within ingest, from where nothing moves: --copy takes it in";
            return Err((SkipKind::Other, why.to_owned()));
        }
        match self.state.proofs.get(&in_ingest(file)) {
            Some(Proof::Read(hash, stamp)) if *stamp == file.stamp => Ok(*hash),
            Some(Proof::Read(..)) => {
                let why = "it changed while it was looked at: ingest again once it is whole";
                Err((SkipKind::Changing, why.to_owned()))
            }
            Some(Proof::Failed(why)) => Err((SkipKind::Unread, format!("unreadable: {why}"))),
            None => Err((SkipKind::Unread, "it was not read".to_owned())),
        }
    }

    /// When a shot was taken; where nothing sane says so, the time of its last change counts if such
    /// files are gathered.
    fn date(&self, shot: &Shot<'_>) -> Option<Dated> {
        if let Some(Choice { taken, rivals }) = shot.date(&self.state.intake, &self.settings) {
            return Some(Dated { taken, rivals });
        }
        self.state.settings.undated.as_ref()?;
        let modified = shot.main().stamp.modified.timestamp()?;
        let offset = self.settings.time_zone.to_offset(modified);
        let taken = offset.to_datetime(modified);
        (0..=9999).contains(&taken.year()).then(|| Dated {
            taken: Taken {
                taken,
                offset: Some(offset),
                source: Source::Modified,
                confidence: Confidence::Low,
            },
            rivals: Vec::new(),
        })
    }

    /// Whether files stay where they are, and copies of them are taken in.
    fn is_copying(&self) -> bool {
        self.state.settings.copy == Some(true)
    }

    /// Where a content is already, or where this plan brings it.
    fn copy(&self, hash: Digest) -> Option<Copy> {
        let there = self.known.keeper(hash).map(Copy::There);
        there.or_else(|| self.brought.get(&hash).cloned().map(Copy::Brought))
    }

    /// Where the files of a shot go that are not elsewhere: beside the copy of the main file if that is
    /// in media, and else where its date belongs.
    fn home(&self, hash: Digest, taken: &Taken, copy: Option<&Copy>) -> Home {
        let beside = copy.map(Copy::path);
        if let Some(path) = beside.filter(|path| path.tree == Tree::Media) {
            let dir = path.rel.parent().map(RelPath::into_owned);
            return Home::Named(dir, stem_of(path.rel.file_name()).to_vec());
        }
        match &self.state.settings.undated {
            Some(dir) if taken.confidence == Confidence::Low => Home::AsBefore(dir.rel.clone()),
            _ => {
                let dir = self.state.intake.date_dirs.dir_of(taken.taken.date());
                Home::Named(Some(dir), stem(taken.taken, hash))
            }
        }
    }

    /// Why a copy goes to duplicates, and what the plan then needs.
    fn because(&mut self, copy: Copy, dated: &Dated) -> Why {
        let dated = Box::new(dated.clone());
        let of = match copy {
            Copy::Brought(of) => of,
            Copy::There(need) => {
                let of = need.path.clone();
                self.needs.entry(of.clone()).or_insert(need);
                of
            }
        };
        match of.tree {
            Tree::Archive => Why::AlreadyArchived { of, dated },
            _ => Why::Duplicate {
                of,
                dated: Some(dated),
            },
        }
    }

    /// Lets a file go.
    fn go(&mut self, operation: Move) {
        if operation.to.tree == Tree::Duplicates {
            self.duplicates.push(operation);
            return;
        }
        let brought = self.brought.entry(operation.hash);
        brought.or_insert_with(|| operation.to.clone());
        self.brought_to.insert(operation.to.clone(), operation.hash);
        self.moves.push(operation);
    }

    /// Lets a shot lie for the sake of one of its files.
    fn leave(&mut self, shot: &Shot<'_>, cause: &Listed, kind: SkipKind, why: String) {
        let bundle = (shot.members.len() > 1).then(|| in_ingest(shot.main()));
        let others = shot.members.iter().filter(|m| m.path != cause.path);
        for member in others {
            let why = format!("it stays with {}, which is left out", in_ingest(cause));
            self.skip(in_ingest(member), SkipKind::Bundle, why, bundle.clone());
        }
        self.skip(in_ingest(cause), kind, why, bundle);
    }

    fn skip(
        &mut self,
        path: TreePath<'static>,
        kind: SkipKind,
        why: String,
        bundle: Option<TreePath<'static>>,
    ) {
        self.skipped.push(Skip {
            path,
            kind,
            why,
            bundle,
        });
    }
}

/// Where a file goes in duplicates if nothing has that name there.
fn in_duplicates(file: &Listed) -> Result<TreePath<'static>, IngestError> {
    let path = RelPath::new([IN_DUPLICATES.as_bytes(), b"/", file.path.as_bytes()].concat());
    let path = path.map_err(|_| IngestError::NoName(in_ingest(file)))?;
    Ok(TreePath::new(Tree::Duplicates, path))
}
