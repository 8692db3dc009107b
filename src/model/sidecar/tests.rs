use super::*;

fn entry(path: &str, hash: Result<Digest, Box<Unread>>) -> Entry<'static> {
    Entry {
        path: RelPath::from_text(path.to_owned()).unwrap(),
        hash,
        stamp: Stamp {
            size: 7,
            modified: Time::new(1_709_287_200, 5).unwrap(),
            changed: Time::new(i64::MAX, 5).unwrap(),
            device: 1,
            inode: 2,
        },
    }
}

fn sidecar() -> (Sidecar, Vec<Entry<'static>>) {
    let unread = Unread {
        why: "permission denied".into(),
        was: None,
    };
    let entries = vec![
        entry("03/2019/ # odd: \"name\"\n.jpg", Ok(Digest::of(b"1"))),
        entry("03/2019/true", Ok(Digest::of(b"2"))),
        entry("03/2019/unread", Err(Box::new(unread))),
        entry(
            &format!("03/2020/{}", "long/".repeat(200) + "x"),
            Ok(Digest::of(b"3")),
        ),
        entry("bytes://03/2020/%FF", Ok(Digest::of(b"4"))),
    ];
    let unit = Unit::of("03", None, &entries);
    (
        Sidecar::of(&unit, Time::new(1_700_000_000, 0).unwrap(), &entries),
        entries,
    )
}

#[test]
fn a_sidecar_round_trips() {
    let (sidecar, entries) = sidecar();
    let text = sidecar.to_yaml();
    let back = Sidecar::from_yaml(text.as_bytes()).unwrap();
    assert_eq!(back, sidecar);
    assert_eq!(back.entries(&RelPath::from_text("03").unwrap()), entries);
}

/// But for names in which a line begins with a bracket, which only cost another hashing.
#[test]
fn no_name_makes_a_sidecar_index_look_like_a_bomb() {
    let long = format!("[{}", "x".repeat(200));
    let names = [
        "[",
        "{",
        "[[[[",
        "{}",
        "a[1]",
        "a: [",
        "a: {b",
        "'",
        "\"",
        "\"[",
        "': [",
        "it's: [",
        "a\nb",
        "\u{feff}[",
        "- [",
        "-",
        "- - [",
        "? [",
        ": [",
        "&a [",
        "!a [",
        "*a",
        "# [",
        "a #[",
        "---",
        "--- [",
        "%",
        "...",
        "\t[",
        "a:\t[",
        " [ ",
        "| [",
        "> [",
        "\\",
        "\\\"[",
        "\u{1b}[2J",
        "\u{202e}[",
        "null",
        "~",
        "1",
        &long,
    ];
    for name in names {
        let entries = [entry(&format!("03/{name}"), Ok(Digest::of(b"1")))];
        let unit = Unit::of("03", None, &entries);
        let sidecar = Sidecar::of(&unit, Time::default(), &entries);
        let back = Sidecar::from_yaml(sidecar.to_yaml().as_bytes());
        assert_eq!(back, Ok(sidecar), "{name:?}");
    }
}

#[test]
fn writing_at_once_gives_the_same_bytes() {
    let (sidecar, entries) = sidecar();
    let mut text = Vec::new();
    let unit = Unit::of("03", None, &entries);
    Sidecar::write(&unit, sidecar.head.timestamp, &entries, &mut text).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), sidecar.to_yaml());
}

#[test]
fn the_head_is_told_from_the_beginning_alone() {
    let (sidecar, _) = sidecar();
    let text = sidecar.to_yaml();
    let beginning = &text.as_bytes()[..text.find("files:").unwrap() + 30];
    assert_eq!(SidecarHead::from_yaml(beginning).unwrap(), sidecar.head);
}

#[test]
fn one_of_the_original_is_recognised() {
    let text = "timestamp: '2024-05-01T10:00:00'\nfiles:\n  a.jpg: 0123456789abcdef\n";
    assert_eq!(
        Sidecar::from_yaml(text.as_bytes()),
        Err(SidecarError::Original)
    );
}

#[test]
fn hostile_and_damaged_sidecars_are_errors() {
    let (sidecar, _) = sidecar();
    let text = sidecar.to_yaml();
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f]\n";
    for bad in [
        "",
        "[]",
        "\0",
        "format: mediastruct/sidecar/2\n",
        &text.replace("2019/true", "../true"),
        &text.replace("blake3", "md5"),
        &text[..text.len() / 2],
        bomb,
        &format!("{}x", "[".repeat(100_000)),
    ] {
        assert!(Sidecar::from_yaml(bad.as_bytes()).is_err(), "{bad:.40}");
    }
}
