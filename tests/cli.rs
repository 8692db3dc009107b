//! The command line, from outside: configuration, texts and exit codes.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

use assert_cmd::Command;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// A library in a temporary directory, and the program in an environment without anything of ours.
struct Library {
    dir: tempfile::TempDir,
}

/// How a command ended and what it said.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Library {
    fn new() -> Library {
        let library = Library {
            dir: tempfile::tempdir().unwrap(),
        };
        let said = library.run(&["init", "lib"]);
        assert_eq!(said.code, 0, "{said:?}");
        library
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("mediastruct"));
        command.current_dir(self.dir.path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MEDIASTRUCT_") {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.path("home"));
        command.env("XDG_CONFIG_HOME", self.path("xdg"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        said(self.command().args(arguments))
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A command that reads the configuration and changes nothing.
const READS: &str = "history";

fn config(media: &str) -> String {
    format!(
        "[Paths]\nlogdir = logs\ndatadir = data\ningest_dir = ingest\nmedia_dir = {media}\n\
         archive_dir = archive\nduplicates_dir = duplicates\nvalidated_dir = validated\n"
    )
}

#[test]
fn init_makes_a_library_once() {
    let library = Library::new();
    let names = [
        "ingest",
        "media",
        "archive",
        "duplicates",
        "validated",
        "logs",
    ];
    for name in names {
        assert!(library.path("lib").join(name).is_dir(), "{name}");
    }
    let data = fs::metadata(library.path("lib/data")).unwrap();
    assert_eq!(data.permissions().mode() & 0o777, 0o700);
    library.write("lib/config.ini", "# mine\n");
    library.write("lib/media/2024/a.jpg", "a");
    let again = library.run(&["init", "lib"]);
    assert_eq!((again.code, again.out.as_str()), (0, ""), "{again:?}");
    assert!(!again.err.contains("made  "), "{again:?}");
    assert!(
        again.err.contains("mediastruct --root lib crawl"),
        "{again:?}"
    );
    let kept = fs::read_to_string(library.path("lib/config.ini")).unwrap();
    assert_eq!(kept, "# mine\n");
}

#[test]
fn the_configuration_that_init_writes_is_understood_once_uncommented() {
    let library = Library::new();
    let text = fs::read_to_string(library.path("lib/config.ini")).unwrap();
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') && rest.contains(" = ") => rest,
        _ => line,
    });
    library.write("lib/config.ini", &lines.collect::<Vec<_>>().join("\n"));
    let said = library.run(&["--root", "lib", READS]);
    assert_ne!(said.code, 64, "{said:?}");
    let said = library.run(&["--config", "lib/config.ini", READS]);
    assert_ne!(said.code, 64, "{said:?}");
}

#[test]
fn without_a_configuration_it_says_what_is_missing_and_what_to_do() {
    let library = Library::new();
    if Path::new("/etc/mediastruct/config.ini").exists() {
        eprintln!("skipped: this machine has a /etc/mediastruct/config.ini");
        return;
    }
    let said = library.run(&[READS]);
    assert_eq!(said.code, 64, "{said:?}");
    for text in ["logdir, datadir, ingest_dir", "init DIR", "--root DIR"] {
        assert!(said.err.contains(text), "{text}: {said:?}");
    }
    let said = library.run(&["--root", "nowhere", READS]);
    assert_eq!(said.code, 64, "{said:?}");
    assert!(said.err.contains("mediastruct init nowhere"), "{said:?}");
    assert!(!library.path("nowhere").exists());
    let said = library.run(&["--config", "nowhere.ini", READS]);
    assert_eq!(said.code, 64, "{said:?}");
}

#[test]
fn an_unknown_key_is_told_with_the_nearest_one() {
    let library = Library::new();
    library.write("lib/config.ini", "[Crawl]\nmax_agedays = 3\n");
    let said = library.run(&["--root", "lib", READS]);
    assert_eq!(said.code, 64, "{said:?}");
    let told = "lib/config.ini: [Crawl] has no key 'max_agedays'";
    assert!(said.err.contains(told), "{said:?}");
    let hint = "hint: did you mean max_age_days?";
    assert!(said.err.contains(hint), "{said:?}");
}

/// Which of the candidates is in force is seen from which one is refused for being a link.
#[test]
fn later_layers_win() {
    let library = Library::new();
    let real = library.path("lib");
    for link in ["user", "named", "variable"] {
        symlink(&real, library.path(link)).unwrap();
    }
    let user = config(library.path("user").to_str().unwrap());
    library.write("xdg/mediastruct/config.ini", &user);
    library.write("named.ini", &config("named"));

    let refused = |said: Said, name: &str| {
        assert_eq!(said.code, 3, "{said:?}");
        let text = format!("/{name} is a symbolic link");
        assert!(said.err.contains(&text), "{name}: {said:?}");
        assert!(said.err.contains("media_dir"), "{said:?}");
    };
    refused(library.run(&[READS]), "user");
    refused(library.run(&["--config", "named.ini", READS]), "named");
    let mut command = library.command();
    command.env("MEDIASTRUCT_MEDIA_DIR", library.path("variable"));
    refused(
        said(command.args(["--config", "named.ini", READS])),
        "variable",
    );

    // A root leaves the user's configuration out; a variable names a root, too.
    let fine = library.run(&["--root", "lib", READS]);
    assert!(!fine.err.contains("symbolic link"), "{fine:?}");
    let fine = said(library.command().env("MEDIASTRUCT_ROOT", &real).arg(READS));
    assert!(!fine.err.contains("symbolic link"), "{fine:?}");
    let both = ["--root", "lib", "--config", "named.ini", READS];
    refused(library.run(&both), "named");
}

#[test]
fn a_tree_that_is_a_link_is_refused_and_links_above_it_are_not() {
    let library = Library::new();
    symlink(library.path("lib"), library.path("link")).unwrap();
    let said = library.run(&["--root", "link", READS]);
    assert_ne!(said.code, 3, "{said:?}");
    fs::rename(library.path("lib/archive"), library.path("elsewhere")).unwrap();
    symlink(library.path("elsewhere"), library.path("lib/archive")).unwrap();
    let said = library.run(&["--root", "lib", READS]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("archive_dir: "), "{said:?}");
    assert!(said.err.contains("hint: set archive_dir"), "{said:?}");
}

#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let library = Library::new();
    fs::remove_dir(library.path("lib/logs")).unwrap();
    library.write("lib/logs", "in the way");
    let said = library.run(&["--root", "lib", READS]);
    let warnings = said.err.matches("the log cannot be written to").count();
    assert_eq!(warnings, 1, "{said:?}");
    assert_ne!(said.code, 101, "{said:?}");
}

