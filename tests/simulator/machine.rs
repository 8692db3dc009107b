//! A machine in memory: file systems, a journal, a kernel that can be killed and a power switch.
//!
//! What a process does is seen by the next one at once, and outlives the power only after a sync:
//! until then each change of a name may be lost or kept by itself, in whatever combination the
//! random numbers choose. Whole files are durable once they are copied; their names are not.

use mediastruct::disk::error::DiskError;
use mediastruct::disk::filesystem::{Filesystem, Kind, Node, Owner, Room};
use mediastruct::disk::journal::Ledger;
use mediastruct::model::digest::Digest;
use mediastruct::model::index::Stamp;
use mediastruct::model::path::TreePath;
use mediastruct::model::run::Record;
use mediastruct::model::time::Time;
use mediastruct::model::tree::Tree;
use rustix::io::Errno;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

pub type Name = TreePath<'static>;

/// What kind of machine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Make {
    /// Whether renaming can refuse to replace.
    pub refuses: bool,
    /// Whether one sync makes a whole file system durable, and not only the directories touched.
    pub syncs_whole: bool,
    /// Whether each restart numbers the inodes anew.
    pub renumbers: bool,
}

/// How a process ends before its time, or is refused something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    Error(Errno),
    Kill,
    PowerCut,
    /// One of the two disks is gone from here on, until somebody plugs it in again.
    Unplug,
    /// Somebody replaces a file by another one.
    Stranger,
}

/// What a file of a stranger holds.
pub const STRANGERS: &[u8] = b"a stranger's";

/// What breaks the order in which things are made durable, to see that it is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    None,
    /// Intents are not durable when files are renamed.
    LateIntents,
    /// What is recorded as done is not durable yet.
    EarlyDone,
}

#[derive(Clone, Debug)]
struct Inode {
    kind: Kind,
    content: Vec<u8>,
    modified: Time,
    changed: u64,
    mode: u32,
    tree: Tree,
}

#[derive(Clone, Debug)]
struct Change {
    from: Option<Name>,
    to: Option<Name>,
    inode: u64,
}

struct State {
    names: BTreeMap<Name, u64>,
    durable: BTreeMap<Name, u64>,
    changes: Vec<Change>,
    inodes: HashMap<u64, Inode>,
    touched: HashSet<Name>,
    clock: u64,
    /// What is added to the number of every inode, since the last restart.
    numbering: u64,
    records: Vec<Record>,
    durable_records: usize,
    blow: Option<(usize, Blow)>,
    steps: usize,
    struck: bool,
    dead: bool,
    /// The disk that is unplugged: what reaches for it fails.
    gone: Option<u64>,
    /// What the file held that a stranger replaced.
    replaced: Option<Vec<u8>>,
    /// The names on the disk that is not mounted: what reaches for it finds an empty directory.
    unmounted: Option<(u64, BTreeMap<Name, u64>)>,
    random: u64,
    owes_sync: bool,
}

pub struct Machine {
    make: Make,
    mutant: Mutant,
    texts: Vec<Vec<u8>>,
    state: Mutex<State>,
}

/// The tree that lies on a file system of its own.
const ELSEWHERE: Tree = Tree::Archive;

pub fn device(tree: Tree) -> u64 {
    if tree == ELSEWHERE { 2 } else { 1 }
}

pub fn root_inode(tree: Tree) -> u64 {
    100 + tree as u64
}

