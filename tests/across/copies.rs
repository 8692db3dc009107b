//! Taking in what lies on another file system, such as a card: by copies, and by moves.

use crate::kept::Kept;
use crate::library::{
    AS_NOBODY, Library, Mounted, belongs_to_nobody, can, everything, has_own_mounts, system,
};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// 2017-07-14T02:40:00Z, when each file of these tests was changed last.
const CHANGED: u64 = 1_500_000_000;

const INGEST: [&str; 4] = ["ingest", "--yes", "--time-zone", "UTC"];
const COPY: [&str; 5] = ["ingest", "--yes", "--time-zone", "UTC", "--copy"];

/// A crawled library without files, of which these are on file systems in memory.
fn library(trees: &[&str]) -> (Library, Vec<Mounted>) {
    let library = Library::new();
    let mounts = trees
        .iter()
        .map(|tree| Mounted::tmpfs("", &library.path(tree)));
    let mounts = mounts.collect();
    library.succeed(&["crawl"]);
    (library, mounts)
}

/// Writes a file that has been there for long.
fn put(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    let changed = UNIX_EPOCH + Duration::from_secs(CHANGED);
    File::open(path).unwrap().set_modified(changed).unwrap();
}

/// Where that content goes in media.
fn place(library: &Library, content: &str) -> PathBuf {
    let hash = blake3::hash(content.as_bytes()).to_hex();
    library.path(&format!("media/2017/20170714_024000_{}.jpg", &hash[..16]))
}

/// When the inodes of a card's files changed last, and when those were read.
fn times(dir: &Path) -> Vec<[i64; 4]> {
    let entries = walkdir::WalkDir::new(dir).sort_by_file_name();
    let entries = entries.into_iter().map(Result::unwrap);
    let stats = entries.map(|entry| entry.metadata().unwrap());
    let times = stats.filter(fs::Metadata::is_file).map(|stat| {
        let changed = [stat.ctime(), stat.ctime_nsec()];
        [changed[0], changed[1], stat.atime(), stat.atime_nsec()]
    });
    times.collect()
}

#[test]
fn law_1_a_card_on_another_file_system_is_copied_and_left_as_it_is() {
    let skipped = "cards on another file system";
    if !has_own_mounts(
        law_1_a_card_on_another_file_system_is_copied_and_left_as_it_is,
        skipped,
    ) {
        return;
    }
    let (library, _mounts) = library(&[]);
    let card = library.surroundings().join("card");
    let _card = Mounted::tmpfs("", &card);
    for (name, content) in [("DCIM/a.jpg", "a"), ("DCIM/b.jpg", "b")] {
        put(&card.join(name), content);
    }
    let source = card.join("DCIM/a.jpg");
    chown(&source, Some(1001), Some(2001)).unwrap();
    fs::set_permissions(&source, Permissions::from_mode(0o640)).unwrap();
    let before = everything(&card, &[]);
    let untouched = times(&card);
    let copy = [&COPY[..], &[card.to_str().unwrap()]].concat();
    library.succeed(&copy).tells(&["copied 2 files"]);
    assert_eq!(times(&card), untouched, "neither read nor touched");
    before.assert_same(&everything(&card, &[]), "the card");
    let taken = place(&library, "a");
    Kept::of(&taken).assert_same(&Kept::of(&source), "the copy");
    library.succeed(&copy).tells(&["nothing to do"]);
    library.succeed(&["undo", "--yes"]);
    assert!(!taken.exists());
}

#[test]
fn law_1_a_card_that_cannot_be_written_is_copied() {
    let skipped = "cards that cannot be written";
    if !has_own_mounts(law_1_a_card_that_cannot_be_written_is_copied, skipped) {
        return;
    }
    let (library, mounts) = library(&["ingest"]);
    put(&library.path("ingest/a.jpg"), "a");
    let ingest = library.path("ingest");
    let options = ["-o", "remount,ro", ingest.to_str().unwrap()];
    system("mount", options);
    library.succeed(&COPY).tells(&["copied 1 file"]);
    assert!(place(&library, "a").exists());
    library.succeed(&["undo", "--yes"]);
    library.succeed(&["undo", "--yes", &newest(&library)]);
    assert!(place(&library, "a").exists());
    drop(mounts);
}

/// The name of the newest run.
fn newest(library: &Library) -> String {
    let runs = fs::read_dir(library.path("data/runs")).unwrap();
    let names = runs.map(|run| run.unwrap().file_name().into_string().unwrap());
    names.max().unwrap()
}

#[test]
fn many_files_are_copied_where_few_may_be_open() {
    let skipped = "a card on another file system";
    if !has_own_mounts(many_files_are_copied_where_few_may_be_open, skipped) {
        return;
    }
    let (library, _mounts) = library(&["ingest"]);
    let contents: Vec<_> = (0..200).map(|number| format!("photo {number}")).collect();
    for content in &contents {
        put(&library.path(&format!("ingest/{content}.jpg")), content);
    }
    let few_files = ["sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"];
    let said = library.run_within(&few_files, &COPY);
    assert_eq!(said.code, 0, "{said:?}");
    said.tells(&["copied 200 files"]);
    assert!(
        contents
            .iter()
            .all(|content| place(&library, content).exists())
    );
}

