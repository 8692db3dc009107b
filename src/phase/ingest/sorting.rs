//! Finds a place for each shot of the drop directory, or says why it stays.

mod copies;

use self::copies::{Brought, Copy};
use super::date::{Choice, Settings};
use super::known::Known;
use super::place::{Home, Places, endings, stem};
use super::shot::Shot;
use super::{IN_DUPLICATES, aside, in_ingest};
use crate::model::bundle::stem_of;
use crate::model::capture::{Confidence, Source, Taken};
use crate::model::digest::Digest;
use crate::model::intake::Occupant;
use crate::model::path::{RelPath, TreePath};
use crate::model::plan::{Dated, Move, Need, Skip, SkipKind, Why};
use crate::model::state::{Listed, Proof, State};
use crate::model::tree::Tree;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Files of the drop directory, as they are sorted.
pub(super) struct Sorting<'s> {
    state: &'s State<'s>,
    settings: Settings,
    known: Known<'s>,
    places: Places<'s>,
    /// The files for which duplicates has no name.
    nameless: &'s BTreeSet<TreePath<'static>>,
    /// Where this plan brings contents.
    brought: HashMap<Digest, Brought>,
    /// Which contents this plan brings to places.
    brought_to: HashMap<TreePath<'static>, (Digest, Brought)>,
    pub(super) moves: Vec<Move>,
    /// What goes to duplicates; these names there may be taken.
    pub(super) duplicates: Vec<Move>,
    pub(super) needs: BTreeMap<TreePath<'static>, Need>,
    pub(super) skipped: Vec<Skip>,
}

/// What becomes of the files of a shot.
struct Looked<'s> {
    /// When it was taken.
    dated: Dated,
    /// Where those go that are new.
    home: Home,
    /// Those that are new, with their hashes and endings.
    new: Vec<(&'s Listed, Digest, Vec<u8>)>,
    /// Those that go to duplicates, with their hashes, their copies, and the names that they would
    /// like to have there.
    twins: Vec<(&'s Listed, Digest, Copy, TreePath<'static>)>,
    /// Those that stay for the sake of a copy, and why.
    stay: Vec<(&'s Listed, Copy, SkipKind, String)>,
}

/// Why a shot is let lie.
struct Left<'s> {
    /// The file of it for whose sake it is.
    cause: &'s Listed,
    kind: SkipKind,
    why: String,
}

impl<'s> Left<'s> {
    fn of(cause: &'s Listed, kind: SkipKind, why: impl Into<String>) -> Left<'s> {
        let why = why.into();
        Left { cause, kind, why }
    }
}

impl Copy {
    /// Where it is, or will be.
    fn path(&self) -> &TreePath<'static> {
        match self {
            Copy::There(need) => &need.path,
            Copy::Brought(brought) => &brought.to,
        }
    }
}

impl<'s> Sorting<'s> {
    /// None of the files of `state` is sorted yet; those that are `nameless` find no name in
    /// duplicates.
    pub(super) fn of(
        state: &'s State<'s>,
        nameless: &'s BTreeSet<TreePath<'static>>,
    ) -> Sorting<'s> {
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
            nameless,
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
    pub(super) fn sort(&mut self, shot: &Shot<'s>) {
        let sorted = self.look(shot).and_then(|looked| self.place(shot, looked));
        if let Err(left) = sorted {
            self.leave(shot, left);
        }
    }

    /// What becomes of the files of a shot, as far as that does not hang on names in media.
    fn look(&self, shot: &Shot<'s>) -> Result<Looked<'s>, Left<'s>> {
        let hashes = shot.members.iter().map(|member| self.read(member));
        let hashes = hashes.collect::<Result<Vec<_>, _>>()?;
        let main = shot.members[0];
        let dated = self.date(shot).ok_or_else(|| {
            let why = "no date of it is sane, not even that of its last change: give it one with \
                       --date or --date-map, or gather such files with --undated";
            Left::of(main, SkipKind::Undated, why)
        })?;
        let of_main = self.copy(hashes[0]);
        let mut looked = Looked {
            home: self.home(hashes[0], &dated.taken, of_main.as_ref()),
            dated,
            new: Vec::new(),
            twins: Vec::new(),
            stay: Vec::new(),
        };
        let endings = endings(&shot.names());
        for ((member, hash), ending) in shot.members.iter().copied().zip(hashes).zip(endings) {
            // What belongs to a new picture goes with it, even if something like it is elsewhere.
            let copy = of_main
                .as_ref()
                .and_then(|of_main| match member.path == main.path {
                    true => Some(of_main.clone()),
                    false => self.copy_of_member(member, hash, of_main, &ending),
                });
            let Some(copy) = copy else {
                looked.new.push((member, hash, ending));
                continue;
            };
            if let Copy::There(need) = &copy
                && self.state.intake.lost.contains(&need.path)
            {
                let why = format!(
                    "{} held the same, and is not as the index has it: crawl, then ingest again",
                    need.path
                );
                return Err(Left::of(member, SkipKind::Other, why));
            }
            match self.stays(member, &copy) {
                Some((kind, why)) => looked.stay.push((member, copy, kind, why)),
                None => {
                    let to = self.in_duplicates(member)?;
                    looked.twins.push((member, hash, copy, to));
                }
            }
        }
        Ok(looked)
    }

