//! Paths that lead out of their tree, in a sidecar index and in a journal; plans and indexes with
//! such paths are among the refusals.

use crate::library::Library;
use mediastruct::model::digest::Digest;
use std::fs;
use std::path::PathBuf;

/// Paths that are none, and why; `TREE` stands for the name of a tree.
const PATHS: [(&str, &str); 9] = [
    ("TREE/../outside", "'.' or '..' component"),
    ("TREE/x/../../../outside", "'.' or '..' component"),
    ("TREE/./x", "'.' or '..' component"),
    ("/etc/passwd", "absolute"),
    ("TREE//x", "empty component"),
    ("TREE/x/", "empty component"),
    ("TREE/x\\u0000y", "NUL"),
    ("", "empty"),
    ("bytes://TREE/%2E%2E/%FF", "escaped form"),
];

#[test]
fn threat_path_in_a_sidecar_index_is_refused_and_the_unit_hashed_again() {
    for (path, _) in PATHS {
        let library = Library::with_duplicates();
        let good = library.read("archive/01/.mediastruct");
        let path = path.replace("TREE/", "");
        let evil = good.replace("keeper.jpg:", &format!("\"{path}\":"));
        assert_ne!(evil, good);
        library.write("archive/01/.mediastruct", &evil);
        fs::remove_dir_all(library.path("data")).unwrap();
        let said = library.succeed(&["crawl"]);
        assert!(!said.err.contains("hashed 0 files"), "{}", said.err);
        let index = library.read("data/archive_index.json");
        assert_eq!(index.matches("\"path\":").count(), 1, "{index}");
        assert!(index.contains("\"01/keeper.jpg\""), "{index}");
    }
}

/// Replaces `from` by `to` in the records of the journal, whose sums are made right again.
fn forge(journal: &PathBuf, from: &str, to: &str) {
    let text = fs::read_to_string(journal).unwrap();
    let mut forged = String::new();
    for (line, seq) in text.lines().zip(1_u64..) {
        let (_, record) = line.split_once("\"record\":").unwrap();
        let record = record.strip_suffix('}').unwrap().replace(from, to);
        let sum = Digest::of(&[&seq.to_le_bytes(), record.as_bytes()].concat()).to_string();
        let sum = &sum[..16];
        forged += &format!("{{\"seq\":{seq},\"sum\":\"{sum}\",\"record\":{record}}}\n");
    }
    assert!(from.is_empty() || forged != text, "{from} is not in {text}");
    fs::write(journal, forged).unwrap();
}

fn journal_of(library: &Library) -> PathBuf {
    let run = fs::read_dir(library.path("data/runs")).unwrap().next();
    run.unwrap().unwrap().path().join("journal.jsonl")
}

fn applied() -> Library {
    let library = Library::with_duplicates();
    library.succeed(&["apply", "plan.json"]);
    library
}

const READERS: [&[&str]; 5] = [
    &["history"],
    &["recover"],
    &["undo", "--yes"],
    &["plan", "undo"],
    &["crawl"],
];

/// Those that ask what the run moved: only with its plan can they tell.
const MOVERS: [&[&str]; 4] = [
    &["undo", "--yes"],
    &["plan", "undo"],
    &["check", "plan.json"],
    &["apply", "plan.json"],
];

#[test]
fn threat_path_in_a_journal_is_refused() {
    let library = applied();
    let journal = journal_of(&library);
    let good = fs::read_to_string(&journal).unwrap();
    let done = good.lines().nth(2).unwrap();
    let (_, done) = done.split_once("\"record\":").unwrap();
    let done = done.strip_suffix('}').unwrap();
    let leave = |path: &str| format!("{{\"leave\":{{\"path\":\"{path}\"}}}}");
    for (path, why) in PATHS {
        let path = path.replace("TREE", "duplicates");
        let directory = format!("\"{path}\"");
        for (from, to) in [("\"duplicates/2024\"", &directory), (done, &leave(&path))] {
            forge(&journal, from, to);
            for reader in READERS {
                library.refuse(1, reader, &["is damaged: bad path", why]);
            }
            fs::write(&journal, &good).unwrap();
        }
    }
    // The same record with a path that is one is no damage.
    forge(&journal, done, &leave("duplicates/2024/a.jpg"));
    library.succeed(&["history"]);
    fs::write(&journal, &good).unwrap();
    library.succeed(&["undo", "--yes"]);
}

