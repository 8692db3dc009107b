use super::texts::{Held, Sealing};
use super::*;
use crate::model::digest::Digest;
use crate::model::index::{Entry, Index, Stamp, Unit, Unread};
use crate::model::medium::{Medium, Pack};
use crate::model::plan::{Filled, Role, Write};
use crate::model::plan_file;
use crate::model::sha256::Sha256;
use crate::model::time::Time;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A file of an index: its path, its size, and a number that stands for its content.
type File = (String, u64, u8);

fn index(tree: Tree, files: &[File]) -> Index<'static> {
    let mut index = Index::empty(tree);
    index.indexed = Some(Time::default());
    let files: BTreeMap<_, _> = files.iter().map(|file| (&file.0, file)).collect();
    index.entries = files
        .into_values()
        .map(|(path, size, content)| Entry {
            path: RelPath::from_text(path.clone()).unwrap(),
            hash: match content {
                0 => Err(Box::new(Unread {
                    why: "it rotted".to_owned(),
                    was: None,
                })),
                content => Ok(Digest::of(format!("{content} {size}").as_bytes())),
            },
            stamp: Stamp {
                size: *size,
                modified: Time::new(1_550_000_000, 0).unwrap(),
                ..Stamp::default()
            },
        })
        .collect();
    index.entries.sort_by(|a, b| a.path.cmp(&b.path));
    let names = index.entries.iter();
    let names: BTreeSet<_> = names
        .map(|e| String::from_utf8(e.path.first().to_vec()).unwrap())
        .collect();
    index.units = names
        .iter()
        .map(|name| Unit::of(name, None, index.entries_of(name)))
        .collect();
    index
}

fn state(archive: &[File], media: &[File]) -> State<'static> {
    let mut state = State::unknown(Time::default());
    state.archive = index(Tree::Archive, archive);
    state.media = index(Tree::Media, media);
    state.settings.medium = Some(Medium::Sectors(1500));
    state.settings.through = Some(2019);
    let volumes = state.archive.units.iter().map(|unit| unit.unit.clone());
    state.shelf.volumes = volumes.collect();
    let marked = state.shelf.volumes.iter().map(|name| (name.clone(), None));
    state.shelf.marked = marked.collect();
    state
}

/// Paths as collections have them: names of ingest, date directories, bundles and odd names.
fn files() -> impl Strategy<Value = Vec<File>> {
    let path = "(2018|2019|2020)/((0[1-9]|1[0-2])/|2019-03-1[0-9]/|odd [a-c]/)?\
                (20190[1-3]1[0-9]_120000_[0-9a-f]{16}|IMG_[1-9]|[a-dé?:\\\\]{1,3})\
                \\.(jpg|cr2|xmp|mov)";
    prop::collection::vec((path, 0..400_000_u64, 0..40_u8), 0..60)
}