#[test]
fn what_goes_wrong_is_logged() {
    let library = Library::new();
    library.run(&["--root", "lib", "check", "nowhere.json"]);
    let log = fs::read_to_string(library.path("lib/logs/mediastruct.log")).unwrap();
    let line = log.lines().find(|l| l.contains(" ERROR ")).unwrap();
    assert_eq!(line.as_bytes()[10], b'T', "{line}");
    assert_eq!(line.as_bytes()[23], b'Z', "{line}");
}

#[test]
fn a_line_that_is_not_understood_exits_64_and_help_0() {
    let library = Library::new();
    for line in [
        &["--nonsense"][..],
        &["frobnicate"],
        &["plan", "nothing"],
        &["crawl", "--jobs", "0"],
        &["crawl", "--force", "--incremental"],
        &["crawl", "-q", "-v"],
        &["undo", "yesterday"],
        &["recover", "--leave", "../x"],
        &["schema", "nothing"],
        &["man", "nothing"],
        &[],
    ] {
        let said = library.run(line);
        assert_eq!(
            (said.code, said.out.as_str()),
            (64, ""),
            "{line:?} {said:?}"
        );
        assert!(!said.err.is_empty());
    }
    for line in [
        &["--help"][..],
        &["--version"],
        &["plan", "dedupe", "--help"],
        &["help", "apply"],
    ] {
        let said = library.run(line);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{line:?} {said:?}");
    }
}

#[test]
fn schemas_are_those_in_the_repository() {
    let library = Library::new();
    let bless = std::env::var_os("MEDIASTRUCT_BLESS").is_some();
    for name in mediastruct::model::schema::SCHEMAS {
        let said = library.run(&["schema", name]);
        assert_eq!(said.code, 0, "{said:?}");
        let path = format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
        if bless {
            fs::write(&path, &said.out).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, said.out, "{path}: MEDIASTRUCT_BLESS=1 writes it anew");
    }
}

