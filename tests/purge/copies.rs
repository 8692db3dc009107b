//! Copies that cannot be verified: what is parked stays, is named, and the rest goes.

use crate::library::system;
use crate::{Mounted, TMPFS, run_in};
use std::fs;

/// Purges a run, of which this one file must stay for this reason, and all others must go.
fn stays(library: &Mounted, run: &str, parked: &str, why: &str) {
    let told = format!("warning: media/.mediastruct.d/parked/{run}/{parked} stays: {why}");
    let rehearsed = library.end_with(4, &["purge", run, "--dry-run"]);
    rehearsed.tells(&[&told, "would delete 1 file, 4 bytes", "nothing was done"]);
    assert_eq!(library.parked(run).len(), 2);
    let said = library.end_with(4, &["purge", run, "--yes"]);
    let left_out = "left out: 1 file, parked still";
    said.tells(&[&told, "deleted 1 file, 4 bytes", left_out]);
    assert_eq!(library.parked(run), [parked]);

    let said = library.end_with(4, &["purge", run, "--yes"]);
    said.tells(&[&told, "deleted 0 files", left_out]);
    assert_eq!(library.parked(run), [parked]);
    let shown = library.succeed(&["show", run]).out;
    assert!(shown.contains("parked    1 file, 4 B"), "{shown}");
}

#[test]
fn law_1_a_source_stays_of_which_the_copy_is_damaged() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "damaged copies") else {
        return;
    };
    library.damage("duplicates/2024/a.jpg", "sane");
    let why = "no copy of it could be verified: duplicates/2024/a.jpg holds something else, \
               media/2024/a.jpg is missing";
    stays(&library, &run, "0-a.jpg", why);
    // With the copy put right, it goes.
    library.damage("duplicates/2024/a.jpg", "same");
    library.succeed(&["purge", &run, "--yes"]);
    assert_eq!(library.names("media"), ["2024"]);
}

#[test]
fn law_1_a_source_stays_of_which_the_copy_is_missing() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "missing copies") else {
        return;
    };
    fs::remove_file(library.path("duplicates/2024/b/c.jpg")).unwrap();
    let why = "no copy of it could be verified: duplicates/2024/b/c.jpg is missing, \
               media/2024/b/c.jpg is missing";
    stays(&library, &run, "1-c.jpg", why);
}

#[test]
fn law_1_a_source_stays_that_was_edited_where_it_is_parked() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "edited parked files") else {
        return;
    };
    let parked = format!("media/.mediastruct.d/parked/{run}/0-a.jpg");
    library.damage(&parked, "mine");
    stays(
        &library,
        &run,
        "0-a.jpg",
        "it does not hold any more what was parked",
    );
    fs::write(library.path(&parked), "all mine").unwrap();
    let said = library.end_with(4, &["purge", &run, "--yes"]);
    said.tells(&["stays: it was changed since it was parked"]);
    assert_eq!(library.read(&parked), "all mine");
}

#[test]
fn law_1_nothing_goes_where_the_other_file_system_is_not_mounted() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "copies on a disk that is away") else {
        return;
    };
    // The same command in another name space sees an empty directory in place of the disk.
    let said = library.library.run(&["purge", &run, "--yes"]);
    assert_eq!(said.code, 4, "{said:?}");
    said.tells(&["duplicates/2024/a.jpg is missing", "left out: 2 files"]);
    assert_eq!(library.parked(&run).len(), 2);
}

#[test]
fn the_copy_of_an_undone_run_is_at_its_source_again() {
    let Some((library, run)) = Mounted::with_parked(TMPFS, "purging an undone run") else {
        return;
    };
    let undo = run_in(&library.succeed(&["undo", "--yes"]));
    assert_eq!(library.read("media/2024/a.jpg"), "same");
    let said = library.succeed(&["purge", &run, "--yes"]);
    said.tells(&["copy at media/2024/a.jpg", "deleted 2 files, 8 bytes"]);
    assert_eq!(library.read("media/2024/b/c.jpg"), "same");

    // What the undo has parked goes by itself, and leans on the same copies.
    library.damage("media/2024/a.jpg", "sane");
    let said = library.end_with(4, &["purge", &undo, "--yes"]);
    said.tells(&["0-a.jpg stays: no copy of it", "deleted 1 file"]);
    let parked = format!("duplicates/.mediastruct.d/parked/{undo}");
    assert_eq!(library.names(&parked), ["0-a.jpg"]);
}

#[test]
fn a_copy_that_a_later_run_moved_is_found_there() {
    let script = "mount -t tmpfs none media; cp -a keep/. media; mount -t tmpfs none duplicates";
    let script = format!("cp -a media keep; {script}");
    let Some((library, run)) = Mounted::with_parked(&script, "copies that moved on") else {
        return;
    };
    // Taken back, and done once more: the chain of runs leads there and back again.
    let undo = run_in(&library.succeed(&["undo", "--yes"]));
    library.succeed(&["undo", &undo, "--yes"]);
    let said = library.succeed(&["purge", &run, "--yes"]);
    said.tells(&["copy at duplicates/2024/a.jpg", "deleted 2 files"]);
    let said = library.succeed(&["purge", &undo, "--yes"]);
    said.tells(&["copy at duplicates/2024/a.jpg", "deleted 2 files"]);
}

#[test]
fn law_1_a_copy_that_only_memory_holds_whole_is_none() {
    let skipped = "copies that are damaged on the disk and whole in memory";
    let script = "truncate -s 64M image; mkfs.ext4 -q image; mount -o loop image duplicates";
    let Some(library) = Mounted::by(script, skipped) else {
        return;
    };
    let content = "a picture of which there is but one. ".repeat(1000);
    for name in [
        "media/2024/a.jpg",
        "media/2024/b/c.jpg",
        "archive/01/keeper.jpg",
    ] {
        fs::write(library.path(name), &content).unwrap();
    }
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "picture.json"]);
    let run = run_in(&library.succeed(&["apply", "picture.json"]));
    system(
        "sync",
        ["-f".as_ref(), library.path("duplicates").as_os_str()],
    );

    // The block of one of the two copies is changed beneath the file system.
    let copy = "duplicates/2024/a.jpg";
    assert_eq!(library.read(copy), content);
    let image = library.path("image");
    let mut bytes = fs::read(&image).unwrap();
    let pictures = bytes.windows(content.len());
    let places = pictures
        .enumerate()
        .filter(|(_, w)| *w == content.as_bytes());
    let places: Vec<usize> = places.map(|(at, _)| at).collect();
    assert_eq!(places.len(), 2, "each copy lies in one piece");
    for at in places {
        bytes[at] = b'A';
    }
    let file = fs::File::options().write(true).open(&image).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes, 0).unwrap();
    assert_eq!(library.read(copy), content, "memory holds it whole");

    let said = library.end_with(4, &["purge", &run, "--yes"]);
    said.tells(&[
        "duplicates/2024/a.jpg holds something else",
        "deleted 0 files",
    ]);
    assert_eq!(library.parked(&run).len(), 2);
}
