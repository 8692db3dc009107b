//! Which directories crawl takes, and which trees must be there.
#![allow(clippy::disallowed_methods, reason = "tests touch files")]

use mediastruct::cli::context::{Target, require, targets};
use mediastruct::cli::failure::Exit;
use mediastruct::disk::init::make;
use mediastruct::model::layout::Layout;
use mediastruct::model::tree::Tree;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

fn library() -> (tempfile::TempDir, PathBuf, Layout) {
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap();
    make(&root, "").unwrap();
    for unit in ["media/2024", "media/misc", "media/2024/05", "archive/03"] {
        fs::create_dir_all(root.join(unit)).unwrap();
    }
    let trees = Tree::ALL.map(|tree| root.join(tree.name()));
    let layout = Layout::new(trees, root.join("data"), root.join("logs")).unwrap();
    (dir, root, layout)
}

#[test]
fn trees_and_units_are_targets_whatever_they_are_called() {
    let (_dir, root, layout) = library();
    symlink(root.join("media"), root.join("link")).unwrap();
    let named = ["media/2024", "archive", "link/2024", "media/../archive/03/"];
    let named = named.map(|name| root.join(name));
    let unit = |tree, unit: &str| Target {
        tree,
        unit: Some(unit.to_owned()),
    };
    let expected = [
        Target {
            tree: Tree::Archive,
            unit: None,
        },
        unit(Tree::Archive, "03"),
        unit(Tree::Media, "2024"),
    ];
    assert_eq!(targets(&layout, &named).unwrap(), expected);
}

#[test]
fn anything_else_is_no_target() {
    let (_dir, root, layout) = library();
    for name in [
        "",
        "media/misc",
        "media/2024/05",
        "ingest",
        "media/2025",
        "config.ini",
    ] {
        let failure = targets(&layout, &[root.join(name)]).unwrap_err();
        assert_eq!(failure.code, Exit::Usage, "{name}: {failure:?}");
    }
}

#[test]
fn a_missing_tree_is_named_by_its_key() {
    let (_dir, root, layout) = library();
    require(&layout, &Tree::ALL).unwrap();
    fs::remove_dir(root.join("validated")).unwrap();
    require(&layout, &Tree::INDEXED).unwrap();
    let failure = require(&layout, &Tree::ALL).unwrap_err();
    assert_eq!(failure.code, Exit::Failed);
    assert!(
        failure.message.starts_with("validated_dir: "),
        "{failure:?}"
    );
    assert!(failure.hints[0].contains("mkdir"), "{failure:?}");
}