#[test]
fn threat_forged_journal_that_does_not_fit_its_plan_is_refused() {
    let library = applied();
    let journal = journal_of(&library);
    let good = fs::read_to_string(&journal).unwrap();
    let back = "{\"back\":{\"why\":\"x\"}}";
    for (from, to, why) in [
        (
            "\"duplicates/2024\"",
            "\"media/2024\"",
            "a directory that no move needs",
        ),
        (
            "\"duplicates/2024\"",
            "\"archive/01\"",
            "a directory that no move needs",
        ),
        (
            "\"duplicates/2024\"",
            "\"duplicates/other\"",
            "a directory that no move needs",
        ),
        (
            "{\"intent\":{\"first\":0",
            "{\"intent\":{\"first\":1",
            "an intent out of its turn",
        ),
        (
            "{\"intent\":{\"first\":0,\"files\":[[",
            "{\"intent\":{\"first\":0,\"files\":[[1,1],[",
            "more steps than the plan has",
        ),
        (
            "{\"done\":{\"first\":0",
            "{\"done\":{\"first\":9",
            "something done that was not intended",
        ),
        (
            "{\"done\":{\"first\":0",
            "{\"done\":{\"first\":18446744073709551615",
            "something done that was not intended",
        ),
    ] {
        forge(&journal, from, to);
        for reader in MOVERS {
            library.refuse(1, reader, &[why]);
        }
        fs::write(&journal, &good).unwrap();
    }
    for (from, to, why) in [
        (
            "mediastruct/journal/1",
            "mediastruct/journal/2",
            "its format is",
        ),
        ("\"begin\":", "\"begun\":", "unknown variant"),
        ("{\"done\":", "{\"shell\":\"rm\",\"done\":", "damaged"),
        (
            "\"phase\":\"dedupe\"",
            "\"phase\":\"dedupe\",\"shell\":\"rm\"",
            "unknown field",
        ),
        ("\"plan\":\"", "\"plan\":\"00", "damaged"),
    ] {
        forge(&journal, from, to);
        for reader in READERS {
            library.refuse(1, reader, &[why]);
        }
        fs::write(&journal, &good).unwrap();
    }
    // Records after the end, and a second beginning.
    let begin = good.lines().next().unwrap();
    for more in [format!("{{\"record\":{back}}}"), begin.to_owned()] {
        fs::write(&journal, format!("{good}{more}\n{more}\n")).unwrap();
        let end = fs::read_to_string(&journal).unwrap();
        fs::write(&journal, end).unwrap();
        forge(&journal, "", "");
        library.refuse(1, &["history"], &["records follow its end"]);
        fs::write(&journal, &good).unwrap();
    }
    library.succeed(&["undo", "--yes"]);
}

#[test]
fn threat_forged_journal_moves_no_file_that_is_not_the_one_it_names() {
    // The run is unfinished, and says of other files that they were those that it moves; what is
    // there does not hold what the plan says either.
    let library = applied();
    let files = walkdir::WalkDir::new(library.path("duplicates"));
    let files = files.into_iter().map(|entry| entry.unwrap().into_path());
    for name in files.filter(|name| name.is_file()) {
        let modified = fs::metadata(&name).unwrap().modified().unwrap();
        let length = fs::read(&name).unwrap().len();
        fs::write(&name, vec![b'?'; length]).unwrap();
        let file = fs::File::options().write(true).open(&name).unwrap();
        file.set_modified(modified).unwrap();
    }
    let start = library.census();
    let journal = journal_of(&library);
    let text = fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&journal, lines[..2].concat()).unwrap();
    forge(&journal, "\"files\":[[", "\"files\":[[1");
    for rollback in [&["recover"][..], &["recover", "--rollback"]] {
        library
            .end_with(1, rollback)
            .tells(&["in doubt", "nothing was touched"]);
        assert!(library.census() == start);
    }
}
