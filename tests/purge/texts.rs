//! Files of our own that went aside where what sealed a volume was taken back.

use crate::library::Library;
use std::fs;
use std::path::PathBuf;

/// A library of which volume 07 was sealed, and that was taken back; the run that sealed it, and where
/// its texts lie.
fn unsealed() -> (Library, String, PathBuf) {
    let library = Library::new();
    library.write("archive/07/2019/a.jpg", "one");
    library.succeed(&["crawl"]);
    library.succeed(&["volumes", "seal", "07", "--yes"]);
    let runs = fs::read_dir(library.path("data/runs")).unwrap();
    let run = runs.map(|run| run.unwrap().file_name()).next().unwrap();
    let run = run.into_string().unwrap();
    let said = library.succeed(&["undo", "--yes"]);
    said.tells(&[
        "6 files, ",
        &format!("put aside in archive/.mediastruct.d until `mediastruct purge {run}`"),
    ]);
    let aside = library.path(&format!("archive/.mediastruct.d/parked/{run}"));
    (library, run, aside)
}

fn names(aside: &std::path::Path) -> Vec<String> {
    let names = fs::read_dir(aside).unwrap();
    let names = names.map(|name| name.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn what_sealed_a_volume_can_be_purged_once_that_is_undone() {
    let (library, run, aside) = unsealed();
    assert_eq!(names(&aside).len(), 6);
    let history = library.succeed(&["history"]).out;
    assert!(history.contains("parked: 6 files"), "{history}");
    let rehearsed = library.succeed(&["purge", &run, "--dry-run"]);
    rehearsed.tells(&["would delete 6 files", "which mediastruct wrote itself"]);
    assert_eq!(names(&aside).len(), 6);
    library
        .succeed(&["purge", &run, "--yes"])
        .tells(&["deleted 6 files"]);
    assert!(!library.path("archive/.mediastruct.d").exists());
    let said = library.succeed(&["purge", &run, "--yes"]);
    said.tells(&["nothing to purge"]);
    assert_eq!(library.read("archive/07/2019/a.jpg"), "one");
    library.succeed(&["volumes", "seal", "07", "--yes"]);
    library
        .succeed(&["purge", &run, "--yes"])
        .tells(&["nothing to purge"]);
    library.succeed(&["volumes", "verify", "07"]);
}

#[test]
fn law_1_nothing_is_purged_as_ours_but_what_the_run_wrote_to_the_last_byte() {
    let (library, run, aside) = unsealed();
    let names = names(&aside);
    let readme = aside.join(&names[1]);
    let modified = fs::metadata(&readme).unwrap().modified().unwrap();
    let mut text = fs::read(&readme).unwrap();
    text[0] ^= 1;
    fs::write(&readme, text).unwrap();
    let file = fs::File::options().write(true).open(&readme).unwrap();
    file.set_modified(modified).unwrap();
    fs::write(aside.join("w9-index.html"), "a person's").unwrap();
    let page = aside.join(&names[2]);
    fs::remove_file(&page).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &page).unwrap();
    let said = library.end_with(4, &["purge", &run, "--yes"]);
    said.tells(&[
        "deleted 4 files",
        "it does not hold any more what was parked",
        "which no run parked",
    ]);
    assert!(readme.exists() && aside.join("w9-index.html").exists());
    assert!(page.symlink_metadata().is_ok());
}

#[test]
fn what_was_purged_cannot_be_put_back() {
    let (library, run, _) = unsealed();
    let runs = fs::read_dir(library.path("data/runs")).unwrap();
    let undo = runs
        .map(|run| run.unwrap().file_name().into_string().unwrap())
        .max()
        .unwrap();
    library.succeed(&["purge", &run, "--yes"]);
    library.refuse(3, &["undo", &undo, "--yes"], &["it is not there"]);
}
