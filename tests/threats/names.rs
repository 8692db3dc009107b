//! Names that would drive a terminal, forge a line, hide what they are, or run in a browser.

use crate::library::Library;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// Names of copies of one content, each with something that a person must not be shown as it is.
const NAMES: [&[u8]; 12] = [
    b"esc \x1b[2J\x1b]0;title\x07.jpg",
    b"c1 \xc2\x9b31m.jpg",
    b"line\nmediastruct: error: forged.jpg",
    b"return\rforged.jpg",
    b"bidi \xe2\x80\xaegpj.exe",
    b"isolate \xe2\x81\xa6x\xe2\x81\xa9.jpg",
    b"zero\xe2\x80\x8bwidth\xef\xbb\xbf.jpg",
    b"separator\xe2\x80\xa8mediastruct: error: forged.jpg",
    b"<script>alert(1)<",
    b"\"onload=\"alert(1)' &amp; <b>.jpg",
    b"latin \xe9\xff.jpg",
    b"tag \xf3\xa0\x81\x81.jpg",
];

fn is_safe(c: char) -> bool {
    let bidi_or_unseen = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c == '\n' || !(c.is_control() || bidi_or_unseen)
}

fn assert_safe(text: &str, what: &str) {
    let bad = text.chars().find(|c| !is_safe(*c));
    assert_eq!(bad, None, "{what}: {text:?}");
    let forged = text
        .lines()
        .find(|l| l.starts_with("mediastruct: error: forged"));
    assert_eq!(forged, None, "{what}: {text}");
}

/// A crawled library with duplicates of such names, in directories of such names.
fn library() -> Library {
    let library = Library::new();
    library.write("archive/01/keeper", "same");
    for name in NAMES {
        let dir = library.path("media/2024").join(OsStr::from_bytes(name));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(OsStr::from_bytes(name)), "same").unwrap();
    }
    library
}

#[test]
fn threat_hostile_names_are_escaped_wherever_people_read() {
    let library = library();
    let show = |code: i32, arguments: &[&str]| {
        let said = library.run(arguments);
        assert_eq!(said.code, code, "{arguments:?}: {said:?}");
        assert_safe(&said.err, &format!("{arguments:?}"));
        // A plan on the standard output is data, and a reader of JSON knows how to show it.
        if arguments[0] != "plan" {
            assert_safe(&said.out, &format!("{arguments:?}"));
        }
        said
    };
    show(0, &["-v", "crawl"]);
    show(0, &["-v", "plan", "crawl"]);
    show(0, &["-v", "plan", "dedupe", "-o", "plan.json"]);
    let shown = show(0, &["show", "--all", "plan.json"]).out;
    for escaped in [
        "\\u{1b}[2J",
        "\\u{9b}31m",
        "line\\nmedia",
        "\\u{202e}gpj",
        "\\xe9\\xff",
    ] {
        assert!(shown.contains(escaped), "{escaped}: {shown}");
    }
    show(0, &["show", "plan.json"]);
    show(0, &["check", "plan.json"]);
    let text = library.read("plan.json");
    library.write(
        "less.json",
        &text.replacen("duplicates/2024/", "duplicates/1999/", 4),
    );
    show(0, &["diff", "plan.json", "less.json"]);
    show(0, &["diff", "--text", "plan.json", "less.json"]);
    // Every name in an error.
    library.write(
        "wrong.json",
        &text.replace("\"to\":\"duplicates", "\"to\":\"archive"),
    );
    show(3, &["apply", "wrong.json"]);
    library.write("wrong.json", &text.replace("\"size\":4", "\"size\":5"));
    show(3, &["check", "wrong.json"]);
    show(3, &["apply", "wrong.json"]);
    show(0, &["-v", "apply", "plan.json"]);
    let run = show(0, &["history"]).out;
    let run = run.split_whitespace().next().unwrap();
    show(0, &["show", "--all", run]);
    show(3, &["apply", "plan.json"]);
    for dir in fs::read_dir(library.path("duplicates/2024")).unwrap() {
        for file in fs::read_dir(dir.unwrap().path()).unwrap() {
            fs::write(file.unwrap().path(), "edited").unwrap();
        }
    }
    show(3, &["-v", "undo", "--yes"]);
    for log in library.read("logs/mediastruct.log").lines() {
        assert_safe(log, "the log");
        assert!(log.starts_with("20") && log.contains("Z "), "{log}");
    }
}

