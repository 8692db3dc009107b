//! Law 5: nothing moves that changed since the crawl, nor what leans on a file that changed.

use crate::library::{Library, system};
use std::fs::{self, File};
use std::os::unix::fs::symlink;

const READERS: [&[&str]; 3] = [
    &["check", "plan.json"],
    &["apply", "plan.json"],
    &["apply", "--verify", "hash", "plan.json"],
];

/// Something that a person does to a library.
type Change = fn(&Library);

/// The plan is refused, for these reasons, once `change` has changed the library.
fn refused_after(change: impl FnOnce(&Library), told: &[&str]) {
    let library = Library::with_duplicates();
    change(&library);
    let told = [&["the plan does not fit the disk"], told].concat();
    for reader in READERS {
        library.refuse(3, reader, &told);
    }
}

/// Replaces the content of a file, and puts its modification time back.
fn edit_quietly(library: &Library, name: &str, content: &str) {
    let modified = fs::metadata(library.path(name))
        .unwrap()
        .modified()
        .unwrap();
    library.write(name, content);
    let file = File::options()
        .write(true)
        .open(library.path(name))
        .unwrap();
    file.set_modified(modified).unwrap();
}

#[test]
fn law_5_an_edited_file_does_not_move() {
    let told = ["media/2024/a.jpg: it changed: 6 bytes, and 4 in the plan"];
    refused_after(|l| l.write("media/2024/a.jpg", "longer"), &told);
    let told = ["media/2024/a.jpg: it changed: modified 2001-09-09T01:46:40Z"];
    let touch = |library: &Library| {
        let path = library.path("media/2024/a.jpg");
        let file = File::options().write(true).open(path).unwrap();
        let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        file.set_modified(then).unwrap();
    };
    refused_after(touch, &told);
}

#[test]
fn law_5_an_edit_whose_time_is_put_back_is_noticed() {
    let told = ["media/2024/a.jpg: its content changed: another hash"];
    refused_after(|l| edit_quietly(l, "media/2024/a.jpg", "SAME"), &told);
    let told = ["archive/01/keeper.jpg: its content changed: another hash"];
    refused_after(|l| edit_quietly(l, "archive/01/keeper.jpg", "SAME"), &told);
}

#[test]
fn law_5_a_file_moves_only_while_its_keeper_is_there_unchanged() {
    let keeper = "archive/01/keeper.jpg";
    let told = ["archive/01/keeper.jpg: it is not there"];
    refused_after(|l| fs::remove_file(l.path(keeper)).unwrap(), &told);
    let told = ["archive/01/keeper.jpg: it changed: 6 bytes"];
    refused_after(|l| l.write(keeper, "longer"), &told);
    let told = ["archive/01/keeper.jpg: it is a directory"];
    let replace = |library: &Library| {
        fs::remove_file(library.path(keeper)).unwrap();
        fs::create_dir(library.path(keeper)).unwrap();
    };
    refused_after(replace, &told);
}

#[test]
fn law_5_a_keeper_that_is_the_file_itself_keeps_nothing() {
    let link = |library: &Library| {
        let (a, keeper) = ("media/2024/a.jpg", "archive/01/keeper.jpg");
        fs::remove_file(library.path(a)).unwrap();
        fs::hard_link(library.path(keeper), library.path(a)).unwrap();
        let plan = library.read("plan.json");
        let mut plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        plan["moves"][0]["modified"] = plan["needs"][0]["modified"].clone();
        library.write("plan.json", &plan.to_string());
    };
    let told = ["media/2024/a.jpg: it and its keeper archive/01/keeper.jpg are one file"];
    refused_after(link, &told);
}

#[test]
fn law_5_what_took_the_place_of_a_file_does_not_move() {
    let path = "media/2024/a.jpg";
    let told = ["media/2024/a.jpg: it is not there"];
    refused_after(|l| fs::remove_file(l.path(path)).unwrap(), &told);
    let told = ["media/2024/a.jpg: it is a symbolic link, not a regular file"];
    let to_link = |library: &Library| {
        fs::remove_file(library.path(path)).unwrap();
        symlink("other.jpg", library.path(path)).unwrap();
    };
    refused_after(to_link, &told);
    let told = ["media/2024/a.jpg: it is a named pipe, not a regular file"];
    let to_pipe = |library: &Library| {
        fs::remove_file(library.path(path)).unwrap();
        system("mkfifo", [library.path(path)]);
    };
    refused_after(to_pipe, &told);
}

#[test]
fn law_5_a_stale_plan_does_not_move_what_was_crawled_since() {
    let library = Library::with_duplicates();
    library.write("media/2024/a.jpg", "new");
    library.succeed(&["crawl"]);
    let told = [
        "note: the indexes changed since",
        "media/2024/a.jpg: it changed: 3 bytes",
    ];
    library.refuse(3, &["apply", "plan.json"], &told);

    let library = Library::with_duplicates();
    edit_quietly(&library, "media/2024/a.jpg", "SAME");
    library.end_with(4, &["crawl"]);
    let told = ["media/2024/a.jpg: the index holds another hash"];
    library.refuse(3, &["apply", "plan.json"], &told);
}

