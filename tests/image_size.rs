//! The bound of an image's size against the images that xorriso and genisoimage make.
//! `--nocapture` prints the table.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

#[path = "disks/chance.rs"]
mod chance;
mod library;

use chance::Chance;
use library::can;
use mediastruct::model::image_size::{Node, sectors_of};
use mediastruct::model::medium::SECTOR;
use mediastruct::model::path::RelPath;
use rayon::prelude::*;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::{Command, Stdio};
use walkdir::WalkDir;

/// The modes of xorriso in which images are made.
const MODES: [(&str, &[&str]); 4] = [
    ("rock ridge", &["-joliet", "off", "-md5", "off"]),
    ("+ joliet", &["-joliet", "on", "-md5", "off"]),
    ("+ md5", &["-joliet", "on", "-md5", "on"]),
    ("for backup", &["-for_backup", "-joliet", "on"]),
];

/// Settings that are the same in all modes; the names get as long as they can be.
const SETTINGS: [&str; 7] = [
    "-no_rc",
    "-stdio_sync",
    "off",
    "-abort_on",
    "FATAL",
    "-compliance",
    "iso_9660_level=3:joliet_long_names:joliet_long_paths:deep_paths:long_paths",
];

/// How a tree is made: each call makes the next file of it, in a directory that is there.
type Shape = (&'static str, fn(&Path));

const SHAPES: [Shape; 14] = [
    ("one empty directory", |root| {
        fs::create_dir(root.join("d")).unwrap()
    }),
    ("one file", |root| file(root, "a.jpg", 100_000)),
    ("2000 tiny files", |root| {
        (0..2000).for_each(|n| file(root, format!("IMG_{n:04}.JPG"), n % 3000));
    }),
    ("photos by month", |root| {
        let mut chance = Chance::of(1);
        for n in 0..600 {
            let above = format!("{}/{:02}", 2015 + n / 200, n / 20 % 12 + 1);
            let size = chance.below(20_000) as u64;
            file(root, format!("{above}/2015-01-01 10.00.{n:03}.jpg"), size);
        }
    }),
    ("60 levels deep", |root| {
        let mut above = String::new();
        for n in 0..60 {
            above.push_str(&format!("level {n:02}/"));
            file(root, format!("{above}photo.jpg"), 10_000);
        }
    }),
    ("1000 directories", |root| {
        (0..1000).for_each(|n| file(root, format!("day {n:04}/{n}.jpg"), 2048));
    }),
    ("1000 empty directories", |root| {
        (0..1000).for_each(|n| fs::create_dir_all(root.join(format!("e/{n}"))).unwrap());
    }),
    ("files without bytes", |root| {
        (0..500).for_each(|n| file(root, format!("{n}"), 0))
    }),
    // xorriso 1.5.4 miscounts the continuations of many long names in one directory, and says that
    // the image is damaged: there are few in each.
    ("names of 255 bytes", |root| {
        (0..800).for_each(|n| file(root, format!("{}/{n:x<251}.jpg", n / 40), 100));
    }),
    ("names of 85 signs", |root| {
        let signs = "写".repeat(82);
        (0..800).for_each(|n| file(root, format!("{}/{n:x>9}{signs}", n / 40), 100));
    }),
    ("names that are not UTF-8", |root| {
        for n in 0..300 {
            let mut name = n.to_string().into_bytes();
            name.extend([0xE9; 80]);
            file(root, OsString::from_vec(name), 5000);
        }
    }),
    ("any tree", |root| any_tree(root, 2)),
    ("any other tree", |root| any_tree(root, 3)),
    ("a third tree", |root| any_tree(root, 4)),
];

#[test]
fn no_image_is_larger_than_its_bound_nor_the_bound_far_from_it() {
    if !can(&["xorriso", "-version"], "how large images get") {
        return;
    }
    can(&["genisoimage", "-version"], "images of genisoimage");
    let measured: Vec<_> = SHAPES.par_iter().map(|(_, make)| measure(make)).collect();
    for ((shape, _), (bound, images)) in SHAPES.iter().zip(measured) {
        print!("{shape:24} bound {bound:6}, images");
        for (mode, sectors) in &images {
            print!(" {sectors:6} {mode},");
            assert!(*sectors <= bound, "{shape}, {mode}: {sectors} > {bound}");
        }
        println!();
        let largest = images.iter().map(|(_, sectors)| *sectors).max().unwrap();
        assert!(
            bound <= 2 * largest + 512,
            "{shape}: {bound} is no bound for {largest}"
        );
    }
}

/// The bound of a tree, and the sectors of its images in each mode.
fn measure(make: impl Fn(&Path)) -> (u64, Vec<(&'static str, u64)>) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    fs::create_dir(&root).unwrap();
    make(&root);
    let mut images = Vec::new();
    for (mode, settings) in MODES {
        let sectors = image(&root, settings);
        if settings.ends_with(&["-md5", "off"]) {
            assert_eq!(sectors, foretold(&root, settings), "{mode}");
        }
        images.push((mode, sectors));
    }
    let image = image_of_genisoimage(&root);
    images.extend(image.map(|sectors| ("genisoimage", sectors)));
    (bound(&root), images)
}

#[test]
fn no_image_of_files_over_4_gib_is_larger_than_its_bound() {
    if !can(
        &["xorriso", "-version"],
        "how large images of large files get",
    ) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for n in 0..20 {
        let above = ["", "clips/"][n % 2];
        file(dir.path(), format!("{above}{n}.mov"), (9 << 30) + n as u64);
    }
    for size in [(1 << 32) - 2049, (1 << 32) - 2048, (1 << 32) - 1, 1 << 32] {
        file(dir.path(), size.to_string(), size);
    }
    let bound = bound(dir.path());
    // Where there are no MD5 sums, xorriso tells the size of an image before it makes it, which the
    // other test makes sure of.
    for (mode, settings) in &MODES[..2] {
        let image = foretold(dir.path(), settings);
        println!("files over 4 GiB: bound {bound}, {image} {mode}");
        assert!(
            image <= bound && bound <= image + 1000,
            "{mode}: {image}, {bound}"
        );
    }
}

/// A file of so many bytes, none of which is written, with the directories above it.
fn file(root: &Path, name: impl AsRef<OsStr>, size: u64) {
    let path = root.join(name.as_ref());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().set_len(size).unwrap();
}

/// Directories in directories, some of them empty, and files in some of them, with names of any
/// length in several scripts.
fn any_tree(root: &Path, seed: u64) {
    let mut chance = Chance::of(seed);
    let mut directories = vec![root.to_owned()];
    for n in 0..700 {
        let sign = ["x", "ß", "写", "🦀", " ", "e\u{301}"][chance.below(6)];
        let most = 240 / sign.len();
        let length = if chance.hits(80) { most.min(20) } else { most };
        let name = format!("{n}{}", sign.repeat(chance.below(length)));
        let above = directories[chance.below(directories.len())].clone();
        if chance.hits(15) && above.as_os_str().len() < 2000 {
            fs::create_dir(above.join(&name)).unwrap();
            directories.push(above.join(name));
        } else {
            let size = if chance.hits(5) { 200_000 } else { 5_000 };
            file(&above, name, chance.below(size) as u64);
        }
    }
}

fn bound(root: &Path) -> u64 {
    let mut tree = Vec::new();
    for entry in WalkDir::new(root).min_depth(1) {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(root).unwrap();
        let path = RelPath::new(path.as_os_str().as_bytes().to_vec()).unwrap();
        let node = match entry.file_type().is_dir() {
            true => Node::Directory,
            false => Node::File(entry.metadata().unwrap().len()),
        };
        tree.push((path, node));
    }
    sectors_of(tree.iter().map(|(path, node)| (path, *node)))
}

/// The sectors of the image that xorriso makes.
fn image(root: &Path, settings: &[&str]) -> u64 {
    let image = tempfile::NamedTempFile::new().unwrap();
    xorriso(root, settings, image.path(), &["-commit"]);
    sectors_in(image.path())
}

/// The sectors that xorriso says the image will have.
fn foretold(root: &Path, settings: &[&str]) -> u64 {
    let image = tempfile::NamedTempFile::new().unwrap();
    let out = xorriso(
        root,
        settings,
        image.path(),
        &["-print_size", "-rollback_end"],
    );
    let line = out
        .lines()
        .find_map(|line| line.strip_prefix("Image size   : "));
    line.unwrap().strip_suffix('s').unwrap().parse().unwrap()
}

fn xorriso(root: &Path, settings: &[&str], image: &Path, then: &[&str]) -> String {
    let mut drive = OsString::from("stdio:");
    drive.push(image);
    let mut command = Command::new("xorriso");
    command
        .args(SETTINGS)
        .args(settings)
        .arg("-outdev")
        .arg(drive);
    command.arg("-map").arg(root).arg("/").args(then);
    output(&mut command)
}

/// The sectors of the image that genisoimage makes, where it is there; it refuses names that are not
/// UTF-8, and those that Joliet would cut to the same.
fn image_of_genisoimage(root: &Path) -> Option<u64> {
    let image = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("genisoimage");
    let settings = ["-quiet", "-R", "-J", "-joliet-long", "-iso-level", "3"];
    command.args(settings).arg("-o").arg(image.path()).arg(root);
    let made = command.output();
    let made = made.is_ok_and(|output| output.status.success());
    made.then(|| sectors_in(image.path()))
}

fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {err}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn sectors_in(image: &Path) -> u64 {
    fs::metadata(image).unwrap().len().div_ceil(SECTOR)
}
