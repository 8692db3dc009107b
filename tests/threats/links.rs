//! Directories of the trees that another process swaps for symbolic links while files move.

use crate::library::{Everything, Library, everything};
use mediastruct::disk::filesystem::Filesystem;
use mediastruct::disk::trees::Trees;
use mediastruct::model::path::TreePath;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A library with a directory outside, to which symbolic links beside the trees lead.
struct Siege {
    library: Library,
    before: Everything,
}

/// The directories that are swapped, and the names in `outside` that their links lead to.
const SWAPPED: [(&str, &str); 2] = [
    ("media/2024/sub", "media"),
    ("duplicates/2024/sub", "duplicates"),
];

impl Siege {
    /// Outside, there are files of the very names that the library has, so that whoever follows a
    /// link finds what is looked for.
    fn lay(library: Library) -> Siege {
        for (swapped, name) in SWAPPED {
            fs::create_dir_all(library.path(swapped)).unwrap();
            let target = library.surroundings().join("outside").join(name);
            fs::create_dir_all(&target).unwrap();
            for number in 0..3 {
                fs::write(target.join(format!("{number}")), "a victim").unwrap();
            }
            symlink(target, Siege::link(&library, name)).unwrap();
        }
        let before = Siege::outside(&library);
        Siege { library, before }
    }

    fn link(library: &Library, name: &str) -> PathBuf {
        library.surroundings().join(format!("link-{name}"))
    }

    fn outside(library: &Library) -> Everything {
        everything(&library.surroundings().join("outside"), &[])
    }

    /// Does `work` under [`Siege::swap_during`], and makes sure that nothing outside changed.
    fn endure(&self, work: impl FnOnce()) {
        self.swap_during(work);
        let now = Siege::outside(&self.library);
        self.before.assert_same(&now, "what lies outside");
    }

    /// Does `work` while the directories are swapped for links and back as fast as can be; they are
    /// directories again in the end.
    fn swap_during(&self, work: impl FnOnce()) {
        let (done, swaps) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let ways = SWAPPED.map(|(swapped, name)| {
                    (self.library.path(swapped), Siege::link(&self.library, name))
                });
                while !done.load(Ordering::Relaxed) {
                    for (directory, link) in &ways {
                        swap(directory, link);
                        swap(directory, link);
                        swaps.fetch_add(2, Ordering::Relaxed);
                    }
                }
            });
            // The other thread must end where this one panics.
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            done.store(true, Ordering::Relaxed);
            worked.unwrap();
        });
        assert!(swaps.into_inner() > 100, "there was hardly a swap");
    }

    /// Every file in the trees, by its content.
    fn contents(&self) -> BTreeMap<String, usize> {
        let mut contents = BTreeMap::new();
        for tree in ["media", "duplicates", "archive"] {
            for entry in walkdir::WalkDir::new(self.library.path(tree)) {
                let entry = entry.unwrap();
                if entry.file_type().is_file() && entry.file_name() != ".mediastruct" {
                    let content = fs::read_to_string(entry.path()).unwrap();
                    *contents.entry(content).or_default() += 1;
                }
            }
        }
        contents
    }
}

fn swap(one: &Path, other: &Path) {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
}

