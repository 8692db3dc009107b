//! `status`.

use crate::json;
use crate::library::Library;
use std::fs;

/// A crawled library with a file of each kind.
fn library() -> Library {
    let library = Library::new();
    for (name, content) in [
        ("archive/01/2019/a.jpg", "archived"),
        ("archive/02/2020/b.jpg", "only there"),
        ("media/2019/a.jpg", "archived"),
        ("media/2023/new.jpg", "not archived yet"),
        ("media/2024/again.jpg", "not archived yet"),
        ("media/2024/empty", ""),
        ("ingest/dropped.jpg", "dropped"),
        ("duplicates/2018/x.jpg", "moved long ago"),
    ] {
        library.write(name, content);
    }
    let linked = library.path("media/2024/link.jpg");
    fs::hard_link(library.path("media/2023/new.jpg"), linked).unwrap();
    library.succeed(&["crawl"]);
    library
}

/// The text without the times in it.
fn undated(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n', '(', ')']);
    let undated = words.map(|word| {
        let time = word.trim_end_matches([' ', '\n', ')']);
        match time.parse::<jiff::Timestamp>() {
            Ok(_) => word.replace(time, "TIME"),
            Err(_) => word.to_owned(),
        }
    });
    undated.collect()
}

#[test]
fn a_library_is_told_year_by_year_and_volume_by_volume() {
    let library = library();
    let mut story = undated(&library.succeed(&["status"]).out);
    library.succeed(&["dedupe", "--yes"]);
    fs::remove_dir_all(library.path("archive/02")).unwrap();
    library.run(&["crawl"]);
    story += "\nafter dedupe, and the loss of a volume\n\n";
    story += &undated(&library.succeed(&["status"]).out);
    snapshot!("status", story);
}

#[test]
fn a_crawl_that_changes_nothing_counts_and_one_of_a_part_does_not() {
    let library = library();
    let ages = || -> Vec<[String; 2]> {
        let status = json(&library, "status", &["status", "--json"]);
        let ages = status["indexes"].as_array().unwrap().iter();
        ages.map(|age| ["crawled", "changed"].map(|key| age[key].to_string()))
            .collect()
    };
    let first = ages();
    library.succeed(&["crawl", "media/2024"]);
    assert_eq!(ages(), first);
    library.succeed(&["crawl", "media"]);
    let second = ages();
    let [ingest, media, archive] = [0, 1, 2];
    assert!(second[media][0] > first[media][0], "{second:?}");
    assert_eq!(second[media][1], first[media][1]);
    assert_eq!(
        [&second[ingest], &second[archive]],
        [&first[ingest], &first[archive]]
    );
    // What is damaged there stands in nobody's way, and is written anew.
    library.write("data/last_crawls.json", "{");
    let told = library.succeed(&["status"]).out;
    assert!(told.contains("not known as a whole"), "{told}");
    library.succeed(&["crawl"]);
    assert!(ages()[ingest][0] > first[ingest][0]);
    fs::remove_file(library.path("data/last_crawls.json")).unwrap();
    assert_eq!(ages()[media][0], "null");
}

#[test]
fn the_rows_of_the_json_add_up() {
    let library = Library::with_dataset(&["--files", "150", "--size", "500"]);
    library.succeed(&["crawl"]);
    let status = json(&library, "status", &["status", "--json"]);
    let years = status["years"].as_array().unwrap();
    assert!(years.len() > 3);
    let contents = years
        .iter()
        .map(|y| &y["content"])
        .chain([&status["media"]]);
    for content in contents {
        for key in ["files", "bytes"] {
            let parts = content.as_object().unwrap().iter();
            let parts = parts.filter(|(name, _)| *name != "all");
            let sum: u64 = parts.map(|(_, part)| part[key].as_u64().unwrap()).sum();
            assert_eq!(content["all"][key].as_u64(), Some(sum), "{content}");
        }
    }
    for part in ["not_archived", "archived", "duplicates", "links", "empty"] {
        assert_ne!(status["media"][part]["files"], 0, "the dataset has {part}");
    }
    // What is to be deduplicated is what dedupe moves, but for what waits as archived.
    library.succeed(&["dedupe", "--yes"]);
    let after = json(&library, "status", &["status", "--json"]);
    assert_eq!(after["media"]["duplicates"]["files"], 0, "{after}");
    assert_eq!(
        after["media"]["not_archived"],
        status["media"]["not_archived"]
    );
    assert_eq!(after["indexes"][1]["since_last_run"], false);
}

#[test]
fn an_unfinished_run_comes_first() {
    let library = Library::with_duplicates();
    library.succeed(&["apply", "plan.json"]);
    let run = fs::read_dir(library.path("data/runs")).unwrap().next();
    let run = run.unwrap().unwrap();
    let journal = run.path().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let last = text.trim_end().rfind('\n').unwrap() + 1;
    fs::write(&journal, &text[..last]).unwrap();
    let said = library.succeed(&["status"]).out;
    let first = said.lines().next().unwrap();
    let name = run.file_name().into_string().unwrap();
    assert!(
        first.starts_with(&format!("run {name} was interrupted")),
        "{said}"
    );
    assert!(first.contains("`mediastruct recover`"), "{said}");
    let status = json(&library, "status", &["status", "--json"]);
    assert_eq!(status["unfinished"], name.as_str());
    assert!(status["last_run"]["ended"].is_null());
}

#[test]
fn an_empty_library_and_one_that_was_never_crawled_are_told_what_to_do() {
    let library = Library::new();
    library
        .succeed(&["status"])
        .tells(&["`mediastruct crawl` indexes"]);
    json(&library, "status", &["status", "--json"]);
    library.succeed(&["crawl"]);
    library
        .succeed(&["status"])
        .tells(&["sorted files go to media/YYYY"]);
    fs::remove_dir(library.path("media")).unwrap();
    library
        .succeed(&["status"])
        .tells(&["media_dir: ", "is its disk mounted?"]);
}
