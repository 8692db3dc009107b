use super::*;
use crate::disk::filesystem::{CopyWatch, Copying, Owner};
use crate::disk::trees::attributes::Ends;
use crate::model::digest::Digest;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what is copied, and wants no more than so many files.
struct Counted {
    most: u64,
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Counted {
    fn new(most: u64) -> Counted {
        Counted {
            most,
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }
}

impl CopyWatch for Counted {
    fn wants_more(&self) -> bool {
        self.files.load(Ordering::Relaxed) < self.most
    }

    fn advance(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

fn part(number: usize) -> String {
    format!("duplicates/.mediastruct-20240301T100000Z-aaaa-{number}.part")
}

/// Files in media of these sizes, each with what is in it, and where each is to be copied.
fn files(fixture: &Fixture, sizes: &[usize]) -> (Vec<Vec<u8>>, Vec<Copying<'static>>) {
    let bytes = sizes.iter().enumerate();
    let bytes: Vec<Vec<u8>> = bytes.map(|(n, size)| vec![n as u8; *size]).collect();
    let copies = bytes.iter().enumerate().map(|(number, bytes)| {
        let name = format!("media/{number:03}");
        fixture.file(&name, bytes);
        Copying {
            from: TreePath::from_text(&name).unwrap().into_owned(),
            to: TreePath::from_text(&part(number)).unwrap().into_owned(),
            size: bytes.len() as u64,
            hash: Digest::of(bytes),
            owner: Owner::Kept,
        }
    });
    let copies = copies.collect();
    (bytes, copies)
}

#[test]
fn many_files_are_copied_whichever_way_they_become_durable() {
    const LARGE: usize = 9 << 20;
    let mut sizes = vec![100; 150];
    sizes.extend([LARGE, 0, 7, LARGE, LARGE, 4 << 20, 5 << 20, 1]);
    for syncs_whole in [true, false] {
        let mut fixture = Fixture::new();
        let roots = fixture.trees.roots.iter_mut().flatten();
        roots.for_each(|root| root.syncs_whole = syncs_whole);
        let (bytes, copies) = files(&fixture, &sizes);
        let watch = Counted::new(u64::MAX);
        let made = fixture.trees.copy_all(&copies, &watch);
        assert_eq!(made.len(), sizes.len());
        for (number, made) in made.into_iter().enumerate() {
            let node = made.unwrap().unwrap();
            let there = fixture.trees.look(&copies[number].to).unwrap();
            assert_eq!(there, Some(node), "{number}");
            assert_eq!(fixture.bytes(&part(number)), bytes[number], "{number}");
        }
        assert_eq!(watch.files.into_inner(), sizes.len() as u64);
        let all: usize = sizes.iter().sum();
        assert_eq!(watch.bytes.into_inner(), all as u64);
        assert_eq!(fixture.is_marked(Tree::Duplicates), syncs_whole);
    }
}

#[test]
fn a_copy_that_fails_is_named_and_what_is_left_under_our_names_is_told() {
    let fixture = Fixture::new();
    let (_, mut copies) = files(&fixture, &[1000; 300]);
    copies[70].hash = Digest::of(b"another");
    let made = fixture.trees.copy_all(&copies, &Counted::new(u64::MAX));
    let failed = made[70].as_ref().unwrap().as_ref().unwrap_err();
    assert!(failed.to_string().contains("differs"), "{failed}");
    for (number, made) in made.iter().enumerate() {
        let is_made = matches!(made, Some(Ok(_)));
        let is_there = fixture.root.join(part(number)).exists();
        assert_eq!(is_there, is_made, "{number}");
    }
    let kept = made.iter().filter(|made| matches!(made, Some(Ok(_))));
    assert!(kept.count() < 300);
}

#[test]
fn where_one_fails_the_small_ones_before_it_are_made_all_the_same() {
    let fixture = Fixture::new();
    let (_, copies) = files(&fixture, &[10; 5]);
    fs::remove_file(fixture.root.join("media/003")).unwrap();
    let made = fixture.trees.copy_all(&copies, &Counted::new(u64::MAX));
    assert!(made[..3].iter().all(|made| matches!(made, Some(Ok(_)))));
    assert!(matches!(made[3], Some(Err(_))));
    assert!(made[4].is_none());
    assert!((0..5).all(|number| fixture.root.join(part(number)).exists() == (number < 3)));
}

#[test]
fn a_copy_of_what_stays_is_right_by_its_hash_though_its_source_goes() {
    let fixture = Fixture::new();
    let (bytes, mut copies) = files(&fixture, &[10]);
    let from = fixture.root.join("media/000");
    for owner in [Owner::Kept, Owner::KeptIfAllowed] {
        copies[0].owner = owner;
        fixture.file("media/000", &bytes[0]);
        let ends = Ends {
            from: &copies[0].from,
            to: &copies[0].to,
        };
        let copy = fixture
            .trees
            .begin_copy(ends, copies[0].hash, owner, &|_| {});
        let copy = copy.unwrap();
        fs::remove_file(&from).unwrap();
        copy.draft.settle().unwrap();
        let is_kept = copy.conclude().is_ok();
        assert_eq!(is_kept, owner == Owner::KeptIfAllowed);
        assert_eq!(fixture.root.join(part(0)).exists(), is_kept);
    }
}

#[test]
fn nothing_more_is_begun_that_nobody_wants() {
    let fixture = Fixture::new();
    let (_, copies) = files(&fixture, &[9 << 20; 6]);
    let made = fixture.trees.copy_all(&copies, &Counted::new(0));
    assert!(made.iter().all(Option::is_none));
    let watch = Counted::new(1);
    let made = fixture.trees.copy_all(&copies, &watch);
    assert!(made.iter().any(Option::is_some));
    let done = made.iter().flatten().filter(|made| made.is_ok());
    assert_eq!(done.count() as u64, watch.files.into_inner());
}

#[test]
fn a_sync_that_failed_is_remembered_by_the_next() {
    let mut fixture = Fixture::new();
    let (_, copies) = files(&fixture, &[10; 3]);
    // What is open as a path alone cannot be synced.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let path = rustix::fs::open(fixture.root.join("duplicates"), flags, Mode::empty()).unwrap();
    let replace = |fixture: &mut Fixture, handle| {
        let root = fixture.trees.roots[Tree::Duplicates as usize]
            .as_mut()
            .unwrap();
        std::mem::replace(&mut root.handle, handle)
    };
    let handle = replace(&mut fixture, Arc::new(path));
    let made = fixture.trees.copy_all(&copies, &Counted::new(u64::MAX));
    assert!(made.iter().all(|made| matches!(made, Some(Ok(_)))));
    replace(&mut fixture, handle);
    let error = fixture.trees.sync().unwrap_err();
    assert!(error.to_string().contains("make durable"), "{error}");
}