#[test]
fn what_is_on_a_mount_within_ingest_is_copied_and_never_moved() {
    let skipped = "mounts within ingest";
    if !has_own_mounts(
        what_is_on_a_mount_within_ingest_is_copied_and_never_moved,
        skipped,
    ) {
        return;
    }
    let (library, _mounts) = library(&["ingest/card"]);
    put(&library.path("ingest/card/a.jpg"), "a");
    put(&library.path("ingest/b.jpg"), "b");
    let said = library.end_with(4, &INGEST);
    said.tells(&["ingest/card/a.jpg: it is on a mount within ingest"]);
    assert!(library.path("ingest/card/a.jpg").exists());
    assert!(place(&library, "b").exists());
    library.succeed(&COPY).tells(&["copied 1 file"]);
    assert!(place(&library, "a").exists());
    assert!(library.path("ingest/card/a.jpg").exists());
}

#[test]
fn law_2_names_that_a_file_system_takes_for_one_are_refused() {
    let skipped = "file systems that ignore case";
    if !has_own_mounts(
        law_2_names_that_a_file_system_takes_for_one_are_refused,
        skipped,
    ) {
        return;
    }
    let library = Library::new();
    let image = library.surroundings().join("image");
    File::create_new(&image).unwrap().set_len(64 << 20).unwrap();
    let (image, media) = (image.to_str().unwrap(), library.path("media"));
    let media = media.to_str().unwrap();
    if !can(&["mkfs.ext4", "-q", "-O", "casefold", image], skipped)
        || !can(&["mount", "-o", "loop", image, media], skipped)
    {
        return;
    }
    let folding = library.path("media/2024");
    fs::create_dir(&folding).unwrap();
    if !can(&["chattr", "+F", folding.to_str().unwrap()], skipped) {
        system("umount", [media]);
        return;
    }
    library.succeed(&["crawl"]);
    put(&library.path("ingest/scans/A.jpg"), "a");
    put(&library.path("ingest/scans/a.jpg"), "b");
    let gather = [&INGEST[..], &["--undated", "media/2024/undated"]].concat();
    library.end_with(3, &gather).tells(&["for one"]);
    assert!(!folding.join("undated").exists());
    // What is there under another case is not overwritten either.
    put(&library.path("media/2024/undated/scans/A.JPG"), "other");
    fs::remove_file(library.path("ingest/scans/A.jpg")).unwrap();
    let said = library.end_with(4, &gather);
    said.tells(&["ingest/scans/a.jpg: media/2024/undated/scans/a.jpg is taken by a file"]);
    assert_eq!(library.read("media/2024/undated/scans/A.JPG"), "other");
    system("umount", ["-l", media]);
}

#[test]
fn a_copy_of_a_strangers_file_belongs_to_whoever_takes_it_in() {
    let skipped = "cards of another user";
    let (library, _mounts) = library(&[]);
    put(&library.path("ingest/a.jpg"), "a");
    let source = library.path("ingest/a.jpg");
    if !belongs_to_nobody(&library, skipped) {
        return;
    }
    chown(&source, Some(1001), Some(2001)).unwrap();
    fs::set_permissions(&source, Permissions::from_mode(0o6755)).unwrap();
    let said = library.run_within(&AS_NOBODY, &COPY);
    assert_eq!(said.code, 0, "{}", said.err);
    let copy = fs::metadata(place(&library, "a")).unwrap();
    assert_eq!((copy.uid(), copy.gid()), (65534, 65534));
    assert_eq!(copy.mode() & 0o7777, 0o755, "nobody runs it as nobody");
    assert_eq!(copy.mtime(), CHANGED as i64);
    let source = fs::metadata(source).unwrap();
    assert_eq!((source.uid(), source.mode() & 0o7777), (1001, 0o6755));
    let said = library.run_within(&AS_NOBODY, &["undo", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn law_10_what_cannot_keep_its_owner_is_refused_before_anything_moves() {
    let skipped = "files of another user that go to another file system";
    if !has_own_mounts(
        law_10_what_cannot_keep_its_owner_is_refused_before_anything_moves,
        skipped,
    ) {
        return;
    }
    let (library, _mounts) = library(&["ingest"]);
    for (name, content) in [("ingest/a.jpg", "a"), ("ingest/b.jpg", "b")] {
        put(&library.path(name), content);
    }
    if !belongs_to_nobody(&library, skipped) {
        return;
    }
    let strangers = library.path("ingest/b.jpg");
    chown(&strangers, Some(1001), Some(2001)).unwrap();
    let before = everything(&library.path("ingest"), &[]);
    let said = library.run_within(&AS_NOBODY, &INGEST);
    assert_eq!(said.code, 3, "{}", said.err);
    said.tells(&["may not give the copy to user 1001 and group 2001"]);
    before.assert_same(&everything(&library.path("ingest"), &[]), "ingest");
    assert!(!place(&library, "a").exists());
    let data = library.path("data");
    system("chown", ["-R".as_ref(), "0:0".as_ref(), data.as_os_str()]);
    // Who may give files away, moves them with their owner.
    library.succeed(&[&INGEST[..], &["--shared-trees"]].concat());
    let moved = fs::metadata(place(&library, "b")).unwrap();
    assert_eq!((moved.uid(), moved.gid()), (1001, 2001));
}
