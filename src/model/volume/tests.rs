use super::*;
use crate::model::index::Stamp;

fn name(text: &str) -> VolumeName {
    text.to_owned().try_into().unwrap()
}

/// What is known after these events, one a second.
fn fold(events: &[VolumeEvent]) -> Result<Volumes, VolumeError> {
    let mut volumes = Volumes::default();
    for (event, second) in events.iter().zip(1..) {
        volumes.add(VolumeRecord {
            volume: name("07"),
            at: Time::new(second, 0).unwrap(),
            event: event.clone(),
        })?;
    }
    Ok(volumes)
}

fn number(copy: u32) -> NonZeroU32 {
    NonZeroU32::new(copy).unwrap()
}

fn burned(copy: u32) -> VolumeEvent {
    VolumeEvent::Burned {
        copy: number(copy),
        location: None,
        holds: None,
    }
}

fn verified(copy: u32) -> VolumeEvent {
    VolumeEvent::Verified {
        copy: number(copy),
        holds: None,
    }
}

#[test]
fn a_volume_goes_from_open_to_verified() {
    let events = [
        (VolumeEvent::Opened, VolumeState::Open),
        (VolumeEvent::Sealed, VolumeState::Unburned),
        (VolumeEvent::Imaged { holds: None }, VolumeState::Unburned),
        (burned(1), VolumeState::Burned),
        (verified(1), VolumeState::Verified),
        (burned(2), VolumeState::Verified),
        (VolumeEvent::Lost { copy: number(1) }, VolumeState::Burned),
        (VolumeEvent::Lost { copy: number(2) }, VolumeState::Lost),
        (burned(1), VolumeState::Burned),
    ];
    let all: Vec<_> = events.iter().map(|(event, _)| event.clone()).collect();
    for (count, (event, state)) in events.iter().enumerate() {
        let volumes = fold(&all[..=count]).unwrap();
        assert_eq!(volumes.get("07").unwrap().state(), *state, "{event:?}");
    }
}

#[test]
fn a_disc_that_takes_the_place_of_a_lost_one_is_not_verified() {
    let lost = [
        burned(1),
        verified(1),
        VolumeEvent::Lost { copy: number(1) },
    ];
    let volumes = fold(&lost).unwrap();
    assert!(!volumes.get("07").unwrap().is_held());
    let again = fold(&[&lost[..], &[burned(1)]].concat()).unwrap();
    assert!(again.get("07").unwrap().is_held());
    let disc = &again.get("07").unwrap().copies[&number(1)];
    assert_eq!(
        (disc.burned, disc.verified),
        (Time::new(4, 0).unwrap(), None)
    );
}

#[test]
fn what_was_burned_once_stays_so_even_if_its_discs_are_lost() {
    let volumes = fold(&[burned(1), VolumeEvent::Lost { copy: number(1) }]).unwrap();
    let path = |text| TreePath::from_text(text).unwrap();
    let around = |text| volumes.burned_around(&path(text)).cloned();
    assert_eq!(around("archive/07/2019/a.jpg"), Some(name("07")));
    assert_eq!(around("archive/7/2019/a.jpg"), None);
    assert_eq!(around("archive/08/a.jpg"), None);
    assert_eq!(around("media/07/a.jpg"), None);
}

#[test]
fn a_disc_that_was_never_burned_is_neither_verified_nor_lost() {
    for event in [verified(2), VolumeEvent::Lost { copy: number(2) }] {
        let error = fold(&[burned(1), event]).unwrap_err();
        assert_eq!(error, VolumeError::NeverBurned(name("07"), number(2)));
    }
}

#[test]
fn a_volume_is_named_by_digits() {
    for bad in ["", "a", "07/2019", "-1", "\u{0663}"] {
        assert!(VolumeName::try_from(bad.to_owned()).is_err(), "{bad}");
    }
    assert!(VolumeName::try_from("1".repeat(256)).is_err());
}

/// The file `07/a` with that content.
fn files(content: &str) -> Vec<Entry<'static>> {
    vec![Entry {
        path: RelPath::from_text("07/a".to_owned()).unwrap(),
        hash: Ok(Digest::of(content.as_bytes())),
        stamp: Stamp {
            size: content.len() as u64,
            ..Stamp::default()
        },
    }]
}

#[test]
fn only_what_was_told_of_a_disc_is_on_it() {
    let burn = |copy, content: Option<&str>| VolumeEvent::Burned {
        copy: number(copy),
        location: None,
        holds: content.and_then(|content| contents("07", &files(content))),
    };
    let read = |copy, content: Option<&str>| VolumeEvent::Verified {
        copy: number(copy),
        holds: content.and_then(|content| contents("07", &files(content))),
    };
    let lost = |copy| VolumeEvent::Lost { copy: number(copy) };
    let (old, new) = (Some("old"), Some("new"));
    let (burned, verified) = (Some(Witness::Burned), Some(Witness::Verified));
    for (events, of_old, of_new) in [
        (vec![burn(1, None)], None, None),
        (vec![burn(1, None), read(1, None)], None, None),
        (vec![burn(1, old)], burned, None),
        (vec![burn(1, old), read(1, None)], burned, None),
        (vec![burn(1, old), read(1, old)], verified, None),
        (
            vec![burn(1, old), read(1, old), read(1, None)],
            verified,
            None,
        ),
        (vec![burn(1, old), read(1, new)], None, verified),
        (
            vec![burn(1, old), read(1, old), burn(2, new)],
            verified,
            burned,
        ),
        (vec![burn(1, old), read(1, old), burn(1, new)], None, burned),
        (
            vec![burn(1, old), burn(2, old), read(2, old)],
            verified,
            None,
        ),
        (
            vec![burn(1, old), burn(2, old), read(2, old), lost(2)],
            burned,
            None,
        ),
        (vec![burn(1, old), lost(1)], None, None),
    ] {
        let volumes = fold(&events).unwrap();
        let found = [old, new].map(|content| volumes.witness("07", &files(content.unwrap())));
        assert_eq!(found, [of_old, of_new], "{events:?}");
        assert_eq!(volumes.witness("08", &files("old")), None);
    }
}
