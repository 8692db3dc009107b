//! The stories that the design tells by name, where no other test tells them.

use crate::library::{Library, can, is_root};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn story_unreadable_twins_of_equal_size_are_nobodys_duplicates() {
    let library = Library::new();
    let strace = ["strace", "-f", "-o", "/dev/null"];
    if !can(
        &[&strace[..], &["true"]].concat(),
        "files that cannot be read",
    ) {
        return;
    }
    for name in [
        "archive/01/twin",
        "media/2023/twin",
        "media/2024/twin",
        "media/2024/readable",
    ] {
        library.write(name, "same");
    }
    // Every read of a twin fails, as on a disk that dies.
    let mut failing = strace.to_vec();
    let paths: Vec<_> = ["archive/01/twin", "media/2023/twin", "media/2024/twin"]
        .map(|name| library.path(name).to_str().unwrap().to_owned())
        .into();
    paths.iter().for_each(|path| failing.extend(["-P", path]));
    failing.extend(["-e", "inject=read,pread64,readv,preadv:error=EIO"]);
    let said = library.run_within(&failing, &["crawl"]);
    assert_eq!(said.code, 4, "{said:?}");
    said.tells(&["archive/01/twin", "media/2023/twin", "media/2024/twin"]);
    library.end_with(4, &["plan", "dedupe", "-o", "plan.json"]);
    let plan = library.plan("plan.json");
    assert_eq!((plan.moves.len(), plan.skipped.len()), (0, 3), "{plan:?}");
}

#[test]
fn story_archive_reached_through_a_symbolic_link_is_not_left() {
    for link in ["media/2024/arch", "media/2031", "duplicates/2024"] {
        let library = Library::with_duplicates();
        let path = library.path(link);
        symlink(library.path("archive/01"), path).unwrap();
        let said = library.run(&["crawl"]);
        assert!([0, 4].contains(&said.code), "{said:?}");
        let index = library.read("data/media_index.json");
        assert!(!index.contains("keeper.jpg"), "{index}");
        reach(&library, link, |library, plan| {
            library.run(&["apply", plan])
        });
    }
}

#[test]
fn story_archive_reached_through_a_bind_mount_is_not_left() {
    let mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"];
    if !is_root("bind mounts") || !can(&mount, "an archive reached through a bind mount") {
        return;
    }
    for (bound, of) in [
        ("media/2024/arch", "archive/01"),
        ("media/2031", "archive/01"),
        ("media/2031", "archive"),
    ] {
        let library = Library::with_duplicates();
        fs::create_dir_all(library.path(bound)).unwrap();
        let script = format!("mount --bind {of} {bound}; exec \"$@\"");
        let shell = ["unshare", "--mount", "sh", "-c", &script, "sh"];
        let within = if of == "archive" {
            format!("{bound}/01")
        } else {
            bound.to_owned()
        };
        let said = library.run_within(&shell, &["crawl"]);
        assert!([0, 4].contains(&said.code), "{said:?}");
        let index = library.read("data/media_index.json");
        assert!(!index.contains("keeper.jpg"), "{index}");
        reach(&library, &within, |library, plan| {
            library.run_within(&shell, &["apply", plan])
        });
    }
}

/// A stranger's plan takes the archive's file by its other name, `within/keeper.jpg`, and even an
/// index that lists it under that name does not help.
fn reach(library: &Library, within: &str, apply: impl Fn(&Library, &str) -> crate::library::Said) {
    let before = library.census();
    let text = library.read("plan.json");
    let taken = format!("{within}/keeper.jpg");
    let from = text.replacen(
        "\"from\":\"media/2024/a.jpg\"",
        &format!("\"from\":\"{taken}\""),
        1,
    );
    let to = text.replacen(
        "\"to\":\"duplicates/2024/a.jpg\"",
        &format!("\"to\":\"{taken}2\""),
        1,
    );
    for plan in [from, to] {
        library.write("reach.json", &plan);
        let said = apply(library, "reach.json");
        assert_eq!(said.code, 3, "{said:?}");
        assert!(library.census() == before, "{said:?}");
        assert_eq!(library.read("archive/01/keeper.jpg"), "same");
    }
    let rel = taken.split_once('/').unwrap().1;
    let index = library.read("data/media_index.json");
    let forged = index.replacen("\"2024/a.jpg\"", &format!("\"{rel}\""), 1);
    library.write("data/media_index.json", &forged);
    library.write("reach.json", &text.replace("media/2024/a.jpg", &taken));
    let said = apply(library, "reach.json");
    assert!([1, 3].contains(&said.code), "{said:?}");
    assert!(library.census() == before, "{said:?}");
}

#[test]
fn law_9_what_lies_too_deep_is_told() {
    let library = Library::with_duplicates();
    // 256 components are a path, and the 257th is in none: the unit's own is the first.
    let deep = format!("media/2024/{}", "d/".repeat(254));
    library.write(&format!("{deep}last"), "same");
    library.write(&format!("{deep}d/beyond"), "same");
    library.write(&format!("{deep}d/d/beyond"), "same");
    let said = library.end_with(4, &["crawl"]);
    let told = "/d: what lies in it is too deep, or its path too long";
    assert_eq!(said.err.matches(told).count(), 1, "{}", said.err);
    let index = library.read("data/media_index.json");
    assert!(
        index.contains("/last\"") && !index.contains("beyond"),
        "{index}"
    );
}

#[test]
fn story_edited_while_it_was_being_hashed_it_has_no_hash() {
    let library = Library::new();
    let strace = ["strace", "-f", "-o", "/dev/null"];
    if !can(
        &[&strace[..], &["true"]].concat(),
        "files edited while they are hashed",
    ) {
        return;
    }
    library.write("archive/01/keeper", &"same ".repeat(1000));
    library.write("media/2024/edited", &"same ".repeat(1000));
    // Its reads take a while, in which somebody writes to it.
    let path = library.path("media/2024/edited");
    let path = path.to_str().unwrap();
    let delay = "inject=read,pread64:delay_exit=1500000:when=1";
    let slow = [&strace[..], &["-P", path, "-e", delay]].concat();
    let edited = library.path("media/2024/edited");
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(700));
        fs::write(edited, "other ".repeat(1000)).unwrap();
    });
    let said = library.run_within(&slow, &["crawl"]);
    writer.join().unwrap();
    let index = library.read("data/media_index.json");
    let same = blake3::hash("same ".repeat(1000).as_bytes()).to_hex();
    assert!(!index.contains(same.as_str()), "{index} {said:?}");
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    assert!(library.plan("plan.json").moves.is_empty());
}