impl Machine {
    pub fn new(make: Make, mutant: Mutant, seed: u64, texts: Vec<Vec<u8>>) -> Machine {
        let state = State {
            names: BTreeMap::new(),
            durable: BTreeMap::new(),
            changes: Vec::new(),
            inodes: HashMap::new(),
            touched: HashSet::new(),
            clock: 1,
            numbering: 0,
            records: Vec::new(),
            durable_records: 0,
            blow: None,
            steps: 0,
            struck: false,
            dead: false,
            gone: None,
            replaced: None,
            unmounted: None,
            random: seed | 1,
            owes_sync: false,
        };
        Machine {
            make,
            mutant,
            texts,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Puts something there, durably.
    pub fn put(&self, name: &Name, content: Option<&[u8]>) {
        let mut state = self.state();
        let kind = if content.is_some() {
            Kind::File
        } else {
            Kind::Directory
        };
        let inode = state.inode(kind, content.unwrap_or_default(), name.tree);
        state.names.insert(name.clone(), inode);
        state.durable.insert(name.clone(), inode);
    }

    /// Gives what is at `name` the second name `link`, durably.
    pub fn put_link(&self, name: &Name, link: &Name) {
        let mut state = self.state();
        let inode = state.names[name];
        state.names.insert(link.clone(), inode);
        state.durable.insert(link.clone(), inode);
    }

    /// What the file held that a stranger replaced.
    pub fn replaced(&self) -> Option<Vec<u8>> {
        self.state().replaced.clone()
    }

    /// A stranger removes every name of the files that hold this.
    pub fn remove(&self, content: &[u8]) {
        let mut state = self.state();
        let State { names, inodes, .. } = &mut *state;
        names.retain(|_, inode| inodes[inode].content != content);
        state.changes.clear();
        state.durable = state.names.clone();
    }

    /// The disk damages the file at `name`, if it holds this: its size and date stay.
    pub fn damage(&self, name: &Name, content: &[u8]) -> bool {
        let mut state = self.state();
        let Some(number) = state.names.get(name).copied() else {
            return false;
        };
        let inode = state.inodes.get_mut(&number).unwrap();
        if inode.content != content {
            return false;
        }
        inode.content.fill(b'x');
        true
    }

    /// Starts the next process, which will suffer that blow at its step of that number.
    pub fn start(&self, blow: Option<(usize, Blow)>) {
        let mut state = self.state();
        state.blow = blow;
        state.steps = 0;
        state.struck = false;
        state.dead = false;
        state.touched.clear();
    }

    /// Whether the blow fell.
    pub fn was_struck(&self) -> bool {
        self.state().struck
    }

    /// Cuts the power, whatever the process is doing.
    pub fn cut_power(&self) {
        self.state().cut_power(self.make.renumbers);
    }

    /// Takes from sight the disk that was unplugged, if one was: for the processes to come there are
    /// empty directories in its place. Says whether one was.
    pub fn unmount(&self) -> bool {
        let mut state = self.state();
        let Some(gone) = state.gone.take() else {
            return false;
        };
        let names = std::mem::take(&mut state.names).into_iter();
        let (away, here) = names.partition(|(name, _)| device(name.tree) == gone);
        state.names = here;
        state.unmounted = Some((gone, away));
        true
    }

    /// Whether the disk of a tree is not mounted.
    pub fn is_unmounted(&self, tree: Tree) -> bool {
        let state = self.state();
        let unmounted = state.unmounted.as_ref();
        unmounted.is_some_and(|(device_of_it, _)| *device_of_it == device(tree))
    }

    /// Plugs in again the disk that is not mounted. What was not durable on it may be lost.
    pub fn plug_in(&self) {
        let mut state = self.state();
        if let Some((gone, names)) = state.unmounted.take() {
            state.names.extend(names);
            state.lose_unsynced(|name| device(name.tree) == gone);
        }
    }

    pub fn records(&self) -> Vec<Record> {
        self.state().records.clone()
    }

    /// The journal begins with this record, durably.
    pub fn begin(&self, record: Record) {
        let mut state = self.state();
        state.records = vec![record];
        state.durable_records = 1;
    }

    /// Everything that has a name: what files hold, and nothing for directories.
    pub fn listing(&self) -> BTreeMap<Name, Option<Vec<u8>>> {
        let state = self.state();
        let held = |inode: &u64| {
            let inode = &state.inodes[inode];
            (inode.kind == Kind::File).then(|| inode.content.clone())
        };
        let names = state.names.iter();
        names
            .map(|(name, inode)| (name.clone(), held(inode)))
            .collect()
    }

    /// How many files hold the same, by what they hold; a file with two names counts once.
    pub fn holders(&self) -> BTreeMap<Vec<u8>, usize> {
        let state = self.state();
        let named: HashSet<_> = state.names.values().collect();
        let files = named.into_iter().map(|inode| &state.inodes[inode]);
        let mut holders = BTreeMap::new();
        for file in files.filter(|inode| inode.kind == Kind::File) {
            *holders.entry(file.content.clone()).or_default() += 1;
        }
        holders
    }

    /// The next process may be struck here.
    pub fn strike(&self) -> Result<(), DiskError> {
        self.state().strike(self.make.renumbers)
    }

    fn struck(&self) -> Result<MutexGuard<'_, State>, DiskError> {
        let mut state = self.state();
        state.strike(self.make.renumbers)?;
        Ok(state)
    }

    /// The same, where the step reaches for something in these trees.
    fn struck_in<const N: usize>(
        &self,
        trees: [Tree; N],
    ) -> Result<MutexGuard<'_, State>, DiskError> {
        let state = self.struck()?;
        trees.iter().try_for_each(|tree| state.reach(*tree))?;
        Ok(state)
    }

