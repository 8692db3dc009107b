//! `volumes burned`.

use super::image::has_xorriso;
use super::{archived, recorded, text};
use crate::library::{Library, bury};
use std::fs;
use std::fs::OpenOptions;
use std::io::Write;

#[test]
fn a_burned_volume_may_leave_the_disk_and_stays_known() {
    let library = archived();
    let said = library.succeed(&["volumes", "burned", "07", "--location", "shelf 3"]);
    said.tells(&[
        "volume 07: copy 1 is burned, kept at shelf 3",
        "was not sealed",
    ]);
    fs::rename(
        library.path("archive/07"),
        library.surroundings().join("07"),
    )
    .unwrap();
    library.succeed(&["crawl"]);
    let found = library.succeed(&["find", "--name", "a.jpg"]);
    let place = "gone, in volume 07, which is on discs alone, disc 1 (shelf 3)";
    assert!(found.out.contains(place), "{}", found.out);
}

#[test]
fn law_1_the_mark_of_a_burned_volume_is_put_aside_and_not_deleted() {
    let library = archived();
    library.succeed(&["volumes", "burned", "07"]);
    assert!(!library.path("archive/07/.unburned").exists());
    let kept = "archive/.mediastruct.d/replaced/unburned-07~1";
    assert!(library.path(kept).exists());
    assert!(library.path("archive/07/2019/.unburned").exists());
    library.write("archive/07/.unburned", "again");
    library.succeed(&["volumes", "burned", "07"]);
    let next = "archive/.mediastruct.d/replaced/unburned-07~2";
    assert_eq!(library.read(next), "again");
    library.succeed(&["volumes", "burned", "07"]);
    assert_eq!(
        recorded(&library).lines().count(),
        4,
        "a header and three copies"
    );
}

#[test]
fn the_same_copy_again_replaces_the_disc() {
    let library = archived();
    library.succeed(&["volumes", "burned", "07"]);
    library
        .succeed(&["volumes", "burned", "07"])
        .tells(&["copy 2 is burned"]);
    let said = library.succeed(&["volumes", "burned", "07", "--copy", "1"]);
    said.tells(&["copy 1 is a new disc from now on"]);
}

#[test]
fn a_volume_that_was_edited_by_hand_is_refused_with_names() {
    let library = archived();
    library.write("archive/07/2019/a.jpg", "oNe, edited");
    library.write("archive/07/new.jpg", "new");
    fs::remove_file(library.path("archive/07/2019/05/b.jpg")).unwrap();
    library.refuse(
        3,
        &["volumes", "burned", "07"],
        &[
            "archive/07/2019/a.jpg is damaged: it changed since it was indexed",
            "archive/07/new.jpg is extra",
            "archive/07/2019/05/b.jpg is missing",
            "mediastruct crawl",
        ],
    );
    library.run(&["crawl"]);
    library.succeed(&["volumes", "burned", "07"]);
}

#[test]
fn what_crawl_leaves_out_stands_in_no_way() {
    let library = archived();
    library.write("archive/07/2019/._a.jpg", "resource fork");
    library.succeed(&["volumes", "burned", "07"]);
}

#[test]
fn a_volume_that_nobody_indexed_is_a_usage_error() {
    let library = archived();
    library.refuse(64, &["volumes", "burned", "7"], &["there is a volume 07"]);
    library.refuse(
        64,
        &["volumes", "burned", "09"],
        &["the index has no volume 09"],
    );
    library.refuse(64, &["volumes", "burned", "x"], &["digits only"]);
}

#[test]
fn a_torn_last_line_is_cut_off_before_anything_is_added() {
    let library = archived();
    library.succeed(&["volumes", "burned", "07"]);
    let path = library.path("data/volumes.jsonl");
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b"{\"volume\":\"07\",\"at\":\"20").unwrap();
    drop(file);
    library.succeed(&["volumes", "burned", "07"]);
    let text = recorded(&library);
    assert_eq!(text.lines().count(), 3);
    assert!(text.lines().last().unwrap().contains("\"copy\":2"));
}

#[test]
fn an_unfinished_run_stands_in_the_way() {
    let library = Library::with_duplicates();
    let journal = bury(&library, &library.plan("plan.json"), 1, true).join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let (begun, _) = text.trim_end().rsplit_once('\n').unwrap();
    fs::write(&journal, format!("{begun}\n")).unwrap();
    library.refuse(5, &["volumes", "burned", "01"], &["recover"]);
}

#[test]
fn what_changed_after_its_image_was_made_is_not_recorded_as_burned() {
    if !has_xorriso("an image that is older than its volume") {
        return;
    }
    let library = archived();
    let image = library.surroundings().join("07.iso");
    library.succeed(&["volumes", "image", "07", "-o", text(&image)]);
    library.write("archive/07/2019/later.jpg", "not in the image");
    library.succeed(&["crawl"]);
    let told = ["volume 07 holds other files than when it was sealed"];
    library.refuse(3, &["volumes", "burned", "07"], &told);
    fs::remove_file(library.path("archive/07/2019/later.jpg")).unwrap();
    library.succeed(&["crawl"]);
    library.succeed(&["volumes", "burned", "07"]);
}

#[test]
fn a_torn_last_event_is_told_and_nothing_is_glued_onto_it() {
    let library = archived();
    library.succeed(&["volumes", "burned", "07", "--location", "shelf"]);
    let path = library.path("data/volumes.jsonl");
    let whole = recorded(&library);
    fs::write(&path, format!("{whole}{{\"volume\":\"07\",\"at")).unwrap();
    let told = [
        "data/volumes.jsonl: its last line is torn",
        "{\"volume\":\"07\",\"at",
    ];
    library.succeed(&["volumes"]).tells(&told);
    library
        .succeed(&["volumes", "burned", "07"])
        .tells(&["copy 2"]);
    let again = library.succeed(&["volumes"]);
    assert!(!again.err.contains("torn"), "{}", again.err);
    assert!(recorded(&library).starts_with(&whole));
    // Whoever writes an event by hand may forget to end its line.
    let whole = recorded(&library);
    fs::write(&path, whole.trim_end()).unwrap();
    let said = library.succeed(&["volumes", "burned", "07"]);
    said.tells(&["copy 3"]);
    assert!(!said.err.contains("torn"), "{}", said.err);
    assert!(recorded(&library).starts_with(&whole));
}
