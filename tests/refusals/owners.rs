//! Root at work where other users could write.

use crate::library::{Library, can, is_root, system};
use rustix::fs::{XattrFlags, removexattr, setxattr};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

/// A user and a group that own nothing.
const OTHER: u32 = 54_321;

/// The commands that change something.
const WRITERS: [&[&str]; 5] = [
    &["crawl"],
    &["apply", "plan.json"],
    &["dedupe", "--yes"],
    &["undo", "--yes"],
    &["recover"],
];

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn refuse_all(library: &Library, directory: &Path, who: &str) {
    let named = format!("error: {}: {who} could write there", directory.display());
    let told = [
        "as root",
        "as the user to whom",
        "--shared-trees",
        "[Safety]",
    ];
    for writer in WRITERS {
        library.refuse(3, writer, &[&[named.as_str()], &told[..]].concat());
    }
    for reader in [
        &["plan", "dedupe"][..],
        &["check", "plan.json"],
        &["history"],
    ] {
        library.succeed(reader);
    }
}

#[test]
fn threat_as_root_a_tree_that_others_can_write_to_is_refused() {
    if !is_root("trees that others can write to") {
        return;
    }
    for name in ["media", "archive", "duplicates", "ingest"] {
        let library = Library::with_duplicates();
        let directory = library.path(name);
        let mode = fs::metadata(&directory).unwrap().permissions().mode();
        set_mode(&directory, 0o757);
        refuse_all(&library, &directory, "everybody");
        set_mode(&directory, mode | 0o020);
        chown(&directory, None, Some(OTHER)).unwrap();
        refuse_all(&library, &directory, &format!("group {OTHER}"));
        set_mode(&directory, mode);
        chown(&directory, Some(OTHER), None).unwrap();
        refuse_all(&library, &directory, &format!("its owner, user {OTHER}"));
        chown(&directory, Some(0), Some(0)).unwrap();
        // Whatever root's own group may do, root is in it by itself.
        set_mode(&directory, mode | 0o020);
        library.succeed(&["apply", "plan.json"]);
    }
}

#[test]
fn threat_as_root_a_parent_that_others_can_write_to_is_refused_but_a_sticky_one_is_not() {
    if !is_root("parents that others can write to") {
        return;
    }
    let library = Library::with_duplicates();
    let parent = library.root();
    set_mode(parent, 0o777);
    refuse_all(&library, parent, "everybody");
    // Each way is told by its first such directory only.
    let said = library.run(&["crawl"]);
    assert_eq!(said.err.matches("could write there").count(), 1, "{said:?}");
    set_mode(parent, 0o1777);
    library.succeed(&["apply", "plan.json"]);
    library.succeed(&["undo", "--yes"]);
    // Its owner can rename what others have in it.
    chown(parent, Some(OTHER), None).unwrap();
    refuse_all(&library, parent, &format!("its owner, user {OTHER}"));
}

#[test]
fn threat_as_root_an_access_control_list_is_seen() {
    if !is_root("access control lists") {
        return;
    }
    let library = Library::with_duplicates();
    let media = library.path("media");
    // The owner, one user, the group, the mask and others. Source: linux/posix_acl_xattr.h.
    let list = [
        (1, 7, !0),
        (2, 7, OTHER),
        (4, 5, !0),
        (16, 7, !0),
        (32, 5, !0),
    ];
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, may, who) in list {
        bytes.extend(u16::to_le_bytes(tag));
        bytes.extend(u16::to_le_bytes(may));
        bytes.extend(u32::to_le_bytes(who));
    }
    let name = "system.posix_acl_access";
    if let Err(error) = setxattr(&media, name, &bytes, XattrFlags::empty()) {
        println!("skipped, as {error}: access control lists");
        return;
    }
    refuse_all(&library, &media, "users of its access control list");
    removexattr(&media, name).unwrap();
    library.succeed(&["apply", "plan.json"]);
}

#[test]
fn threat_as_root_shared_trees_can_be_meant() {
    if !is_root("trees that others can write to") {
        return;
    }
    let library = Library::with_duplicates();
    set_mode(&library.path("media"), 0o777);
    library.succeed(&["apply", "plan.json", "--shared-trees"]);
    let mut undo = library.command(&["undo", "--yes"]);
    undo.env("MEDIASTRUCT_SHARED_TREES", "yes");
    assert!(undo.output().unwrap().status.success());
    library.write("config.ini", "[Safety]\nshared_trees = yes\n");
    library.succeed(&["apply", "plan.json"]);
    library.write("config.ini", "[Safety]\nshared_trees = perhaps\n");
    let told = ["[Safety] shared_trees: bad value 'perhaps'", "yes or no"];
    library.refuse(64, &["crawl"], &told);
}

#[test]
fn whoever_is_not_root_decides_about_their_own_trees() {
    let user = "54321";
    let skipped = "being another user";
    let setpriv = [
        "setpriv",
        "--reuid",
        user,
        "--regid",
        user,
        "--clear-groups",
    ];
    if !is_root(skipped) || !can(&[&setpriv[..], &["true"]].concat(), skipped) {
        return;
    }
    let library = Library::with_duplicates();
    set_mode(library.surroundings(), 0o755);
    system(
        "chown",
        ["-R".as_ref(), user.as_ref(), library.root().as_os_str()],
    );
    set_mode(&library.path("media"), 0o777);
    let program = assert_cmd::cargo::cargo_bin!("mediastruct");
    if !can(
        &[&setpriv[..], &[program.to_str().unwrap(), "schema", "plan"]].concat(),
        skipped,
    ) {
        return;
    }
    let said = library.run_within(&setpriv, &["apply", "plan.json"]);
    assert_eq!(said.code, 0, "{said:?}");
}