    /// The state, for looking at something in a tree: nothing strikes there.
    fn alive_in(&self, tree: Tree) -> Result<MutexGuard<'_, State>, DiskError> {
        let state = self.state();
        if state.dead {
            return Err(refusal(Errno::IO));
        }
        state.reach(tree)?;
        Ok(state)
    }

    fn move_name(&self, from: &Name, to: &Name) -> Result<(), DiskError> {
        let mut state = self.struck_in([from.tree, to.tree])?;
        let inode = *state.names.get(from).ok_or_else(|| refusal(Errno::NOENT))?;
        if device(from.tree) != device(to.tree) {
            return Err(refusal(Errno::XDEV));
        }
        if !self.make.refuses && !to.rel.is_ours() {
            return Err(refusal(Errno::INVAL));
        }
        state.must_be_free(to)?;
        state.change(Some(from), Some(to), inode);
        Ok(())
    }

    /// A new file at `to`, first as a kill would leave it halfway.
    fn create(&self, to: &Name, content: &[u8], modified: Time) -> Result<Node, DiskError> {
        assert!(to.rel.is_ours(), "{to} is made beside its place");
        let inode = {
            let mut state = self.struck_in([to.tree])?;
            state.must_be_free(to)?;
            let inode = state.inode(Kind::File, b"half", to.tree);
            state.change(None, Some(to), inode);
            inode
        };
        if let Err(error) = self.struck_in([to.tree]).map(drop) {
            let mut state = self.state();
            if !state.dead && state.gone != Some(device(to.tree)) {
                state.change(Some(to), None, inode);
            }
            return Err(error);
        }
        let mut state = self.state();
        let made = state.inodes.get_mut(&inode).unwrap();
        made.content = content.to_vec();
        made.modified = modified;
        Ok(state.node(inode))
    }
}

impl State {
    fn inode(&mut self, kind: Kind, content: &[u8], tree: Tree) -> u64 {
        self.clock += 1;
        let number = 1000 + self.clock;
        let inode = Inode {
            kind,
            content: content.to_vec(),
            modified: Time::default(),
            changed: self.clock,
            mode: 0o755,
            tree,
        };
        self.inodes.insert(number, inode);
        number
    }

    fn node(&self, number: u64) -> Node {
        let inode = &self.inodes[&number];
        Node {
            kind: inode.kind,
            stamp: Stamp {
                size: inode.content.len() as u64,
                modified: inode.modified,
                changed: Time::new(inode.changed as i64, 0).unwrap(),
                device: device(inode.tree),
                inode: number + self.numbering,
            },
            mode: inode.mode,
            owner: (0, 0),
            mount: device(inode.tree),
        }
    }

    fn strike(&mut self, renumbers: bool) -> Result<(), DiskError> {
        if self.dead {
            return Err(refusal(Errno::IO));
        }
        let step = self.steps;
        self.steps += 1;
        let Some((at, blow)) = self.blow else {
            return Ok(());
        };
        if at != step {
            return Ok(());
        }
        self.struck = true;
        match blow {
            Blow::Error(errno) => Err(refusal(errno)),
            Blow::Kill => {
                self.dead = true;
                Err(refusal(Errno::IO))
            }
            Blow::PowerCut => {
                self.cut_power(renumbers);
                self.dead = true;
                Err(refusal(Errno::IO))
            }
            Blow::Unplug => {
                self.gone = Some(1 + u64::from(self.chance()));
                Ok(())
            }
            Blow::Stranger => {
                self.let_stranger_in();
                Ok(())
            }
        }
    }