#[test]
fn threat_hostile_names_that_cannot_be_read_or_are_no_files_are_escaped() {
    let library = library();
    for (name, number) in NAMES.iter().zip(0..) {
        let path = library.path("media/2025").join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let stray = library.path("media").join(OsStr::from_bytes(name));
        std::os::unix::fs::symlink("nowhere", path).unwrap();
        match number % 2 {
            0 => fs::create_dir(stray).unwrap(),
            _ => fs::write(stray, "a stray").unwrap(),
        }
    }
    let said = library.run(&["-v", "crawl"]);
    assert_safe(&said.err, "crawl");
    assert!(said.err.contains("\\u{202e}gpj"), "{}", said.err);
    // Names on the command line and in the environment.
    for name in NAMES {
        let name = OsStr::from_bytes(name);
        for arguments in [
            &["show"][..],
            &["apply"],
            &["crawl"],
            &["--config"],
            &["--root"],
            &["undo"],
        ] {
            let mut command = library.command(arguments);
            command.arg(name);
            if arguments[0].starts_with("--") {
                command.arg("history").env_remove("MEDIASTRUCT_ROOT");
            }
            let said = crate::library::said(&mut command);
            assert_safe(&said.err, &format!("{arguments:?} {name:?}"));
        }
        let mut command = library.command(&["crawl"]);
        command.env(
            "MEDIASTRUCT_MEDIA_DIR",
            library.root().join(name).join("media"),
        );
        let said = crate::library::said(&mut command);
        assert_safe(&said.err, &format!("media_dir {name:?}"));
    }
}

#[test]
fn threat_hostile_names_in_a_plan_of_a_stranger_are_escaped() {
    let library = Library::with_duplicates();
    let text = library.read("plan.json");
    for evil in [
        "\\u001b[2J",
        "\\u202e",
        "a\\nmediastruct: error: forged",
        "\\u009b",
        "\u{202e}",
    ] {
        for (from, to) in [
            ("duplicates/2024/a.jpg", format!("duplicates/{evil}/../x")),
            ("\"dedupe\"", format!("\"{evil}\"")),
            ("mediastruct/plan/1", evil.to_owned()),
            ("\"kind\":\"duplicate\"", format!("\"kind\":\"{evil}\"")),
            ("\"from\":", format!("\"{evil}\":1,\"from\":")),
            ("{\n", format!("{{\"warnings\":[\"{evil}\"],")),
            (
                "\"skipped\": [",
                format!("\"skipped\": [{{\"path\":\"media/{evil}\",\"why\":\"{evil}\"}}"),
            ),
        ] {
            library.write("evil.json", &text.replacen(from, &to, 1));
            for command in [
                &["show", "--all", "evil.json"][..],
                &["check", "evil.json"],
                &["diff", "plan.json", "evil.json"],
            ] {
                let said = library.run(command);
                assert_safe(&said.err, &format!("{command:?} {to}"));
                assert_safe(&said.out, &format!("{command:?} {to}"));
            }
            if library
                .run(&["show", "--html", "evil.html", "evil.json"])
                .code
                == 0
            {
                assert_safe(&library.read("evil.html"), &to);
            }
        }
    }
}

#[test]
fn threat_hostile_names_do_nothing_in_a_page() {
    let library = library();
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    library.succeed(&["show", "--html", "page.html", "plan.json"]);
    let page = library.read("page.html");
    assert_safe(&page, "the page");
    assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    // Nothing runs, nothing is loaded, and the policy that forbids it comes before any name.
    let policy =
        page.find("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';");
    assert!(policy.unwrap() < page.find("<title>").unwrap());
    for live in [
        "<script",
        "javascript:",
        "src=",
        "href=",
        "<b>.jpg",
        "\"onload",
    ] {
        assert!(!page.contains(live), "{live}");
    }
}