#[test]
fn law_5_a_plan_for_other_trees_is_refused() {
    let one = Library::with_duplicates();
    let other = Library::new();
    other.write("media/2024/x.jpg", "x");
    other.succeed(&["crawl"]);
    other.write("plan.json", &one.read("plan.json"));
    let told = [
        "archive/01/keeper.jpg: it is not there",
        "media/2024/a.jpg: it is not there",
        "media/2024/b/c.jpg: it is not there",
    ];
    other.refuse(3, &["apply", "plan.json"], &told);
    // Not even where the files are there, for no crawl has seen them.
    for file in [
        "archive/01/keeper.jpg",
        "media/2024/a.jpg",
        "media/2024/b/c.jpg",
    ] {
        fs::create_dir_all(other.path(file).parent().unwrap()).unwrap();
        system(
            "cp",
            ["-a".as_ref(), one.path(file).as_path(), &other.path(file)],
        );
    }
    let told = ["media/2024/a.jpg: the index does not list it"];
    other.refuse(3, &["apply", "plan.json"], &told);
    other.succeed(&["crawl"]);
    other.succeed(&["apply", "plan.json"]);
}

#[test]
fn law_2_an_occupied_destination_stays_as_it_is() {
    let told = ["duplicates/2024/a.jpg: something is there already"];
    refused_after(|l| l.write("duplicates/2024/a.jpg", "mine"), &told);
    let directory = |l: &Library| fs::create_dir_all(l.path("duplicates/2024/a.jpg")).unwrap();
    refused_after(directory, &told);
    let dangling = |l: &Library| {
        fs::create_dir(l.path("duplicates/2024")).unwrap();
        symlink("nowhere", l.path("duplicates/2024/a.jpg")).unwrap();
    };
    refused_after(dangling, &told);
}

#[test]
fn law_2_planning_again_finds_a_free_name() {
    let library = Library::with_duplicates();
    library.write("duplicates/2024/a.jpg", "mine");
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    library.succeed(&["apply", "plan.json"]);
    assert_eq!(library.read("duplicates/2024/a.jpg"), "mine");
    assert_eq!(library.read("duplicates/2024/a~2.jpg"), "same");
}

#[test]
fn a_file_where_a_directory_is_needed_is_in_the_way() {
    let told = [
        "duplicates/2024/b/c.jpg: it cannot be reached",
        "no directory",
    ];
    refused_after(|l| l.write("duplicates/2024/b", "a file"), &told);
}

#[test]
fn law_4_symbolic_links_to_directories_are_never_followed() {
    let told = ["media/2024/a.jpg: it cannot be reached: media/2024 is a symbolic link"];
    let source = |library: &Library| {
        let elsewhere = library.surroundings().join("elsewhere");
        fs::rename(library.path("media/2024"), &elsewhere).unwrap();
        symlink(elsewhere, library.path("media/2024")).unwrap();
    };
    refused_after(source, &told);
    let told = ["duplicates/2024/a.jpg: it cannot be reached: duplicates/2024 is a symbolic link"];
    let destination = |library: &Library| {
        let elsewhere = library.surroundings().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        symlink(elsewhere, library.path("duplicates/2024")).unwrap();
    };
    refused_after(destination, &told);
    let told = ["archive/01/keeper.jpg: it cannot be reached: archive/01 is a symbolic link"];
    let keeper = |library: &Library| {
        fs::rename(library.path("archive/01"), library.path("archive/02")).unwrap();
        symlink("02", library.path("archive/01")).unwrap();
    };
    refused_after(keeper, &told);
}

#[test]
fn a_plan_is_applied_once() {
    let library = Library::with_duplicates();
    library.succeed(&["apply", "plan.json"]);
    let told = ["this plan is applied already, by run ", "mediastruct undo"];
    for reader in READERS {
        library.refuse(3, reader, &told);
    }
    library.succeed(&["undo", "--yes"]);
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn an_undo_gives_nothing_back_that_a_person_touched() {
    let changes: [(Change, &str); 4] = [
        (
            |l| l.write("duplicates/2024/a.jpg", "edited"),
            "duplicates/2024/a.jpg: it changed: 6 bytes",
        ),
        (
            |l| edit_quietly(l, "duplicates/2024/a.jpg", "SAME"),
            "duplicates/2024/a.jpg: its content changed",
        ),
        (
            |l| fs::remove_file(l.path("duplicates/2024/a.jpg")).unwrap(),
            "duplicates/2024/a.jpg: it is not there",
        ),
        (
            |l| l.write("media/2024/a.jpg", "mine"),
            "media/2024/a.jpg: something is there already",
        ),
    ];
    for (change, told) in changes {
        let library = Library::with_duplicates();
        library.succeed(&["apply", "plan.json"]);
        change(&library);
        library.refuse(3, &["undo", "--yes"], &[told]);
    }
}

#[test]
fn a_run_is_undone_once_and_only_as_it_was() {
    let library = Library::with_duplicates();
    library.succeed(&["apply", "plan.json"]);
    library.succeed(&["plan", "undo", "-o", "undo.json"]);
    let text = library.read("undo.json");
    let elsewhere = text.replace("\"to\":\"media/2024/a.jpg\"", "\"to\":\"media/2024/z.jpg\"");
    library.write("elsewhere.json", &elsewhere);
    let told = [
        "duplicates/2024/a.jpg: run ",
        "made no move that this one takes back",
    ];
    library.refuse(3, &["apply", "elsewhere.json"], &told);
    library.succeed(&["undo", "--yes"]);
    library.refuse(3, &["apply", "undo.json"], &["applied already"]);
    library.refuse(3, &["undo", "--yes"], &["there is no run to undo"]);
}