    /// A stranger gives a file of theirs the name of one that is not under a name of ours.
    fn let_stranger_in(&mut self) {
        let is_file = |inode: &u64| self.inodes[inode].kind == Kind::File;
        let names = self.names.iter();
        let names = names.filter(|(name, inode)| !name.rel.is_ours() && is_file(inode));
        let names: Vec<_> = names.map(|(name, inode)| (name.clone(), *inode)).collect();
        let bits = (0..6).fold(0, |bits, _| 2 * bits + usize::from(self.chance()));
        let Some((name, inode)) = names.get(bits % names.len().max(1)).cloned() else {
            return;
        };
        self.replaced = Some(self.inodes[&inode].content.clone());
        let theirs = self.inode(Kind::File, STRANGERS, name.tree);
        self.names.insert(name.clone(), theirs);
        self.changes.retain(|change| change.inode != inode);
        self.durable.retain(|_, durable| *durable != inode);
        self.durable.insert(name, theirs);
    }

    fn reach(&self, tree: Tree) -> Result<(), DiskError> {
        match self.gone {
            Some(gone) if gone == device(tree) => Err(refusal(Errno::IO)),
            _ => Ok(()),
        }
    }

    /// Xorshift; source: Marsaglia, "Xorshift RNGs", 2003.
    fn chance(&mut self) -> bool {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random & 4 != 0
    }

    fn cut_power(&mut self, renumbers: bool) {
        self.gone = None;
        self.lose_unsynced(|_| true);
        while self.records.len() > self.durable_records && self.chance() {
            self.durable_records += 1;
        }
        self.records.truncate(self.durable_records);
        if renumbers {
            self.numbering += 1_000_000;
        }
    }

    /// Loses some of the changes to names of that kind which are not durable.
    fn lose_unsynced(&mut self, is_meant: impl Fn(&Name) -> bool) {
        for change in std::mem::take(&mut self.changes) {
            if !change.from.iter().chain(&change.to).all(&is_meant) {
                self.changes.push(change);
                continue;
            }
            let comes = change
                .from
                .as_ref()
                .is_none_or(|from| self.durable.get(from) == Some(&change.inode));
            let goes = change.to.as_ref().is_none_or(|to| {
                let above = to.parent().map(TreePath::into_owned);
                !self.durable.contains_key(to)
                    && above.is_none_or(|dir| self.durable.contains_key(&dir))
            });
            if comes && goes && self.chance() {
                self.keep(&change);
            }
        }
        self.names.retain(|name, _| !is_meant(name));
        let durable = self.durable.iter().filter(|(name, _)| is_meant(name));
        self.names
            .extend(durable.map(|(name, inode)| (name.clone(), *inode)));
        self.touched.retain(|name| !is_meant(name));
    }

    fn must_be_free(&self, name: &Name) -> Result<(), DiskError> {
        if self.names.contains_key(name) {
            return Err(refusal(Errno::EXIST));
        }
        match name.parent().map(TreePath::into_owned) {
            Some(dir) if !self.names.contains_key(&dir) => Err(refusal(Errno::NOENT)),
            _ => Ok(()),
        }
    }

    fn change(&mut self, from: Option<&Name>, to: Option<&Name>, inode: u64) {
        if let Some(from) = from {
            self.names.remove(from);
            self.touch(from);
        }
        if let Some(to) = to {
            self.names.insert(to.clone(), inode);
            self.touch(to);
        }
        self.clock += 1;
        let clock = self.clock;
        if let Some(inode) = self.inodes.get_mut(&inode) {
            inode.changed = clock;
        }
        self.changes.push(Change {
            from: from.cloned(),
            to: to.cloned(),
            inode,
        });
    }

    /// The directory of `name` is made durable by the next sync.
    fn touch(&mut self, name: &Name) {
        self.touched.insert(directory(name));
    }

    fn flush(&mut self, whole: bool) {
        let touched = std::mem::take(&mut self.touched);
        let devices: HashSet<_> = touched.iter().map(|dir| device(dir.tree)).collect();
        let is_synced = |name: &Name| {
            if whole {
                devices.contains(&device(name.tree))
            } else {
                touched.contains(&directory(name))
            }
        };
        for change in std::mem::take(&mut self.changes) {
            if !change.from.iter().chain(&change.to).all(is_synced) {
                self.changes.push(change);
                continue;
            }
            self.keep(&change);
        }
    }

