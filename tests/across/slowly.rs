//! What happens while a copy is being made.

use crate::kept::Kept;
use crate::library::{Library, can, has_own_mounts};
use crate::world::{World, end_of};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

const SIZE: usize = 10 << 20;

/// A library with a large file and a small one, of which duplicates are a tmpfs.
fn large() -> World {
    let world = World::with_tmpfs("");
    let library = &world.library;
    for (number, size) in [SIZE, 5].into_iter().enumerate() {
        let content = "a".repeat(size);
        library.write(&format!("archive/01/keeper-{number}"), &content);
        library.write(&format!("media/2024/{number}"), &content);
    }
    let path = library.path("media/2024/0");
    chown(&path, Some(1000), Some(2000)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o4750)).unwrap();
    world.plan(2);
    world
}

fn can_slow_down(skipped: &str) -> bool {
    can(&["strace", "-o", "/dev/null", "true"], skipped)
}

fn delayed(call: &str) -> [String; 4] {
    delayed_by(call, 60_000)
}

/// What delays each `call` by so many microseconds.
fn delayed_by(call: &str, delay: u32) -> [String; 4] {
    let trace = format!("trace=write,{call}");
    let inject = format!("inject={call}:delay_enter={delay}");
    ["-e".to_owned(), trace, "-e".to_owned(), inject]
}

/// Whether so many bytes of a copy are there.
fn is_long(part: &Path, bytes: u64) -> bool {
    fs::metadata(part).is_ok_and(|part| part.len() >= bytes)
}

fn assert_back(library: &Library) {
    for number in 0..2 {
        assert!(library.path(&format!("media/2024/{number}")).exists());
    }
    let left = fs::read_dir(library.path("duplicates")).unwrap().count();
    assert_eq!(left, 0, "something is left in duplicates");
    assert!(!library.path("media/.mediastruct.d").exists());
}

#[test]
fn law_6_interrupted_while_it_copies_it_ends_the_file_and_turns_back() {
    let skipped = "interrupts while a file is copied";
    if !has_own_mounts(
        law_6_interrupted_while_it_copies_it_ends_the_file_and_turns_back,
        skipped,
    ) || !can_slow_down(skipped)
    {
        return;
    }
    let world = large();
    let start = world.library.census();
    // Three seconds in all are time enough, whatever else the machine does.
    let slow = delayed_by("sendfile", 300_000);
    let (child, _) = world.apply_slowly(&slow.each_ref().map(String::as_str));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let said = end_of(child);
    assert_eq!(said.code, 1, "{said:?}");
    said.tells(&[
        "interrupted",
        "error: interrupted; everything that was moved is back in its place\n",
    ]);
    let whole = world.trace().matches("= 1048576").count();
    assert_eq!(whole, SIZE >> 20, "the file was not copied to its end");
    assert!(world.library.census() == start);
    assert_back(&world.library);
    world.library.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_1_a_file_that_grows_while_it_is_copied_stays() {
    let skipped = "files that grow while they are copied";
    if !has_own_mounts(law_1_a_file_that_grows_while_it_is_copied_stays, skipped)
        || !can_slow_down(skipped)
    {
        return;
    }
    let world = large();
    let path = world.library.path("media/2024/0");
    let mut edit = Some(b"more");
    // The source is open and looked at by then, and nothing of it was copied yet.
    let said = world.apply_stopping("fchown", |part| {
        if part.is_some_and(|part| is_long(part, 0))
            && let Some(more) = edit.take()
        {
            let mut file = File::options().append(true).open(&path).unwrap();
            file.write_all(more).unwrap();
        }
    });
    assert_eq!(said.code, 1, "{said:?}");
    let told = "cannot copy media/2024/0: it changed while it was copied";
    said.tells(&[told, "is back in its place"]);
    assert_eq!(fs::metadata(&path).unwrap().len(), SIZE as u64 + 4);
    assert!(fs::read(&path).unwrap().ends_with(b"aaamore"));
    assert_back(&world.library);
}

#[test]
fn law_1_a_file_that_is_edited_after_it_was_read_stays() {
    let skipped = "files that are edited while their copies are read back";
    if !has_own_mounts(law_1_a_file_that_is_edited_after_it_was_read_stays, skipped)
        || !can_slow_down(skipped)
    {
        return;
    }
    let world = large();
    let path = world.library.path("media/2024/0");
    let mut edit = Some(b"edited");
    let said = world.apply_stopping("fsync", |part| {
        if part.is_some_and(|part| is_long(part, SIZE as u64))
            && let Some(edited) = edit.take()
        {
            // As long as before, and as old: only the inode tells.
            let modified = fs::metadata(&path).unwrap().modified().unwrap();
            let mut file = File::options().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start(1000)).unwrap();
            file.write_all(edited).unwrap();
            file.set_modified(modified).unwrap();
        }
    });
    assert_eq!(said.code, 1, "{said:?}");
    let told = "cannot copy media/2024/0: it changed while it was copied";
    said.tells(&[told, "is back in its place"]);
    assert_eq!(&fs::read(&path).unwrap()[1000..1006], b"edited");
    assert_back(&world.library);
}

#[test]
fn at_no_instant_may_more_read_a_copy_than_its_source() {
    let skipped = "who may read a copy while it is made";
    if !has_own_mounts(at_no_instant_may_more_read_a_copy_than_its_source, skipped)
        || !can_slow_down(skipped)
    {
        return;
    }
    let world = large();
    let source = Kept::of(&world.library.path("media/2024/0"));
    let calls = "write,sendfile,fchown,fchmod,fsetxattr,utimensat,fsync";
    let (mut child, _) = world.apply_slowly(&delayed(calls).each_ref().map(String::as_str));
    let mut seen = std::collections::BTreeSet::new();
    while child.try_wait().unwrap().is_none() {
        let found = [world.part(), Some(world.library.path("duplicates/2024/0"))];
        for stat in found
            .into_iter()
            .flatten()
            .filter_map(|path| fs::metadata(path).ok())
        {
            // The small file has the same names and its own mode.
            if stat.len() != 5 {
                seen.insert((stat.mode() & 0o7777, stat.uid(), stat.gid()));
            }
        }
    }
    let said = end_of(child);
    assert_eq!(said.code, 0, "{said:?}");
    let moved = Kept::of(&world.library.path("duplicates/2024/0"));
    moved.assert_same(&source, "moved");
    for (mode, user, group) in &seen {
        if *user == 0 {
            // Not given away yet: for us alone.
            assert_eq!(mode & !0o600, 0, "{mode:o} for {user}:{group}");
        } else {
            assert_eq!((*user, *group), (1000, 2000));
            assert_eq!(mode & !0o4750, 0, "{mode:o} for {user}:{group}");
        }
    }
    assert!(seen.len() >= 2, "too few were seen: {seen:?}");
}