#[test]
fn the_schema_of_plans_accepts_plans_and_nothing_else() {
    let library = Library::new();
    let schema = library.run(&["schema", "plan"]).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let plan: serde_json::Value = serde_json::from_str(PLAN).unwrap();
    assert!(validator.is_valid(&plan));
    let mut other = plan.clone();
    other["moves"][0]["from"] = "/etc/passwd".into();
    assert!(!validator.is_valid(&other));
    let mut other = plan;
    other["shell"] = "rm".into();
    assert!(!validator.is_valid(&other));
}

#[test]
fn completions_and_manual_pages() {
    let library = Library::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = library.run(&["completions", shell]);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("dedupe"), "{shell}");
    }
    for line in [&["man"][..], &["man", "plan"], &["man", "crawl"]] {
        let said = library.run(line);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains(".SH NAME"), "{line:?}");
    }
}

const PLAN: &str = r#"{"format":"mediastruct/plan/1","phase":"dedupe",
"moves":[{"from":"media/2024/b.jpg","to":"duplicates/2024/b.jpg","size":3,"modified":"2024-03-01T10:00:00Z",
"hash":"6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85","why":{"kind":"duplicate","of":"archive/03/a.jpg"}}],
"needs":[{"path":"archive/03/a.jpg","size":3,"modified":"2024-03-01T10:00:00Z",
"hash":"6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"}]}"#;

#[test]
fn a_plan_is_shown_from_a_file_and_from_the_standard_input() {
    let library = Library::new();
    library.write("plan.json", PLAN);
    let file = library.run(&["show", "plan.json"]);
    assert_eq!((file.code, file.err.as_str()), (0, ""), "{file:?}");
    let reason = "duplicate of archive/03/a.jpg";
    assert!(file.out.contains(reason), "{file:?}");
    let mut command = library.command();
    let input = said(command.args(["show", "-"]).write_stdin(PLAN));
    assert_eq!(input.out, file.out);
    for _ in 0..2 {
        let page = library.run(&["show", "plan.json", "--html", "plan.html"]);
        assert_eq!((page.code, page.out.as_str()), (0, ""), "{page:?}");
    }
    let text = fs::read_to_string(library.path("plan.html")).unwrap();
    assert!(text.starts_with("<!DOCTYPE html>"));
    let over = library.run(&["show", "plan.json", "--html", "plan.json"]);
    assert_eq!(over.code, 1, "{over:?}");
    let kept = fs::read_to_string(library.path("plan.json")).unwrap();
    assert_eq!(kept, PLAN);
}

#[test]
fn a_plan_that_breaks_a_law_is_refused_with_every_problem() {
    let library = Library::new();
    let unlawful = PLAN.replace("media/2024/b.jpg", "archive/03/b.jpg");
    let unlawful = unlawful.replace("\"path\":\"archive/03/a", "\"path\":\"archive/03/c");
    library.write("plan.json", &unlawful);
    let said = library.run(&["show", "plan.json"]);
    assert_eq!((said.code, said.out.as_str()), (3, ""), "{said:?}");
    for told in [
        "plan.json is refused: 2 problems",
        "nothing leaves the archive",
        "not among the plan's needs",
    ] {
        assert!(said.err.contains(told), "{said:?}");
    }
    library.write("plan.json", "{\"format\":\"mediastruct/plan/9\"}");
    let said = library.run(&["show", "plan.json"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.err.contains("mediastruct/plan/9"), "{said:?}");
}

#[test]
fn two_plans_are_compared() {
    let library = Library::new();
    library.write("old.json", PLAN);
    let new = PLAN.replace("duplicates/2024/b.jpg", "duplicates/2024/b~2.jpg");
    library.write("new.json", &new);
    let said = library.run(&["diff", "old.json", "new.json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert!(said.out.contains("~ media/2024/b.jpg"), "{said:?}");
    let said = library.run(&["diff", "--text", "old.json", "new.json"]);
    let header = "--- old.json\n+++ new.json\n";
    assert!(said.out.starts_with(header), "{said:?}");
    let said = library.run(&["diff", "old.json", "old.json"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{said:?}");
    assert_eq!(library.run(&["diff", "-", "-"]).code, 64);
}

#[test]
fn names_drive_no_terminal() {
    let library = Library::new();
    let said = library.run(&["show", "a\u{1b}[2J\nb"]);
    assert_eq!(said.code, 1);
    assert!(!said.err.contains('\u{1b}'), "{said:?}");
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("mediastruct"))
        .args(["completions", "bash"])
        .stdout(writer)
        .spawn()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