    /// Makes a change durable. A directory that goes takes with it what is in it, as far as that
    /// is not durably elsewhere.
    fn keep(&mut self, change: &Change) {
        match (&change.from, &change.to) {
            (Some(from), None) => {
                let within =
                    |name: &Name| name.tree == from.tree && name.rel.starts_with(&from.rel);
                self.durable.retain(|name, _| !within(name));
            }
            (Some(from), Some(_)) => {
                self.durable.remove(from);
            }
            (None, _) => {}
        }
        if let Some(to) = &change.to {
            self.durable.insert(to.clone(), change.inode);
        }
    }
}

/// The directory of a name; for one right in its tree, a name that stands for the tree's own.
fn directory(name: &Name) -> Name {
    match name.parent() {
        Some(dir) => dir.into_owned(),
        None => {
            let root = format!("{}/(the tree itself)", name.tree);
            TreePath::from_text(&root).unwrap().into_owned()
        }
    }
}

fn refusal(errno: Errno) -> DiskError {
    DiskError::at("reach", Path::new("the machine"), errno)
}

fn own(path: &TreePath<'_>) -> Name {
    path.clone().into_owned()
}

impl Filesystem for Machine {
    fn look(&self, path: &TreePath<'_>) -> Result<Option<Node>, DiskError> {
        let state = self.alive_in(path.tree)?;
        let inode = state.names.get(path).copied();
        Ok(inode.map(|inode| state.node(inode)))
    }

    fn root(&self, tree: Tree) -> Option<Node> {
        let stamp = Stamp {
            device: device(tree),
            inode: root_inode(tree),
            ..Stamp::default()
        };
        Some(Node {
            kind: Kind::Directory,
            stamp,
            mode: 0o755,
            owner: (0, 0),
            mount: device(tree),
        })
    }

    fn mount(&self, tree: Tree) -> Option<u64> {
        Some(device(tree))
    }

    fn hash(&self, path: &TreePath<'_>) -> Result<Digest, DiskError> {
        let state = self.alive_in(path.tree)?;
        let inode = state.names.get(path).ok_or_else(|| refusal(Errno::NOENT))?;
        Ok(Digest::of(&state.inodes[inode].content))
    }

    fn rename(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        if !self.make.refuses {
            drop(self.struck_in([from.tree, to.tree])?);
            if device(from.tree) != device(to.tree) {
                return Err(refusal(Errno::XDEV));
            }
            return Err(refusal(Errno::INVAL));
        }
        self.move_name(&own(from), &own(to))
    }

    fn link(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        let mut state = self.struck_in([from.tree, to.tree])?;
        let inode = *state.names.get(from).ok_or_else(|| refusal(Errno::NOENT))?;
        if device(from.tree) != device(to.tree) {
            return Err(refusal(Errno::XDEV));
        }
        let to = own(to);
        state.must_be_free(&to)?;
        state.change(None, Some(&to), inode);
        Ok(())
    }

    fn put_aside(&self, from: &TreePath<'_>, to: &TreePath<'_>) -> Result<(), DiskError> {
        assert!(to.rel.is_ours(), "{to} is a name of ours");
        self.move_name(&own(from), &own(to))
    }

    fn copy(
        &self,
        from: &TreePath<'_>,
        to: &TreePath<'_>,
        hash: Digest,
        _: Owner,
        _: &dyn Fn(u64),
    ) -> Result<Node, DiskError> {
        let (content, modified) = {
            let state = self.alive_in(from.tree)?;
            let inode = state.names.get(from).ok_or_else(|| refusal(Errno::NOENT))?;
            let inode = &state.inodes[inode];
            (inode.content.clone(), inode.modified)
        };
        if Digest::of(&content) != hash {
            // A stranger replaced it since it was looked at.
            return Err(refusal(Errno::IO));
        }
        self.create(&own(to), &content, modified)
    }

    fn may_give(&self, _: (u32, u32)) -> bool {
        true
    }

    fn write(&self, to: &TreePath<'_>, text: &[u8], modified: Time) -> Result<Node, DiskError> {
        self.create(&own(to), text, modified)
    }

