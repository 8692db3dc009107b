use super::*;
use crate::model::contents::contents;
use crate::model::index::{Unit, UnitState};
use crate::model::report::Remains;
use crate::model::volume::{VolumeEvent, VolumeName, VolumeRecord};
use std::num::NonZeroU32;

fn path(text: &str) -> TreePath<'static> {
    TreePath::from_text(text).unwrap().into_owned()
}

/// A state whose volume 07 is offline, and the index says that it holds the content AA.
fn offline(media: &[File<'_>], events: &[VolumeEvent]) -> State<'static> {
    let mut state = state(&[("07/2019/a.jpg", "AA", Some(7))], media);
    let unit = Unit::of("07", None, &state.archive.entries);
    state.archive.units = vec![Unit {
        state: UnitState::Offline,
        ..unit
    }];
    for event in events {
        let record = VolumeRecord {
            volume: "07".to_owned().try_into().unwrap(),
            at: Time::default(),
            event: event.clone(),
        };
        state.volumes.add(record).unwrap();
    }
    state
}

/// A disc was burned that holds that content.
fn burned(content: &str) -> VolumeEvent {
    let entries = index(Tree::Archive, &[("07/2019/a.jpg", content, None)]).entries;
    VolumeEvent::Burned {
        copy: NonZeroU32::MIN,
        location: None,
        holds: contents("07", &entries),
    }
}

const LOST: VolumeEvent = VolumeEvent::Lost {
    copy: NonZeroU32::MIN,
};

#[test]
fn a_copy_on_a_disc_is_a_keeper() {
    // The inode of the file on the disc was given to another one since.
    let media = [("2024/a.jpg", "AA", Some(7)), ("2024/b.jpg", "AA", None)];
    let mut state = offline(&media, &[burned("AA")]);
    state.media.entries[0].stamp.device = state.archive.entries[0].stamp.device;
    let plan = plan(&state).unwrap();
    assert_eq!((plan.moves.len(), plan.skipped.len()), (2, 0));
    assert_eq!(plan.needs.len(), 1);
    assert_eq!(plan.needs[0].path.to_string(), "archive/07/2019/a.jpg");
    let volume = plan.needs[0].offline.as_ref().map(VolumeName::as_str);
    assert_eq!(volume, Some("07"));

    let told = explain(&state, &plan.moves[0].from).unwrap().unwrap();
    assert_eq!(told.copies[0].1, "stays, on a disc of the archive");
    assert!(told.names.is_empty());
}

#[test]
fn a_copy_on_the_disk_is_rather_kept_than_one_on_a_disc() {
    let media = [("2024/a.jpg", "AA", None)];
    let mut state = offline(&media, &[burned("AA")]);
    let others = [("08/a.jpg", "AA", None), ("09/a.jpg", "AA", None)];
    let others = index(Tree::Archive, &others).entries;
    state.archive.entries.extend(others);
    let plan = plan(&state).unwrap();
    let of = "archive/08/a.jpg";
    let expected = moved("media/2024/a.jpg", "duplicates/2024/a.jpg", of);
    assert_eq!(moves(&plan), [expected]);
    assert_eq!((plan.needs.len(), &plan.needs[0].offline), (1, &None));
    let why: Vec<_> = plan.remains.iter().map(|r| (r.why, r.files)).collect();
    assert_eq!(why, [(Remains::Keeper, 1), (Remains::ArchiveCopy, 2)]);
}

#[test]
fn a_copy_on_a_lost_disc_or_on_one_that_never_held_it_is_none() {
    let media = [("2024/a.jpg", "AA", None), ("2024/b.jpg", "AA", None)];
    for events in [&[burned("AA"), LOST][..], &[burned("BB")], &[]] {
        let state = offline(&media, events);
        let plan = plan(&state).unwrap();
        let stays = "media/2024/a.jpg";
        let expected = moved("media/2024/b.jpg", "duplicates/2024/b.jpg", stays);
        assert_eq!(moves(&plan), [expected]);
        assert_eq!(plan.needs[0].offline, None);
        let told = explain(&state, &path("archive/07/2019/a.jpg"))
            .unwrap()
            .unwrap();
        assert_eq!(told.verdict, "is nowhere: the discs of its volume are lost");
        let why: Vec<_> = plan.remains.iter().map(|r| (r.why, r.files)).collect();
        assert_eq!(why, [(Remains::Keeper, 1), (Remains::Lost, 1)]);
    }
}