    /// Gives the files of a shot their places.
    fn place(&mut self, shot: &Shot<'s>, looked: Looked<'s>) -> Result<(), Left<'s>> {
        let new = looked.new.iter();
        let new: Vec<_> = new
            .map(|(member, _, ending)| (&member.path, ending.as_slice()))
            .collect();
        let places = self.places.take(&looked.home, &new).map_err(|_| {
            let why = "its path would be too long: give it a shorter name";
            Left::of(shot.members[0], SkipKind::Other, why)
        })?;
        let in_media = |place: &RelPath<'static>| TreePath::new(Tree::Media, place.clone());
        for (place, (member, ..)) in places.iter().zip(&looked.new) {
            if let Some(occupant) = self.state.intake.occupied.get(&in_media(place)) {
                let why = occupied(&in_media(place), occupant);
                places.iter().for_each(|place| self.places.give_back(place));
                return Err(Left::of(member, SkipKind::Occupied, why));
            }
        }
        let bundle = (shot.members.len() > 1).then(|| in_ingest(shot.main()));
        let go = |file: &Listed, hash, to, why| Move {
            from: in_ingest(file),
            to,
            size: file.stamp.size,
            modified: file.stamp.modified,
            hash,
            why,
            bundle: bundle.clone(),
        };
        for ((file, hash, _), place) in looked.new.into_iter().zip(&places) {
            let (to, why) = (in_media(place), Why::Date(Box::new(looked.dated.clone())));
            let brought = Brought {
                to: to.clone(),
                file: file.stamp,
            };
            self.brought.entry(hash).or_insert(brought.clone());
            self.brought_to.insert(to.clone(), (hash, brought));
            self.moves.push(go(file, hash, to, why));
        }
        for (file, hash, copy, to) in looked.twins {
            let why = self.because(copy, &looked.dated);
            self.duplicates.push(go(file, hash, to, why));
        }
        for (file, copy, kind, why) in looked.stay {
            if let Copy::There(need) = copy
                && self.is_copying()
            {
                // It is looked at before this is believed.
                self.needs.entry(need.path.clone()).or_insert(need);
            }
            self.skip(in_ingest(file), kind, why, bundle.clone());
        }
        Ok(())
    }

    /// Where a file goes in duplicates if nothing has that name there.
    fn in_duplicates(&self, file: &'s Listed) -> Result<TreePath<'static>, Left<'s>> {
        let path = [IN_DUPLICATES.as_bytes(), b"/", file.path.as_bytes()].concat();
        match RelPath::new(path) {
            Ok(path) if !self.nameless.contains(&in_ingest(file)) => {
                Ok(TreePath::new(Tree::Duplicates, path.into_owned()))
            }
            _ => {
                let why = "its path in duplicates would be too long: give it a shorter name";
                Err(Left::of(file, SkipKind::Other, why))
            }
        }
    }

    /// The hash of a file, or why it is not known.
    fn read(&self, file: &'s Listed) -> Result<Digest, Left<'s>> {
        if let Some((kind, why)) = aside::reason(file, self.state.now) {
            return Err(Left::of(file, kind, why));
        }
        if self.state.intake.on_mounts.contains(&file.path) {
            let why =
                "it is on a mount within ingest, from where nothing moves: --copy takes it in";
            return Err(Left::of(file, SkipKind::Other, why));
        }
        match self.state.proofs.get(&in_ingest(file)) {
            Some(Proof::Read(hash, stamp)) if *stamp == file.stamp => Ok(*hash),
            Some(Proof::Read(..)) => {
                let why = "it changed while it was looked at: ingest again once it is whole";
                Err(Left::of(file, SkipKind::Changing, why))
            }
            Some(Proof::Failed(why)) => Err(Left::of(
                file,
                SkipKind::Unread,
                format!("unreadable: {why}"),
            )),
            None => Err(Left::of(file, SkipKind::Unread, "it was not read")),
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

    /// Lets a shot lie for the sake of one of its files.
    fn leave(&mut self, shot: &Shot<'_>, left: Left<'_>) {
        let Left { cause, kind, why } = left;
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

/// Why a file cannot have the name that it would get.
fn occupied(to: &TreePath<'_>, occupant: &Occupant) -> String {
    match occupant {
        Occupant::Unlisted => format!(
            "{to} is taken by a file that no index lists: crawl, or move that away, then ingest \
             again"
        ),
        Occupant::NoFile(what) => {
            format!("{to} is taken by {what}: rename that, then ingest again")
        }
        Occupant::Unreachable(error) => format!("{error}: look into it, then ingest again"),
    }
}
