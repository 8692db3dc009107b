//! The trees on a disk under test, and a plan that moves many of their files.

use super::{Trial, law};
use mediastruct::disk::filesystem::Filesystem;
use mediastruct::disk::trees::Trees;
use mediastruct::model::index::{Entry, Index};
use mediastruct::model::layout::Layout;
use mediastruct::model::path::{RelPath, TreePath};
use mediastruct::model::plan::{Move, Need, Phase, Plan, RawPlan, Why};
use mediastruct::model::tree::Tree;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Files, by their path in media and how long they are; each has another content.
const FILES: [(&str, usize); 9] = [
    ("2023/e", 11),
    ("2023/f", 5000),
    ("2024/a", 9000),
    ("2024/d\n", 300),
    ("2024/deep/c", 1),
    ("2024/deep/er/b", 70_000),
    ("2024/deep/er/g", 4096),
    ("2025/01/h", 20),
    ("2025/02/i", 12_288),
];

impl Trial {
    /// Lays the trees out on the disk that is mounted at `mount`.
    pub fn lay_out(mount: &Path, datadir: &Path) -> Trial {
        let trees = Tree::ALL.map(|t| mount.join(t.name()));
        let layout = Layout::new(trees, datadir.to_owned(), datadir.join("logs")).unwrap();
        for tree in Tree::ALL {
            fs::create_dir(layout.dir(tree)).unwrap();
        }
        for (name, length) in FILES {
            let content = content(name, length);
            write(&layout.dir(Tree::Media).join(name), &content);
            write(&layout.dir(Tree::Archive).join("01").join(name), &content);
        }
        write(&layout.dir(Tree::Media).join("2024/other"), b"other");
        let deep = layout.dir(Tree::Media).join("2024/deep");
        let permissions = fs::Permissions::from_mode(0o750);
        fs::set_permissions(deep, permissions).unwrap();

        let archive = index_of(&layout, Tree::Archive);
        let media = index_of(&layout, Tree::Media);
        let census = law::census(&layout).unwrap();
        Trial {
            plan: plan(&archive, &media),
            layout,
            archive,
            media: [media.clone(), media],
            census: [census.clone(), census],
        }
    }
}

/// The content of the longest file that is to move; its first block is like no other.
pub fn longest_content() -> Vec<u8> {
    let (name, length) = FILES.into_iter().max_by_key(|f| f.1).unwrap();
    content(name, length)
}

fn content(name: &str, length: usize) -> Vec<u8> {
    let lines = (0..).flat_map(|line| format!("{name:?} {line}\n").into_bytes());
    lines.take(length).collect()
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn plan(archive: &Index<'_>, media: &Index<'_>) -> Plan {
    let mut raw = RawPlan::of(Phase::Dedupe);
    for keeper in &archive.entries {
        let hash = keeper.digest().unwrap();
        let of = TreePath::new(Tree::Archive, keeper.path.clone().into_owned());
        raw.needs.push(Need {
            path: of.clone(),
            offline: None,
            size: keeper.stamp.size,
            modified: keeper.stamp.modified,
            hash,
        });
        let copies = media.entries.iter().filter(|e| e.digest() == Some(hash));
        raw.moves.extend(copies.map(|entry| {
            let path = entry.path.clone().into_owned();
            Move {
                from: TreePath::new(Tree::Media, path.clone()),
                to: TreePath::new(Tree::Duplicates, path),
                size: entry.stamp.size,
                modified: entry.stamp.modified,
                hash,
                why: Why::Duplicate {
                    of: of.clone(),
                    dated: None,
                },
                bundle: None,
            }
        }));
    }
    raw.check().unwrap()
}

fn index_of(layout: &Layout, tree: Tree) -> Index<'static> {
    let trees = Trees::open(layout).unwrap();
    let mut index = Index::empty(tree);
    for entry in walkdir::WalkDir::new(layout.dir(tree)) {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let rel = entry.path().strip_prefix(layout.dir(tree)).unwrap();
        let path = RelPath::new(rel.as_os_str().as_encoded_bytes().to_vec()).unwrap();
        let at = TreePath::new(tree, path.clone());
        let stamp = trees.look(&at).unwrap().unwrap().stamp;
        let hash = Ok(trees.hash(&at).unwrap());
        index.entries.push(Entry { path, hash, stamp });
    }
    index.entries.sort_by(|a, b| a.path.cmp(&b.path));
    index
}
