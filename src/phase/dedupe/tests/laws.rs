//! What holds of every plan, and a slow and simple planner to compare with.

use super::*;
use crate::model::bundle::bundles_of_directories;
use crate::model::contents::contents;
use crate::model::index::{Unit, UnitState};
use crate::model::keep::Keep;
use crate::model::plan::Settings;
use crate::model::report::Account;
use crate::model::volume::{VolumeEvent, VolumeRecord};
use std::cmp::Reverse;
use std::num::NonZeroU32;

/// A file of a random index.
#[derive(Clone, Debug)]
struct Sown {
    content: &'static str,
    /// Files of one content and one number that is not 0 are one file.
    link: u64,
    seconds: i64,
    is_unread: bool,
}

fn sown(units: &'static str) -> impl Strategy<Value = BTreeMap<String, Sown>> {
    let path = format!("{units}/(x/)?(IMG_E?1|a|b)\\.(CR2|JPG|MOV|xmp|JPG\\.xmp)");
    let content = prop::sample::select(vec!["", "1", "22", "333", "4444", "55555", "666666"]);
    let file = (content, 0..4_u64, 0..3_i64, 0..20);
    let file = file.prop_map(|(content, link, seconds, unread)| Sown {
        content,
        link: link.saturating_sub(1),
        seconds,
        is_unread: unread == 0,
    });
    let path = proptest::string::string_regex(&path).unwrap();
    prop::collection::btree_map(path, file, 0..40)
}

fn settings() -> impl Strategy<Value = Settings> {
    let dirs = || {
        let dir = prop::sample::select(vec!["media/2018", "media/2019", "media/2019/x", "media/2"]);
        let dir = dir.prop_map(|dir| TreePath::from_text(dir).unwrap().into_owned());
        prop::collection::vec(dir, 0..3)
    };
    let keep = prop::option::of(prop::sample::select(Keep::ALL.to_vec()));
    let bundles = prop::option::of(any::<bool>());
    let min_size = prop::option::of(0..5_u64);
    (keep, dirs(), dirs(), bundles, min_size).prop_map(|(keep, prefer, only, bundles, min_size)| {
        Settings {
            keep,
            prefer,
            only,
            bundles,
            min_size,
            ..Settings::default()
        }
    })
}

fn state_with(
    archive: &BTreeMap<String, Sown>,
    media: &BTreeMap<String, Sown>,
    settings: &Settings,
) -> State<'static> {
    let mut alone = 1000;
    let mut index_of = |tree, files: &BTreeMap<String, Sown>| {
        let mut index = Index::empty(tree);
        index.indexed = Some(Time::default());
        for (path, file) in files {
            alone += 1;
            let linked = file.content.len() as u64 * 10 + file.link;
            let unread = Unread {
                why: "unreadable".into(),
                was: None,
            };
            index.entries.push(Entry {
                path: RelPath::from_text(path.clone()).unwrap(),
                hash: match file.is_unread {
                    true => Err(Box::new(unread)),
                    false => Ok(Digest::of(file.content.as_bytes())),
                },
                stamp: Stamp {
                    size: file.content.len() as u64,
                    modified: Time::new(file.seconds, 0).unwrap(),
                    inode: if file.link == 0 { alone } else { linked },
                    ..Stamp::default()
                },
            });
        }
        index.entries.sort_by(|a, b| a.path.cmp(&b.path));
        index
    };
    let mut state = State::unknown(Time::default());
    state.archive = index_of(Tree::Archive, archive);
    state.media = index_of(Tree::Media, media);
    state.settings = settings.clone();
    state
}

/// Takes volume 01 from the disk; a disc holds it, where nothing in it is unread.
fn take_offline(state: &mut State<'_>) {
    let entries = state.archive.entries_of("01");
    let holds = contents("01", entries);
    let unit = Unit::of("01", None, entries);
    state.archive.units = vec![Unit {
        state: UnitState::Offline,
        ..unit
    }];
    let record = VolumeRecord {
        volume: "01".to_owned().try_into().unwrap(),
        at: Time::default(),
        event: VolumeEvent::Burned {
            copy: NonZeroU32::MIN,
            location: None,
            holds,
        },
    };
    state.volumes.add(record).unwrap();
}

