use super::*;
use crate::model::index::{Stamp, Unread};
use crate::model::time::Time;

fn path(text: &str) -> RelPath<'static> {
    RelPath::from_text(text.to_owned()).unwrap()
}

fn entry(at: &str, content: &str) -> Entry<'static> {
    Entry {
        path: path(at),
        hash: Ok(Digest::of(content.as_bytes())),
        stamp: Stamp {
            size: content.len() as u64,
            modified: Time::new(7, 0).unwrap(),
            ..Stamp::default()
        },
    }
}

/// A disc with these files.
fn disc(files: &[(&str, &str)]) -> (DiscListing, Vec<DiscReading>) {
    let file = |(at, content): &(&str, &str)| DiscFile {
        path: path(at),
        size: content.len() as u64,
        modified: Time::new(7, 0),
    };
    let listing = DiscListing {
        files: files.iter().map(file).collect(),
        ..DiscListing::default()
    };
    let read = |(_, content): &(&str, &str)| Ok(Digest::of(content.as_bytes()));
    (listing, files.iter().map(read).collect())
}

fn told(entries: &[Entry<'_>], disc: &(DiscListing, Vec<DiscReading>)) -> Vec<String> {
    let mark = |path: &RelPath<'_>| path.as_bytes() == b".unburned";
    let compared = compare("07", entries, &disc.0, &disc.1, &mark);
    let is_whole = compared.holds.is_some();
    assert_eq!(is_whole, compared.troubles.is_empty());
    compared.troubles.iter().map(Trouble::to_string).collect()
}

#[test]
fn a_disc_is_whole_where_every_file_is_and_no_other() {
    let entries = [entry("07/a", "one"), entry("07/d/b", "two")];
    let whole = disc(&[("a", "one"), ("d/b", "two"), (".unburned", "")]);
    assert_eq!(told(&entries, &whole), [""; 0]);
    let holds = compare("07", &entries, &whole.0, &whole.1, &|p| {
        p.as_bytes() == b".unburned"
    });
    assert_eq!(holds.holds, contents("07", &entries));
    assert_eq!(holds.whole.files, 2);
}

#[test]
fn what_is_damaged_missing_extra_or_unreadable_is_named() {
    let entries = [
        entry("07/a", "one"),
        entry("07/b", "two"),
        entry("07/c", "three"),
        entry("07/d", "four"),
    ];
    let (mut listing, mut readings) = disc(&[
        ("a", "oNe"),
        ("b", "twos"),
        ("d", "four"),
        ("d/.unburned", ""),
        ("d", "four"),
    ]);
    readings[2] = Err("input/output error".to_owned());
    listing.special.push((path("l"), "a symbolic link"));
    listing
        .unreadable
        .push((path("x"), "permission denied".to_owned()));
    assert_eq!(
        told(&entries, &(listing, readings)),
        [
            "a is damaged: its bytes are not those that were indexed",
            "b is damaged: it has 4 bytes, and not 3",
            "c is missing",
            "d cannot be read: input/output error",
            "d is extra: a file, not in the index",
            "d/.unburned is extra: a file, not in the index",
            "l is extra: a symbolic link, not in the index",
            "x cannot be read: permission denied",
        ]
    );
}

#[test]
fn what_the_index_could_not_read_last_is_held_against_what_it_remembers() {
    let mut entries = [entry("07/a", "one"), entry("07/b", "two")];
    let unread = |was| {
        Err(Box::new(Unread {
            why: "it is gone from the disk".to_owned(),
            was,
        }))
    };
    entries[0].hash = unread(Some(Digest::of(b"one")));
    let both = disc(&[("a", "one"), ("b", "two")]);
    assert_eq!(told(&entries, &both), [""; 0]);
    entries[1].hash = unread(None);
    assert_eq!(
        told(&entries, &both),
        ["b cannot be judged, as the index has no hash of it: it is gone from the disk"]
    );
}

#[test]
fn a_look_tells_what_changed_by_size_and_date() {
    let mut entries = [
        entry("07/a", "one"),
        entry("07/b", "two"),
        entry("07/c", "three"),
        entry("07/d", "four"),
    ];
    entries[1].stamp.modified = Time::new(8, 0).unwrap();
    entries[3].hash = Err(Box::new(Unread {
        why: "permission denied".to_owned(),
        was: None,
    }));
    let (listing, _) = disc(&[
        (".unburned", ""),
        ("a", "oNe"),
        ("b", "two"),
        ("d", "four"),
        ("e", ""),
    ]);
    let troubles = look("07", &entries, &listing, &|p| p.as_bytes() == b".unburned");
    let told: Vec<_> = troubles.iter().map(Trouble::to_string).collect();
    assert_eq!(
        told,
        [
            "b is damaged: it changed since it was indexed",
            "c is missing",
            "d cannot be judged, as the index has no hash of it: permission denied",
            "e is extra: a file, not in the index",
        ]
    );
}