    fn unlink(&self, path: &TreePath<'_>) -> Result<(), DiskError> {
        assert!(path.rel.is_ours(), "{path} is a name of ours");
        let mut state = self.struck_in([path.tree])?;
        if let Some(inode) = state.names.get(path).copied() {
            state.change(Some(&own(path)), None, inode);
        }
        Ok(())
    }

    fn names(&self, path: &TreePath<'_>) -> Result<Vec<Name>, DiskError> {
        let state = self.alive_in(path.tree)?;
        let path = own(path);
        let inside = |name: &&Name| name.parent().map(TreePath::into_owned).as_ref() == Some(&path);
        Ok(state.names.keys().filter(inside).cloned().collect())
    }

    fn room(&self, path: &TreePath<'_>) -> Result<Room, DiskError> {
        Ok(Room {
            bytes: u64::MAX,
            block: 1,
            files: None,
            id: device(path.tree),
        })
    }

    fn folds(&self, _: Tree, _: Option<&TreePath<'_>>) -> Result<bool, DiskError> {
        Ok(false)
    }

    fn make_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError> {
        let mut state = self.struck_in([path.tree])?;
        let path = own(path);
        state.must_be_free(&path)?;
        let inode = state.inode(Kind::Directory, b"", path.tree);
        state.inodes.get_mut(&inode).unwrap().mode = like.mode;
        state.change(None, Some(&path), inode);
        Ok(())
    }

    fn dress_directory(&self, path: &TreePath<'_>, like: &Node) -> Result<(), DiskError> {
        let mut state = self.struck_in([path.tree])?;
        let inode = *state.names.get(path).ok_or_else(|| refusal(Errno::NOENT))?;
        state.inodes.get_mut(&inode).unwrap().mode = like.mode;
        Ok(())
    }

    fn date_directory(&self, path: &TreePath<'_>, modified: Time) -> Result<(), DiskError> {
        let mut state = self.struck_in([path.tree])?;
        let inode = *state.names.get(path).ok_or_else(|| refusal(Errno::NOENT))?;
        state.inodes.get_mut(&inode).unwrap().modified = modified;
        Ok(())
    }

    fn remove_directory(&self, path: &TreePath<'_>) -> Result<bool, DiskError> {
        let is_empty = self.names(path)?.is_empty();
        let mut state = self.struck_in([path.tree])?;
        let Some(inode) = state.names.get(path).copied() else {
            return Ok(true);
        };
        if !is_empty || state.inodes[&inode].kind != Kind::Directory {
            return Ok(false);
        }
        state.change(Some(&own(path)), None, inode);
        Ok(true)
    }

    fn mark(&self, path: &TreePath<'_>) -> Result<(), DiskError> {
        let mut state = self.alive_in(path.tree)?;
        // The nearest directory above that is there.
        let mut name = own(path);
        loop {
            match name.parent().map(TreePath::into_owned) {
                Some(dir) if !state.names.contains_key(&dir) => name = dir,
                _ => break,
            }
        }
        state.touch(&name);
        Ok(())
    }

    fn sync(&self) -> Result<(), DiskError> {
        let mut state = self.struck()?;
        if self.mutant == Mutant::EarlyDone {
            state.owes_sync = true;
            return Ok(());
        }
        let touched: Vec<_> = state.touched.iter().map(|dir| dir.tree).collect();
        touched.into_iter().try_for_each(|tree| state.reach(tree))?;
        state.flush(self.make.syncs_whole);
        Ok(())
    }

    fn refresh(&self) {}
}

/// The journal of the machine, as the mover writes it.
pub struct Pen<'m>(pub &'m Machine);

impl Ledger for Pen<'_> {
    fn append(&mut self, record: &Record) -> Result<(), DiskError> {
        let mut state = self.0.struck()?;
        state.records.push(record.clone());
        Ok(())
    }

    fn text(&mut self, number: usize) -> Result<Vec<u8>, DiskError> {
        Ok(self.0.texts[number].clone())
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        let mut state = self.0.struck()?;
        let is_intent = matches!(state.records.last(), Some(Record::Intent(_)));
        if self.0.mutant == Mutant::LateIntents && is_intent {
            return Ok(());
        }
        state.durable_records = state.records.len();
        drop(state);
        let mut state = self.0.struck()?;
        if std::mem::take(&mut state.owes_sync) {
            state.flush(self.0.make.syncs_whole);
        }
        Ok(())
    }
}
