//! `volumes image`, and `volumes verify` of images.

use super::{archived, disc_of, recorded, text};
use crate::library::{Library, can, said, system};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether xorriso is there; says what is skipped where it is not.
pub fn has_xorriso(skipped: &str) -> bool {
    can(&["xorriso", "-version"], skipped)
}

/// A library with an image of its volume 07.
pub fn imaged(library: &Library) -> PathBuf {
    let image = library.surroundings().join("07.iso");
    library.succeed(&["volumes", "image", "07", "-o", text(&image)]);
    image
}

/// Where in an image these bytes stand.
fn find(image: &Path, bytes: &[u8]) -> usize {
    let content = fs::read(image).unwrap();
    let mut windows = content.windows(bytes.len());
    windows.position(|window| window == bytes).unwrap()
}

/// The library of `command`, run with a program in place of xorriso that is this shell script.
fn with_fake(library: &Library, script: &str, arguments: &[&str]) -> Command {
    let programs = library.surroundings().join("programs");
    fs::create_dir_all(&programs).unwrap();
    let fake = programs.join("xorriso");
    fs::write(&fake, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = library.command(arguments);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", programs.display()));
    command
}

/// What a script does to find the image that it is to write, in `$image`.
const FIND_IMAGE: &str = "while [ \"$1\" != -outdev ]; do shift; done; image=\"${2#stdio:}\"";

/// The names of what lies beside the library.
fn beside(library: &Library) -> Vec<String> {
    let entries = fs::read_dir(library.surroundings()).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn an_image_holds_just_what_the_volume_does_and_is_read_without_mounting() {
    if !has_xorriso("images of volumes") {
        return;
    }
    let library = archived();
    let image = library.surroundings().join("07.iso");
    let make = ["volumes", "image", "07", "-o", text(&image)];
    let made = library.run_within(&["sh", "-c", "umask 027; exec \"$@\"", "sh"], &make);
    assert_eq!(made.code, 0, "{}", made.err);
    let mode = fs::metadata(&image).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    assert!(recorded(&library).contains("\"imaged\""));
    let list = Command::new("xorriso")
        .args(["-no_rc", "-indev", text(&image), "-find", "/", "-type", "f"])
        .output()
        .unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let mut list: Vec<_> = list.lines().collect();
    list.sort_unstable();
    assert_eq!(
        list,
        [
            "'/00_README.txt'",
            "'/2019/.unburned'",
            "'/2019/05/b.jpg'",
            "'/2019/a.jpg'",
            "'/MANIFEST.sha256'",
            "'/archive_index.json.gz'",
            "'/disc.json'",
            "'/index.html'",
        ],
        "marks of the volume itself stay out, and a user's file of that name does not"
    );
    let verify = ["volumes", "verify", "07", "--at", text(&image)];
    library.succeed(&["volumes", "burned", "07"]);
    library.succeed(&verify).tells(&[
        "is whole: 8 files",
        "nothing is recorded, as this is no disc",
    ]);
    library
        .succeed(&[&verify[..], &["--copy", "1"]].concat())
        .tells(&["copy 1 of volume 07 is verified"]);
}

#[test]
fn names_that_mean_something_to_other_programs_are_names() {
    if !has_xorriso("odd names in images") {
        return;
    }
    let library = Library::new();
    let dir = library.path("archive/07");
    let deep = "deeper/".repeat(20);
    for name in [
        &b"-o"[..],
        b"--",
        b"a=b",
        b"/a=/b",
        b"*?[x]",
        b"it's \"quoted\"",
        b"back\\slash\\n",
        b"new\nline",
        b"esc\x1b[2J",
        b"not utf-8 \xff\xfe",
        b"#comment",
        b" spaces ",
        "ünï ☃".as_bytes(),
        &b"x".repeat(255),
        format!("{deep}file").as_bytes(),
    ] {
        let path = dir.join(OsStr::from_bytes(name.strip_prefix(b"/").unwrap_or(name)));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    fs::create_dir(dir.join("-rm")).unwrap();
    fs::write(dir.join("-rm/--"), "file").unwrap();
    library.succeed(&["crawl"]);
    let image = imaged(&library);
    let verify = ["volumes", "verify", "07", "--at", text(&image)];
    library.succeed(&verify).tells(&["is whole: 21 files"]);
}

#[test]
fn a_file_larger_than_4_gib_is_whole_in_an_image() {
    let skipped = "a file larger than 4 GiB in an image";
    if std::env::var_os("MEDIASTRUCT_LARGE").is_none() {
        println!("skipped, as it writes 4 GiB; set MEDIASTRUCT_LARGE for it: {skipped}");
        return;
    }
    if !has_xorriso(skipped) {
        return;
    }
    let library = archived();
    let path = library.path("archive/07/2019/film.mov");
    let file = fs::File::create(path).unwrap();
    file.write_all_at(b"beginning", 0).unwrap();
    file.write_all_at(b"end", (4 << 30) + 12_345).unwrap();
    library.succeed(&["crawl"]);
    let image = imaged(&library);
    let verify = ["volumes", "verify", "07", "--at", text(&image)];
    library
        .succeed(&verify)
        .tells(&["is whole: 9 files, 4.3 GB"]);
}

#[test]
fn one_byte_that_changed_in_an_image_is_named() {
    if !has_xorriso("damaged images") {
        return;
    }
    let library = archived();
    library.write("archive/07/2019/c.jpg", &"some content ".repeat(1000));
    library.succeed(&["crawl"]);
    let image = imaged(&library);
    library.succeed(&["volumes", "burned", "07"]);
    let before = recorded(&library);
    let at = find(&image, b"some content some content");
    let mut bytes = fs::read(&image).unwrap();
    bytes[at + 5000] ^= 1;
    fs::write(&image, bytes).unwrap();
    let verify = [
        "volumes",
        "verify",
        "07",
        "--at",
        text(&image),
        "--copy",
        "1",
    ];
    let said = library.end_with(1, &verify);
    said.tells(&["2019/c.jpg is damaged: its bytes", "as indexed are 8 files"]);
    assert_eq!(recorded(&library), before);
}

#[test]
fn a_truncated_image_is_never_whole() {
    if !has_xorriso("truncated images") {
        return;
    }
    let library = archived();
    library.write("archive/07/2019/z.jpg", &"some content ".repeat(100_000));
    library.succeed(&["crawl"]);
    let image = imaged(&library);
    library.succeed(&["volumes", "burned", "07"]);
    let before = recorded(&library);
    let at = find(&image, b"some content some content") as u64;
    let verify = [
        "volumes",
        "verify",
        "07",
        "--at",
        text(&image),
        "--copy",
        "1",
    ];
    let file = fs::OpenOptions::new().write(true).open(&image).unwrap();
    file.set_len(at + 100_000).unwrap();
    let said = library.end_with(1, &verify);
    assert!(
        said.err
            .contains("2019/z.jpg cannot be read: the image ends"),
        "{}",
        said.err
    );
    for length in [100_000, 40_000, 32_768, 100, 0] {
        file.set_len(length).unwrap();
        let said = library.end_with(1, &verify);
        if length <= 32_768 {
            said.tells(&["is not the image of a disc", "mount the disc"]);
        }
    }
    assert_eq!(recorded(&library), before);
}

#[test]
fn an_image_that_exists_is_never_replaced() {
    if !has_xorriso("images that exist") {
        return;
    }
    let library = archived();
    let image = library.surroundings().join("07.iso");
    fs::write(&image, "mine").unwrap();
    let make = ["volumes", "image", "07", "-o", text(&image)];
    library.refuse(1, &make, &["something else is there already"]);
    fs::remove_file(&image).unwrap();
    symlink("nowhere", &image).unwrap();
    library.refuse(1, &make, &["something else is there already"]);
}

#[test]
fn law_4_no_image_is_made_within_the_library() {
    let library = archived();
    for place in ["media/2019/07.iso", "archive/07/07.iso", "archive/07.iso"] {
        let place = library.path(place);
        library.refuse(
            64,
            &["volumes", "image", "07", "-o", text(&place)],
            &["lies in the"],
        );
    }
}

#[test]
fn an_image_that_fits_no_medium_is_not_left() {
    if !has_xorriso("images that are too large") {
        return;
    }
    let library = archived();
    let image = library.surroundings().join("07.iso");
    let make = ["volumes", "image", "07", "-o", text(&image), "--medium"];
    for medium in ["sectors:2", "sectors:200"] {
        let told = ["the image is too large", "there is no image"];
        library
            .end_with(1, &[&make[..], &[medium]].concat())
            .tells(&told);
        assert_eq!(beside(&library), ["lib"]);
    }
    library.refuse(64, &[&make[..], &["bd26"]].concat(), &["no medium", "bd25"]);
    assert_eq!(recorded(&library), "");
}

#[test]
fn a_volume_that_was_edited_by_hand_gets_no_image() {
    let library = archived();
    library.write("archive/07/2019/a.jpg", "edited");
    symlink("a.jpg", library.path("archive/07/2019/link.jpg")).unwrap();
    let image = library.surroundings().join("07.iso");
    library.refuse(
        3,
        &["volumes", "image", "07", "-o", text(&image)],
        &[
            "archive/07/2019/a.jpg is damaged: it changed",
            "archive/07/2019/link.jpg is a symbolic link, and not a regular file",
            "mediastruct crawl",
        ],
    );
}

#[test]
fn what_is_no_file_is_named_with_what_to_do_about_it() {
    let library = archived();
    symlink("a.jpg", library.path("archive/07/2019/link\n.jpg")).unwrap();
    library.succeed(&["volumes", "list"]);
    let image = library.surroundings().join("07.iso");
    for command in [
        &["volumes", "image", "07", "-o", text(&image)][..],
        &["volumes", "seal", "07", "--yes"],
    ] {
        let told = [
            "archive/07/2019/link\\n.jpg is a symbolic link",
            "move it out of the archive",
        ];
        let said = library.refuse(3, command, &told);
        assert!(!said.err.contains("mediastruct crawl"), "{}", said.err);
    }
    if !has_xorriso("images without what is excluded") {
        return;
    }
    let configuration = library.read("config.ini") + "\n[Crawl]\nexclude = link*\n";
    library.write("config.ini", &configuration);
    library.succeed(&["crawl"]);
    imaged(&library);
}

#[test]
fn more_is_left_out_than_arguments_can_hold() {
    if !has_xorriso("images without many files") {
        return;
    }
    let library = archived();
    for number in 0..3000 {
        library.write(
            &format!("archive/07/2019/._{number:0>100}"),
            "resource fork",
        );
    }
    let dir = library.path("archive/07/2019");
    for name in [
        &b"._new\nline"[..],
        b"._it's \"quoted\"",
        b"._back\\slash\\n",
        b"._not utf-8 \xff\xfe",
        b"._*",
        b"._#comment",
        b"._ ",
    ] {
        fs::write(dir.join(OsStr::from_bytes(name)), "resource fork").unwrap();
    }
    let image = library.surroundings().join("07.iso");
    let make = ["volumes", "image", "07", "-o", text(&image)];
    let few_arguments = ["sh", "-c", "ulimit -s 1024; exec \"$@\"", "sh"];
    let made = library.run_within(&few_arguments, &make);
    assert_eq!(made.code, 0, "{}", made.err);
    made.tells(&["8 files"]);
}

#[test]
fn bytes_that_rot_under_their_date_are_found_when_the_image_is_read_back() {
    if !has_xorriso("rot on its way into an image") {
        return;
    }
    let library = archived();
    library.succeed(&["volumes", "seal", "07", "--yes"]);
    let path = library.path("archive/07/2019/a.jpg");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, "onf").unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
    let image = library.surroundings().join("07.iso");
    let said = library.end_with(1, &["volumes", "image", "07", "-o", text(&image)]);
    said.tells(&[
        "2019/a.jpg is damaged",
        "does not hold volume 07",
        "no image",
    ]);
    assert_eq!(beside(&library), ["lib"]);
}

#[test]
fn where_xorriso_fails_midway_nothing_is_left() {
    let library = archived();
    let image = library.surroundings().join("07.iso");
    let script = format!(
        "{FIND_IMAGE}; head -c 100000 /dev/zero > \"$image\"\n\
         echo 'xorriso : FATAL : no space \u{1b}left' >&2; exit 5"
    );
    let arguments = ["volumes", "image", "07", "-o", text(&image)];
    let said = said(&mut with_fake(&library, &script, &arguments));
    assert_eq!(said.code, 1, "{}", said.err);
    said.tells(&["could not be made", "FATAL : no space \\u{1b}left"]);
    fs::remove_dir_all(library.surroundings().join("programs")).unwrap();
    assert_eq!(beside(&library), ["lib"]);
    assert_eq!(recorded(&library), "");
}

#[test]
fn an_image_that_is_none_is_not_kept_whatever_xorriso_says() {
    let library = archived();
    let image = library.surroundings().join("07.iso");
    let script = format!("{FIND_IMAGE}; head -c 100000 /dev/zero > \"$image\"; exit 0");
    let script = format!("case \"$*\" in *-outdev*) {script};; *) exit 0;; esac");
    let arguments = ["volumes", "image", "07", "-o", text(&image)];
    let said = said(&mut with_fake(&library, &script, &arguments));
    assert_eq!(said.code, 1, "{}", said.err);
    said.tells(&["cannot be read back", "there is no image"]);
    assert!(!image.exists());
}

#[test]
fn ctrl_c_leaves_nothing_of_an_image() {
    let library = archived();
    let image = library.surroundings().join("07.iso");
    let begun = library.surroundings().join("begun");
    let script = format!(
        "{FIND_IMAGE}; head -c 100000 /dev/zero > \"$image\"; : > '{}'; exec sleep 1000",
        text(&begun)
    );
    let arguments = ["volumes", "image", "07", "-o", text(&image)];
    let mut command = with_fake(&library, &script, &arguments);
    let mut child = command
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !begun.exists() {
        std::thread::yield_now();
    }
    system("kill", ["-INT", &child.id().to_string()]);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    fs::remove_file(begun).unwrap();
    assert_eq!(beside(&library), ["lib", "programs"]);
    assert_eq!(recorded(&library), "");
}

#[test]
fn xorriso_ends_with_the_program_that_was_killed() {
    let library = archived();
    let image = library.surroundings().join("07.iso");
    let begun = library.surroundings().join("begun");
    let script = format!(
        "echo $$ > '{0}.new'; mv '{0}.new' '{0}'; exec sleep 1000",
        text(&begun)
    );
    let arguments = ["volumes", "image", "07", "-o", text(&image)];
    let mut child = with_fake(&library, &script, &arguments).spawn().unwrap();
    while !begun.exists() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let pid = fs::read_to_string(begun).unwrap();
    let alive = || {
        let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        state.is_ok_and(|state| !state.contains(") Z "))
    };
    while alive() {
        std::thread::yield_now();
    }
    assert!(!image.exists());
}

#[test]
fn without_xorriso_it_is_said_what_to_install() {
    let library = archived();
    let image = library.surroundings().join("07.iso");
    let mut command = library.command(&["volumes", "image", "07", "-o", text(&image)]);
    let said = said(command.env("PATH", "/nonexistent"));
    assert_eq!(said.code, 1);
    said.tells(&[
        "the program xorriso is not installed",
        "apt install xorriso",
    ]);
    let mut bytes = vec![0; 40_000];
    bytes[32_768..][..6].copy_from_slice(b"\x01CD001");
    fs::write(&image, bytes).unwrap();
    let mut command = library.command(&["volumes", "verify", "07", "--at", text(&image)]);
    let said = crate::library::said(command.env("PATH", "/nonexistent"));
    said.tells(&["xorriso is not installed", "mount the disc"]);
    // A mounted disc needs no other program.
    let disc = disc_of(&library, "07");
    let mut command = library.command(&["volumes", "verify", "07", "--at", text(&disc)]);
    let said = crate::library::said(command.env("PATH", "/nonexistent"));
    assert_eq!(said.code, 0, "{}", said.err);
}
