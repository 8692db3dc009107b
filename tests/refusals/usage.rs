//! Command lines that cannot be carried out as they stand.

use crate::library::Library;

#[test]
fn without_a_terminal_nothing_moves_unless_yes_is_said() {
    let library = Library::with_duplicates();
    let told = ["no terminal to ask on", "nothing was done", "--yes"];
    library.refuse(64, &["dedupe"], &told);
    library.succeed(&["dedupe", "--yes"]);
    library.refuse(64, &["undo"], &told);
    library.succeed(&["undo", "--yes"]);
}

#[test]
fn a_plan_of_crawl_is_not_applied() {
    let library = Library::with_duplicates();
    library.succeed(&["plan", "crawl", "-o", "crawl.json"]);
    let told = ["a crawl plan moves nothing", "`mediastruct crawl`"];
    library.refuse(64, &["apply", "crawl.json"], &told);
}

#[test]
fn what_is_not_there_is_named() {
    let library = Library::with_duplicates();
    library.refuse(64, &["apply"], &["<PLAN>"]);
    library.refuse(1, &["apply", "nowhere.json"], &["nowhere.json"]);
    library.refuse(1, &["check", "nowhere.json"], &["nowhere.json"]);
    library.refuse(64, &["crawl", "media/1999"], &["media/1999"]);
    library.refuse(64, &["crawl", "duplicates"], &["is not indexed"]);
    let run = "20240101T000000.000Z-000000";
    let told = ["there is no run", "mediastruct history"];
    library.refuse(64, &["undo", "--yes", run], &told);
    library.refuse(64, &["plan", "undo", run], &told);
    library.refuse(64, &["show", run], &told);
    library.refuse(3, &["undo", "--yes"], &["there is no run to undo"]);
}

#[test]
fn dedupe_before_any_crawl_says_to_crawl() {
    let library = Library::new();
    let told = ["archive was never indexed", "`mediastruct crawl`"];
    library.refuse(3, &["plan", "dedupe"], &told);
    library.refuse(3, &["dedupe", "--yes"], &told);
}

#[test]
fn a_plan_is_never_written_over_something_else() {
    let library = Library::with_duplicates();
    let told = ["something else is there already"];
    library.refuse(1, &["plan", "dedupe", "-o", "media/2024/other.jpg"], &told);
}