proptest! {
    #[test]
    fn law_9_every_file_is_accounted_for_and_every_volume_fits(
        media in files(),
        archived in files(),
        compact: bool,
        seal: bool,
    ) {
        let archived: Vec<_> = archived.into_iter().take(8).map(|(path, size, content)| {
            (format!("03/{path}"), size, content.max(1))
        }).collect();
        let mut state = state(&archived, &media);
        state.settings.pack = compact.then_some(Pack::Compact);
        state.settings.seal = seal.then_some(true);
        let plan = plan(&state).unwrap();
        prop_assert_eq!(plan_file::text(&plan), plan_file::text(&super::plan(&state).unwrap()));
        let summary = plan.summary.clone().unwrap();
        prop_assert_eq!(summary.seen as usize, state.media.entries.len());
        prop_assert_eq!(summary.seen, summary.moves + summary.kept + summary.skipped);
        let remain: u64 = plan.remains.iter().map(|remain| remain.files).sum();
        prop_assert_eq!(remain, summary.kept + summary.skipped);
        for volume in &plan.volumes {
            // One that a person filled too full is sealed as it is, and told.
            let fits = volume.used_sectors <= volume.capacity_sectors;
            prop_assert!(fits || volume.files == 0 && !plan.warnings.is_empty());
        }
        let states: Vec<_> = plan.volumes.iter().map(|volume| volume.state).collect();
        let open = states.iter().filter(|state| **state == Filled::Open).count();
        prop_assert!(open <= usize::from(!seal), "{:?}", states);
        let mut bundles: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for operation in &plan.moves {
            prop_assert!(operation.from.rel.first() <= &b"2019"[..]);
            prop_assert!(operation.to.rel.as_bytes().ends_with(operation.from.rel.as_bytes()));
            if let Some(main) = &operation.bundle {
                let volume = operation.to.unit().into_owned();
                bundles.entry(main.clone()).or_default().insert(volume);
            }
        }
        prop_assert!(bundles.values().all(|volumes| volumes.len() == 1));
    }

    #[test]
    fn what_seals_a_volume_is_no_longer_than_its_plan_allows(media in files()) {
        let media: Vec<_> = media.into_iter().map(|(p, size, c)| (p, size / 8, c.max(1))).collect();
        let mut state = state(&[], &media);
        state.settings.seal = Some(true);
        let plan = plan(&state).unwrap();
        let Some(sealing) = Sealing::of(&plan, &state.archive) else {
            prop_assert!(plan.moves.is_empty());
            return Ok(());
        };
        prop_assert!(sealing.too_long().is_empty());
        let held = sealing.files().unwrap();
        let sources: BTreeSet<_> = held.iter().map(|file| file.source.clone().into_owned()).collect();
        let moving: BTreeSet<_> = plan.moves.iter().map(|m| m.from.clone()).collect();
        prop_assert_eq!(sources, moving, "all of it comes from media");
        let sums: Vec<_> = held.iter().map(sum).collect();
        let texts = sealing.texts(&held, &sums, Time::default());
        for (write, text) in plan.writes.iter().zip(&texts) {
            prop_assert!(text.len() as u64 <= write.max_bytes, "{:?}", write.role);
        }
        for (number, manifest) in all_of(&plan.writes, Role::Manifest) {
            let lines = texts[number].iter().filter(|byte| **byte == b'\n').count();
            let volume = manifest.to.unit();
            let coming = plan.moves.iter().filter(|m| m.to.unit() == volume).count();
            let ours = plan.writes.iter().filter(|w| w.to.unit() == volume).count();
            // Neither the mark nor the manifest itself is in it.
            prop_assert_eq!(lines, coming + ours - 2);
        }
    }
}

fn sum(file: &Held<'_>) -> Sha256 {
    Sha256::of(&file.hash.0)
}

fn all_of(writes: &[Write], role: Role) -> impl Iterator<Item = (usize, &Write)> {
    let writes = writes.iter().enumerate();
    writes.filter(move |(_, write)| write.role == role)
}

fn file(path: &str, size: u64, content: u8) -> File {
    (path.to_owned(), size, content)
}

#[test]
fn a_volume_that_is_full_without_the_catalogue_goes_without_it_and_says_so() {
    let mut state = state(&[file("07/2018/a.jpg", 1_700_000, 1)], &[]);
    let name = VolumeName::try_from("07".to_owned()).unwrap();
    let roles = |state: &State<'_>| -> Vec<Role> {
        let plan = seal(state, &name).unwrap();
        plan.writes.iter().map(|write| write.role).collect()
    };
    assert!(roles(&state).contains(&Role::Catalogue));
    let needed = seal(&state, &name).unwrap().volumes[0].used_sectors;
    state.settings.medium = Some(Medium::Sectors(needed - 1));
    assert!(!roles(&state).contains(&Role::Catalogue));
    let plan = seal(&state, &name).unwrap();
    assert!(plan.warnings[0].contains("the catalogue of the whole archive is left out"));
    let sealing = Sealing::of(&plan, &state.archive).unwrap();
    let held = sealing.files().unwrap();
    let texts = sealing.texts(&held, &[Sha256::of(b"")], Time::default());
    let (readme, _) = all_of(&plan.writes, Role::Readme).next().unwrap();
    let readme = String::from_utf8_lossy(&texts[readme]);
    assert!(!readme.contains("archive_index.json.gz"), "{readme}");
}

#[test]
fn a_sealed_volume_is_sealed_already_and_one_that_cannot_be_says_why() {
    let name = |name: &str| VolumeName::try_from(name.to_owned()).unwrap();
    let sealed = state(
        &[
            file("07/2018/a.jpg", 10, 1),
            file("07/MANIFEST.sha256", 10, 2),
        ],
        &[],
    );
    assert!(!seal(&sealed, &name("07")).unwrap().has_operations());
    let error = seal(&sealed, &name("08")).unwrap_err();
    assert_eq!(error, ArchiveError::Unknown(name("08")));
    let unread = state(&[file("07/2018/a.jpg", 10, 0)], &[]);
    let error = seal(&unread, &name("07")).unwrap_err().to_string();
    assert!(
        error.contains("archive/07/2018/a.jpg could not be read"),
        "{error}"
    );
    let taken = state(&[file("07/index.html", 10, 1)], &[]);
    let error = seal(&taken, &name("07")).unwrap_err().to_string();
    assert!(
        error.contains("archive/07/index.html is there already"),
        "{error}"
    );
}