#[test]
fn threat_swapped_link_no_rename_leaves_the_trees_in_twenty_thousand_tries() {
    const TRIES: usize = 20_000;
    let library = Library::new();
    for number in 0..3 {
        library.write(
            &format!("media/2024/sub/{number}"),
            &format!("mine {number}"),
        );
    }
    let siege = Siege::lay(library);
    let contents = siege.contents();
    let trees = Trees::open(&siege.library.layout()).unwrap();
    let (mut moved, mut refused) = (0, 0);
    siege.endure(|| {
        for number in 0..TRIES {
            let name = format!("sub/{}", number % 3);
            let source = format!("media/2024/{name}");
            let target = format!("duplicates/2024/{name}");
            let source = TreePath::from_text(&source).unwrap();
            let target = TreePath::from_text(&target).unwrap();
            trees.refresh();
            let renamed = match trees.look(&source) {
                Ok(Some(_)) => trees.rename(&source, &target),
                _ => trees.rename(&target, &source),
            };
            match renamed {
                Ok(()) => moved += 1,
                Err(_) => refused += 1,
            }
            // What reads and makes things is swapped under, too.
            let _ = trees.hash(&target);
            if let Ok(Some(node)) = trees.look(&TreePath::from_text("media/2024/sub").unwrap()) {
                let made = TreePath::from_text("duplicates/2024/sub/made").unwrap();
                let _ = trees.make_directory(&made, &node);
                let _ = trees.remove_directory(&made);
            }
        }
    });
    println!("{moved} moved, {refused} refused");
    assert!(moved > 100 && refused > 100, "{moved} {refused}");
    assert_eq!(siege.contents(), contents, "no file is lost");
}

/// Without this, the test above would prove nothing.
#[test]
fn threat_swapped_link_a_rename_of_paths_that_were_looked_at_does_leave_the_trees() {
    const TRIES: usize = 200_000;
    let library = Library::new();
    library.write("media/2024/sub/mine", "mine");
    let siege = Siege::lay(library);
    let directory = siege.library.path("media/2024/sub");
    let victim = siege.library.surroundings().join("outside/media");
    let mut escaped = false;
    siege.swap_during(|| {
        for _ in 0..TRIES {
            let is_directory = fs::symlink_metadata(&directory).is_ok_and(|found| found.is_dir());
            if is_directory && fs::rename(directory.join("0"), directory.join("moved")).is_ok() {
                escaped = !victim.join("0").exists();
                break;
            }
        }
    });
    assert!(escaped, "checking first and renaming then is safe here");
}

#[test]
fn threat_swapped_link_no_apply_or_undo_leaves_the_trees() {
    const ROUNDS: usize = 60;
    let library = Library::new();
    library.write("archive/01/keeper", "same");
    for number in 0..3 {
        library.write(&format!("media/2024/sub/{number}"), "same");
        library.write(&format!("media/2024/{number}"), "same");
    }
    library.succeed(&["crawl"]);
    library.succeed(&["plan", "dedupe", "-o", "plan.json"]);
    let siege = Siege::lay(library);
    let contents = siege.contents();
    let library = &siege.library;
    let mut ended = BTreeMap::new();
    siege.endure(|| {
        for _ in 0..ROUNDS {
            for command in [
                &["-q", "apply", "plan.json"][..],
                &["-q", "undo", "--yes"],
                &["recover"],
            ] {
                let said = library.run(command);
                *ended.entry((command[0].len(), said.code)).or_insert(0) += 1;
                assert!([0, 1, 3, 5].contains(&said.code), "{said:?}");
            }
        }
    });
    println!("{ended:?}");
    // Once nobody swaps any more, recover brings it to one of its ends.
    library.succeed(&["recover"]);
    assert_eq!(siege.contents(), contents, "no file is lost");
}

#[test]
fn threat_swapped_link_no_crawl_reads_outside() {
    const ROUNDS: usize = 30;
    let library = Library::new();
    library.write("archive/01/keeper", "same");
    library.write("media/2024/sub/mine", "mine");
    let siege = Siege::lay(library);
    let victim = blake3::hash(b"a victim").to_hex();
    siege.endure(|| {
        for _ in 0..ROUNDS {
            let said = siege.library.run(&["-q", "crawl", "--force"]);
            assert!([0, 1, 4].contains(&said.code), "{said:?}");
            let index = siege.library.path("data/media_index.json");
            if let Ok(index) = fs::read_to_string(index) {
                assert!(!index.contains(victim.as_str()), "{index}");
            }
        }
    });
    let said = siege.library.run(&["crawl"]);
    assert!([0, 4].contains(&said.code), "{said:?}");
}
