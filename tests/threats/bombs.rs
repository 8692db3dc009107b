//! Texts that are small and would become large, and numbers that are none.

use crate::library::Library;
use std::fs::{self, File};
use std::time::{Duration, Instant};

/// The longest that a command may take over a bomb, in a build without optimization.
const PATIENCE: Duration = Duration::from_secs(20);

/// A YAML text in which each level is the one before it nine times over.
fn laughs(last: &str) -> String {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        let nine = [before.as_str(); 9].join(", ");
        text += &format!("a{level}: &a{level} [{nine}]\n");
    }
    text + last
}

#[test]
fn threat_bomb_in_a_sidecar_index_is_replaced() {
    let library = Library::with_duplicates();
    // What was just written is in doubt, and crawled as it is to be once it is settled.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    library.succeed(&["crawl", "--force"]);
    let good = library.read("archive/01/.mediastruct");
    let head = good.split("files:").next().unwrap().to_owned();
    let deep = "[".repeat(100_000);
    let bombs = [
        laughs("format: mediastruct/sidecar/1\ntimestamp: *a11\n"),
        head.clone() + &laughs("files: *a11\nstamps: *a11\n"),
        format!("{head}files: {deep}\n"),
        format!("timestamp: {deep}\nformat: {deep}\n"),
        format!(
            "{head}files: {{}}\nstamps: {{}}\nunread: {}",
            "{a: ".repeat(100_000)
        ),
        format!("{head}files: &a\n  x: *a\nstamps: *a\n"),
        format!(
            "{head}files:\n  ? {}\n  : null\nstamps: {{}}\n",
            "x".repeat(10 << 20)
        ),
        good.replace(" 1:", " 99999999999999999999999:"),
        good.replacen("keeper.jpg: 4 ", "keeper.jpg: 99999999999999999999999 ", 1),
        "!!python/object/apply:os.system [\"touch owned\"]\n".to_owned(),
        "\u{0}".repeat(1 << 20),
        format!("{head}files: {}\n", "- ".repeat(100_000)),
        format!("{head}files:\n{}", "? ".repeat(100_000)),
        format!("{head}files: {}\n", "&a ".repeat(100_000)),
        format!("{head}files: {}\n", "!!a ".repeat(100_000)),
    ];
    for bomb in bombs {
        fs::write(library.path("archive/01/.mediastruct"), &bomb).unwrap();
        let begin = Instant::now();
        library.succeed(&["plan", "crawl"]);
        fs::remove_file(library.path("data/archive_index.json")).unwrap();
        library.succeed(&["crawl", "--force"]);
        assert!(begin.elapsed() < PATIENCE, "{:.100}", bomb);
        let lines = |text: &str| {
            let lines = text.lines().filter(|l| !l.starts_with("timestamp"));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let now = library.read("archive/01/.mediastruct");
        assert_eq!(lines(&now), lines(&good), "{:.100}", bomb);
    }
    assert!(!library.path("owned").exists());
}

#[test]
fn threat_bomb_in_a_sidecar_index_of_a_lost_datadir_is_not_believed() {
    let good = Library::with_duplicates();
    let text = good.read("archive/01/.mediastruct");
    let head = text.split("files:").next().unwrap().to_owned();
    for bomb in [
        format!("{head}files: {}\n", "[".repeat(100_000)),
        head.clone() + &laughs("files: *a11\nstamps: *a11\n"),
        text.replacen("keeper.jpg: 4 ", "keeper.jpg: 99999999999999999999999 ", 1),
        text.replace("keeper.jpg", "../../../etc/passwd"),
    ] {
        let library = Library::with_duplicates();
        fs::remove_dir_all(library.path("data")).unwrap();
        library.write("archive/01/.mediastruct", &bomb);
        library.succeed(&["crawl"]);
        let index = library.read("data/archive_index.json");
        assert!(index.contains("\"01/keeper.jpg\""), "{index}");
        assert!(!index.contains("passwd"), "{index}");
    }
}

#[test]
fn threat_bomb_of_a_size_beyond_all_indexes_and_journals_is_refused_unread() {
    let begin = Instant::now();
    let library = Library::with_duplicates();
    let index = library.path("data/media_index.json");
    File::options()
        .write(true)
        .open(&index)
        .unwrap()
        .set_len(5 << 30)
        .unwrap();
    for reader in [&["crawl"][..], &["plan", "dedupe"], &["apply", "plan.json"]] {
        let told = ["media_index.json cannot be trusted: it is larger than 4 GiB"];
        library.end_with(1, reader).tells(&told);
    }
    for name in ["journal.jsonl", "plan.json"] {
        let library = Library::with_duplicates();
        library.succeed(&["apply", "plan.json"]);
        let run = fs::read_dir(library.path("data/runs")).unwrap().next();
        let file = run.unwrap().unwrap().path().join(name);
        File::options()
            .write(true)
            .open(file)
            .unwrap()
            .set_len(5 << 30)
            .unwrap();
        for reader in [&["history"][..], &["recover"], &["undo", "--yes"]] {
            let told = [name, "cannot be trusted: it is larger than 4 GiB"];
            library.end_with(1, reader).tells(&told);
        }
    }
    let library = Library::with_duplicates();
    let sidecar = library.path("archive/01/.mediastruct");
    File::options()
        .write(true)
        .open(sidecar)
        .unwrap()
        .set_len(5 << 30)
        .unwrap();
    library
        .succeed(&["crawl"])
        .tells(&["it is larger than 512 MiB"]);
    assert!(begin.elapsed() < PATIENCE, "they were read");
}

#[test]
fn threat_bomb_of_an_index_with_files_without_end_is_refused() {
    let library = Library::with_duplicates();
    let text = library.read("data/media_index.json");
    let (head, _) = text.split_once("{\"path\"").unwrap();
    let bomb = [head.as_bytes(), &b"x\n".repeat(16_000_001), b"]\n}\n"].concat();
    fs::write(library.path("data/media_index.json"), bomb).unwrap();
    let told = ["it lists more than 16000000 files", "crawl again"];
    library.end_with(1, &["plan", "dedupe"]).tells(&told);
}

#[test]
fn threat_bomb_in_a_journal_is_refused() {
    let library = Library::with_duplicates();
    library.succeed(&["apply", "plan.json"]);
    let run = fs::read_dir(library.path("data/runs")).unwrap().next();
    let journal = run.unwrap().unwrap().path().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let deep = format!(
        "{{\"seq\":1,\"sum\":\"\",\"record\":{}\n",
        "[".repeat(1 << 20)
    );
    let long = format!(
        "{{\"seq\":1,\"sum\":\"{}\",\"record\":1}}\n",
        "x".repeat(1 << 20)
    );
    let number = "{\"seq\":99999999999999999999999,\"sum\":\"\",\"record\":1}\n".to_owned();
    for bomb in [deep, long, number] {
        fs::write(&journal, bomb + &text).unwrap();
        for reader in [&["history"][..], &["recover"], &["crawl"]] {
            library.refuse(1, reader, &["line 1 is damaged"]);
        }
    }
}

#[test]
fn threat_bomb_in_a_configuration_is_refused() {
    let library = Library::with_duplicates();
    for text in [
        "x".repeat(2_000_000),
        "[".repeat(900_000),
        format!("[Crawl]\nmax_age_days = {}\n", "9".repeat(900_000)),
        format!("[Paths]\nmedia_dir = /{}\n", "a/".repeat(400_000)),
    ] {
        library.write("bomb.ini", &text);
        let begin = Instant::now();
        let mut command = library.command(&["--config", "bomb.ini", "history"]);
        command.env_remove("MEDIASTRUCT_ROOT");
        let said = crate::library::said(&mut command);
        assert!(begin.elapsed() < PATIENCE, "{:.100}", text);
        assert_eq!(said.code, 64, "{:.100}: {:.300}", text, said.err);
    }
    let said = library.end_with(64, &["--config", "/dev/zero", "history"]);
    said.tells(&["/dev/zero: larger than 1 MB, so it is no configuration"]);
}