/// The state after the moves of a plan.
fn after<'s>(state: &State<'s>, plan: &Plan) -> State<'s> {
    let mut state = state.clone();
    let moved: HashSet<_> = plan.moves.iter().map(|m| m.from.rel.clone()).collect();
    state.media.entries.retain(|e| !moved.contains(&e.path));
    state
}

/// Sources and keepers, as a plan has them.
fn pairs(plan: &Plan) -> Vec<(String, String)> {
    let pairs = plan.moves.iter();
    pairs
        .map(|m| (m.from.to_string(), m.why.keeper().unwrap().to_string()))
        .collect()
}

/// The same decisions, taken by looking at every file for each file.
fn naive(state: &State<'_>) -> Vec<(String, String)> {
    let Settings {
        keep, prefer, only, ..
    } = &state.settings;
    let media = &state.media.entries;
    // What is on the disk stands before what is on discs, and what is on lost discs is nowhere.
    let offline = state.offline();
    let witness = |e: &Entry<'_>| offline.get(std::str::from_utf8(e.path.first()).unwrap());
    let is_there = |e: &&Entry<'_>| witness(e) != Some(&None);
    let mut archive: Vec<_> = state.archive.entries.iter().filter(is_there).collect();
    archive.sort_by_key(|e| (witness(e).is_some(), e.path.clone()));
    let is_beneath = |file: usize, dir: &TreePath<'_>| {
        let path = media[file].path.to_string() + "/";
        path.starts_with(&(dir.rel.to_string() + "/"))
    };

    // What moves together.
    let paths: Vec<_> = media.iter().map(|e| &e.path).collect();
    let bundles = match state.settings.bundles {
        Some(false) => Vec::new(),
        _ => bundles_of_directories(&paths).bundles,
    };
    let mut sets: Vec<Vec<usize>> = (0..media.len()).map(|file| vec![file]).collect();
    let mut main: Vec<usize> = (0..media.len()).collect();
    let join = |sets: &mut Vec<Vec<usize>>, one: usize, other: usize| {
        let at = |sets: &[Vec<usize>], file| sets.iter().position(|s| s.contains(&file)).unwrap();
        if at(sets, one) != at(sets, other) {
            let taken = sets.remove(at(sets, other));
            let into = at(sets, one);
            sets[into].extend(taken);
        }
    };
    for bundle in &bundles {
        for member in &bundle.members {
            main[*member] = bundle.main();
            join(&mut sets, bundle.main(), *member);
        }
    }
    let is_same = |a: &Entry<'_>, b: &Entry<'_>| {
        a.digest().is_some() && a.digest() == b.digest() && a.stamp.size > 0
    };
    for one in 0..media.len() {
        for other in 0..media.len() {
            let (a, b) = (&media[one], &media[other]);
            if is_same(a, b) && a.stamp.same_file_as(&b.stamp) {
                join(&mut sets, one, other);
            }
        }
    }

    // Which is kept rather.
    let rank = |file: usize| {
        let preferred = prefer.iter().position(|dir| is_beneath(file, dir));
        let entry = &media[file];
        let (time, length) = (entry.stamp.modified, entry.path.as_bytes().len());
        let by_rule = match keep.unwrap_or_default() {
            Keep::First => (None, None, None, None),
            Keep::Oldest => (Some(time), None, None, None),
            Keep::Newest => (None, Some(Reverse(time)), None, None),
            Keep::ShortestPath => (None, None, Some(length), None),
            Keep::LongestPath => (None, None, None, Some(Reverse(length))),
        };
        (preferred.unwrap_or(usize::MAX), by_rule, entry.path.clone())
    };
    sets.sort_by_key(|set| Reverse(set.iter().map(|file| rank(main[*file])).min()));

    // What goes.
    let mut stays = vec![true; media.len()];
    for set in &sets {
        let can_go = set.iter().all(|file| {
            let entry = &media[*file];
            let is_linked = archive
                .iter()
                .filter(|a| witness(a).is_none())
                .any(|a| is_same(a, entry) && a.stamp.same_file_as(&entry.stamp));
            let in_archive = archive.iter().any(|a| is_same(a, entry));
            let mut others = (0..media.len()).filter(|o| stays[*o] && !set.contains(o));
            !is_linked && (in_archive || others.any(|o| is_same(&media[o], entry)))
        });
        if can_go {
            set.iter().for_each(|file| stays[*file] = false);
        }
    }
    let mut pairs = Vec::new();
    for set in &sets {
        let is_in = set
            .iter()
            .all(|file| only.is_empty() || only.iter().any(|dir| is_beneath(*file, dir)));
        let min_size = state.settings.min_size.unwrap_or(0);
        let is_large = set.iter().any(|file| media[*file].stamp.size >= min_size);
        for file in set {
            if stays[*file] || !is_in || !is_large {
                continue;
            }
            let in_archive = archive.iter().find(|a| is_same(a, &media[*file]));
            let staying = (0..media.len()).filter(|o| stays[*o]);
            let in_media = staying.filter(|o| is_same(&media[*o], &media[*file]));
            let keeper = match in_archive {
                Some(entry) => format!("archive/{}", entry.path),
                None => format!(
                    "media/{}",
                    media[in_media.min_by_key(|o| rank(*o)).unwrap()].path
                ),
            };
            pairs.push((format!("media/{}", media[*file].path), keeper));
        }
    }
    pairs.sort();
    pairs
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_plan_is_what_looking_at_every_file_for_each_file_gives(
        archive in sown("0[1-3]"),
        media in sown("20(18|19|20)"),
        settings in settings(),
        is_offline: bool,
    ) {
        let mut state = state_with(&archive, &media, &settings);
        if is_offline {
            take_offline(&mut state);
        }
        prop_assert_eq!(pairs(&plan(&state).unwrap()), naive(&state));
    }

    #[test]
    fn law_1_every_content_stays_somewhere_and_no_keeper_moves(
        archive in sown("0[1-2]"),
        media in sown("20(18|19|20)"),
        settings in settings(),
    ) {
        let state = state_with(&archive, &media, &settings);
        let plan = plan(&state).unwrap();
        let left = after(&state, &plan);
        let stays = left.archive.entries.iter().chain(&left.media.entries);
        let stays: HashSet<_> = stays.filter_map(Entry::digest).collect();
        for entry in &state.media.entries {
            if let Some(digest) = entry.digest() {
                prop_assert!(stays.contains(&digest), "{} is lost", entry.path);
            }
        }
        for operation in &plan.moves {
            let keeper = operation.why.keeper().unwrap();
            let kept = left.index_of(keeper.tree).get(&keeper.rel).unwrap();
            let moved = state.media.get(&operation.from.rel).unwrap();
            prop_assert_eq!(kept.digest(), Some(operation.hash));
            prop_assert!(!kept.stamp.same_file_as(&moved.stamp), "{}", operation.from);
        }
    }

    #[test]
    fn bundles_and_links_are_never_torn(
        archive in sown("0[1-2]"),
        media in sown("20(18|19|20)"),
        settings in settings(),
    ) {
        let settings = Settings { bundles: None, ..settings };
        let state = state_with(&archive, &media, &settings);
        let plan = plan(&state).unwrap();
        let moves: BTreeMap<_, _> = plan.moves.iter().map(|m| (&m.from.rel, m)).collect();
        let entries = &state.media.entries;
        let paths: Vec<_> = entries.iter().map(|e| &e.path).collect();
        let mut bundled = 0;
        for bundle in bundles_of_directories(&paths).bundles {
            let main = TreePath::new(Tree::Media, paths[bundle.main()].clone());
            let moving = bundle.members.iter().filter_map(|m| moves.get(paths[*m]));
            let moving: Vec<_> = moving.collect();
            prop_assert!(moving.is_empty() || moving.len() == bundle.members.len());
            prop_assert!(moving.iter().all(|m| m.bundle.as_ref() == Some(&main)));
            bundled += moving.len();
        }
        prop_assert_eq!(plan.moves.iter().filter(|m| m.bundle.is_some()).count(), bundled);
        for one in entries.iter().filter(|e| moves.contains_key(&e.path)) {
            let all = entries.iter().chain(&state.archive.entries);
            let names = all.filter(|e| e.stamp.same_file_as(&one.stamp) && e.hash.is_ok());
            for name in names {
                prop_assert!(moves.contains_key(&name.path), "{} and {}", one.path, name.path);
            }
        }
    }

    #[test]
    fn a_second_plan_finds_nothing_and_parts_add_up_to_the_whole(
        archive in sown("0[1-2]"),
        media in sown("20(18|19|20)"),
        settings in settings(),
    ) {
        let state = state_with(&archive, &media, &settings);
        let part = plan(&state).unwrap();
        let left = after(&state, &part);
        prop_assert!(plan(&left).unwrap().moves.is_empty());

        let everything = |state: &State<'_>| {
            let mut state = state.clone();
            state.settings.only.clear();
            state.settings.min_size = None;
            pairs(&plan(&state).unwrap())
        };
        let mut both = [pairs(&part), everything(&left)].concat();
        both.sort();
        prop_assert_eq!(both, everything(&state));
    }

    #[test]
    fn law_9_whatever_stays_beside_its_keeper_is_named_or_left_aside(
        archive in sown("0[1-2]"),
        media in sown("20(18|19|20)"),
        settings in settings(),
    ) {
        let settings = Settings { only: Vec::new(), min_size: None, ..settings };
        let state = state_with(&archive, &media, &settings);
        let plan = plan(&state).unwrap();
        let skipped: HashSet<_> = plan.skipped.iter().map(|s| s.path.to_string()).collect();
        prop_assert_eq!(skipped.len(), plan.skipped.len());
        let left = after(&state, &plan);
        let mut unnamed = HashSet::new();
        for entry in left.media.entries.iter().filter(|e| e.stamp.size > 0) {
            let path = format!("media/{}", entry.path);
            let is_named = skipped.contains(&path);
            match entry.digest() {
                None => prop_assert!(is_named, "{}", path),
                Some(digest) if !is_named => {
                    let mut archived = left.archive.entries.iter();
                    prop_assert!(archived.all(|e| e.digest() != Some(digest)), "{}", path);
                    prop_assert!(unnamed.insert(digest), "{}", path);
                }
                Some(_) => {}
            }
        }
    }

    #[test]
    fn law_7_bundles_links_and_rules_depend_on_no_thread(
        archive in sown("0[1-2]"),
        media in sown("20(18|19|20)"),
        settings in settings(),
    ) {
        let state = state_with(&archive, &media, &settings);
        let text = text_of(&state);
        for threads in [1, 4] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert!(pool.install(|| text_of(&state)) == text);
        }
        let read = plan_file::parse(text.clone()).unwrap().check().unwrap();
        prop_assert!(read.remarks().is_empty());
        prop_assert!(plan_file::text(&read) == text);
    }

    #[test]
    fn law_9_units_reasons_and_directories_add_up(
        archive in sown("0[1-2]"),
        media in sown("20(18|19|20)"),
        settings in settings(),
    ) {
        let state = state_with(&archive, &media, &settings);
        let plan = plan(&state).unwrap();
        let summary = plan.summary.as_ref().unwrap();
        let entries = |tree| state.index_of(tree).entries.iter();
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        for tree in Tree::INDEXED {
            for entry in entries(tree) {
                let unit = std::str::from_utf8(entry.path.first()).unwrap();
                *seen.entry(format!("{tree}/{unit}")).or_default() += 1;
            }
        }
        let told: BTreeMap<_, _> = plan.accounts.iter().map(|a| (a.unit.to_string(), a.seen)).collect();
        prop_assert_eq!(told, seen);
        for account in &plan.accounts {
            prop_assert_eq!(account.seen, account.moves + account.kept + account.skipped);
        }
        let sum = |of: fn(&Account) -> u64| plan.accounts.iter().map(of).sum::<u64>();
        prop_assert_eq!(sum(|a| a.seen), summary.seen);
        prop_assert_eq!(sum(|a| a.moves), summary.moves);
        prop_assert_eq!(sum(|a| a.bytes), summary.bytes);
        prop_assert_eq!(sum(|a| a.kept), summary.kept);
        prop_assert_eq!(sum(|a| a.skipped), summary.skipped);

        let files: u64 = plan.remains.iter().map(|r| r.files).sum();
        let bytes: u64 = plan.remains.iter().map(|r| r.bytes).sum();
        let all: u64 = entries(Tree::Archive).chain(entries(Tree::Media)).map(|e| e.stamp.size).sum();
        prop_assert_eq!(files, summary.kept + summary.skipped);
        prop_assert_eq!(bytes + summary.bytes, all);

        // A directory goes where no file in it stays, and is named unless one around it is.
        let left = after(&state, &plan);
        let ancestors = entries(Tree::Media).flat_map(|e| e.path.ancestors());
        let mut whole: Vec<_> = ancestors
            .filter(|dir| left.media.entries.iter().all(|e| !e.path.starts_with(dir)))
            .map(|dir| dir.into_owned())
            .collect();
        whole.sort();
        whole.dedup();
        let highest = whole.iter().filter(|dir| dir.ancestors().all(|outer| !whole.contains(&outer)));
        let expected: Vec<_> = highest
            .map(|dir| {
                let beneath = entries(Tree::Media).filter(|e| e.path.starts_with(dir));
                let sizes: Vec<_> = beneath.map(|e| e.stamp.size).collect();
                (format!("media/{dir}"), sizes.len() as u64, sizes.iter().sum::<u64>())
            })
            .collect();
        let told: Vec<_> = plan.directories.iter().map(|d| (d.dir.to_string(), d.files, d.bytes)).collect();
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn what_is_said_of_a_file_is_what_becomes_of_it(
        archive in sown("0[1-2]"),
        media in sown("20(18|19|20)"),
        settings in settings(),
        which: prop::sample::Index,
    ) {
        let state = state_with(&archive, &media, &settings);
        let all = [&state.archive, &state.media];
        let all = all.iter().flat_map(|i| i.entries.iter().map(|e| (i.tree, e)));
        let all: Vec<_> = all.collect();
        prop_assume!(!all.is_empty());
        let (tree, entry) = all[which.index(all.len())];
        let path = TreePath::new(tree, entry.path.clone());
        let told = explain(&state, &path).unwrap().unwrap();

        let plan = plan(&state).unwrap();
        let operation = plan.moves.iter().find(|m| m.from == path);
        prop_assert_eq!(told.verdict.starts_with("moves to "), operation.is_some());
        if let Some(operation) = operation {
            let main = operation.bundle.as_ref();
            prop_assert!(main.is_none_or(|main| told.bundle[0] == *main));
        }
        if let Some(skip) = plan.skipped.iter().find(|s| s.path == path) {
            prop_assert!(told.verdict.ends_with(&skip.why), "{}", told.verdict);
        }
        let is_copy = |e: &Entry<'_>| e.digest().is_some() && e.digest() == entry.digest();
        let is_other = |(t, e): &&(Tree, &Entry<'_>)| (*t, &e.path) != (tree, &entry.path);
        let copies = all.iter().filter(is_other).filter(|(_, e)| e.stamp.size > 0 && is_copy(e));
        prop_assert_eq!(told.copies.len(), copies.count());
        for (copy, becomes) in &told.copies {
            let moves = plan.moves.iter().any(|m| m.from == *copy);
            prop_assert_eq!(*becomes == "moves", moves);
        }
    }
}
