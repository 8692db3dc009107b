use super::*;
use proptest::prelude::*;

fn index() -> Index<'static> {
    let entry = |path: &str, hash| Entry {
        path: RelPath::from_text(path.to_owned()).unwrap(),
        hash,
        stamp: Stamp {
            size: 7,
            modified: Time::new(1_709_287_200, 123_456_789).unwrap(),
            changed: Time::new(-5, 1).unwrap(),
            device: 2049,
            inode: u64::MAX,
        },
    };
    let unread = Unread {
        why: "permission denied".into(),
        was: Some(Digest::of(b"was")),
    };
    let entries = vec![
        entry("2024/a \"b\"\n\u{202e}.jpg", Ok(Digest::of(b"1"))),
        entry("bytes://2024/caf%E9", Ok(Digest::of(b"2"))),
        entry("2024/unread", Err(Box::new(unread))),
    ];
    Index {
        tree: Tree::Media,
        indexed: Time::new(1_709_287_200, 0),
        units: vec![Unit::of("2024", Time::new(1, 0), &entries)],
        totals: entries.iter().collect(),
        entries,
    }
}

fn text(index: &Index<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    write(index, &mut text).unwrap();
    text
}

#[test]
fn an_index_round_trips() {
    for index in [index(), Index::empty(Tree::Archive)] {
        assert_eq!(parse(index.tree, &text(&index)).unwrap(), index);
    }
}

/// Entries as an index may have them, read or not.
fn entries() -> impl Strategy<Value = Entry<'static>> {
    let path = "[a-z\"\\\\é\n]{1,4}/[ -~]{1,9}"
        .prop_filter_map("no path", |path| RelPath::new(path.into_bytes()).ok());
    let time = (any::<i64>(), 0u32..1_000_000_000);
    let time = time.prop_map(|(seconds, nanoseconds)| Time::new(seconds >> 28, nanoseconds));
    let unread = ("\\PC{0,9}", any::<bool>()).prop_map(|(why, was)| {
        let was = was.then(|| Digest::of(why.as_bytes()));
        Err(Box::new(Unread { why, was }))
    });
    let hash = prop_oneof![
        any::<[u8; 32]>().prop_map(|bytes| Ok(Digest(bytes))),
        unread
    ];
    let entry = (path, hash, any::<[u64; 3]>(), time);
    entry.prop_map(|(path, hash, [size, device, inode], modified)| Entry {
        path,
        hash,
        stamp: Stamp {
            size,
            modified: modified.unwrap(),
            changed: modified.unwrap(),
            device,
            inode,
        },
    })
}

proptest! {
    #[test]
    fn a_line_is_what_serde_makes_of_it(entry in entries(), at: prop::sample::Index, odd: u8) {
        let mut text = Vec::new();
        line::write(&entry, &mut text);
        prop_assert_eq!(&text, &serde_json::to_vec(&FileLine::from(&entry)).unwrap());

        let read = |text: &[u8]| {
            let mut reader = Reader(text);
            line::read(&mut reader).filter(|_| reader.0.is_empty()).map(Entry::into_owned)
        };
        let is_plain = entry.hash.is_ok() && !text.contains(&b'\\');
        prop_assert_eq!(read(&text), is_plain.then_some(entry));
        let at = at.index(text.len());
        text[at] = odd;
        if let Some(entry) = read(&text) {
            let file: FileLine<'_> = serde_json::from_slice(&text).unwrap();
            prop_assert_eq!(entry, Entry::from(file));
        }
    }
}

#[test]
fn paths_apart_from_the_text_are_the_same() {
    let mut index = Index::empty(Tree::Media);
    index.entries = (0..20_000)
        .map(|number| Entry {
            path: RelPath::from_text(format!("2024/{number:05}.jpg")).unwrap(),
            hash: Ok(Digest::of(b"")),
            stamp: Stamp::default(),
        })
        .collect();
    index.totals = index.entries.iter().collect();
    let text = text(&index);
    let paths = Paths::of_text(text.len());
    let done = std::sync::atomic::AtomicUsize::new(0);
    for _ in 0..2 {
        let read = parse_apart(Tree::Media, &text, &paths, |piece| {
            done.fetch_add(piece.len(), std::sync::atomic::Ordering::Relaxed);
        });
        assert!(read.unwrap() == index);
    }
    // All lines twice, and nothing else.
    let lines = text.len() - text.windows(FILES.len()).position(|w| w == FILES).unwrap();
    let lines = lines - FILES.len() - END.len();
    assert_eq!(done.into_inner(), 2 * lines);
    assert!(lines > 3 * PIECE);
}

impl<'a> From<&'a Entry<'a>> for FileLine<'a> {
    fn from(entry: &'a Entry<'a>) -> Self {
        let Stamp {
            size,
            modified,
            changed,
            device,
            inode,
        } = entry.stamp;
        let unread = entry.hash.as_ref().err();
        FileLine {
            path: entry.path.borrowed(),
            hash: entry.digest(),
            size,
            modified,
            changed,
            device,
            inode,
            why: unread.map(|u| Cow::Borrowed(u.why.as_str())),
            was: unread.and_then(|u| u.was),
        }
    }
}

#[test]
fn the_layout_of_an_index() {
    insta::with_settings!({snapshot_path => "../../../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("index", String::from_utf8(text(&index())).unwrap());
    });
}

#[test]
fn every_truncation_is_told() {
    let whole = text(&index());
    for cut in 0..whole.len() {
        let result = parse(Tree::Media, &whole[..cut]);
        assert!(result.is_err(), "cut at {cut}");
    }
}

#[test]
fn a_hostile_or_foreign_index_is_refused() {
    let whole = String::from_utf8(text(&index())).unwrap();
    let first = "2024/a \\\"b\\\"";
    let cases = [
        (
            "mediastruct/index/1",
            "mediastruct/index/2",
            "this version of mediastruct reads",
        ),
        (
            "\"tree\": \"media\"",
            "\"tree\": \"archive\"",
            "the index of archive",
        ),
        ("blake3", "xxh64", "hash algorithm is 'xxh64'"),
        (first, "2024/../../a", "'.' or '..'"),
        (first, "/etc/passwd", "absolute"),
        (first, "2024//a", "empty component"),
        (first, "2024/\\u0000", "NUL"),
        (first, "2024/.mediastruct.d/", "mediastruct's own"),
        (first, "zzz", "out of order"),
        ("\"size\":7", "\"size\":-7", "line 11 is damaged"),
        ("\"size\":7", "\"size\":7,\"size\":8", "duplicate field"),
        ("\"units\": [", "\"units\": [{}", "header is damaged"),
    ];
    for (from, to, message) in cases {
        let text = whole.replacen(from, to, 1);
        assert_ne!(text, whole, "{from}");
        let error = parse(Tree::Media, text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{from} -> {to}: {error}");
    }
    for junk in ["", "[]", "null", "{}", "{\"format\":3}"] {
        assert!(parse(Tree::Media, junk.as_bytes()).is_err(), "{junk}");
    }
}

#[test]
fn one_of_the_original_is_recognised() {
    let of_original = |text: &str| {
        let error = parse(Tree::Media, text.as_bytes()).unwrap_err();
        matches!(error, IndexError::Original)
    };
    let file = r#"{"path": "/data/media/2024/a.jpg", "hash": "0123456789abcdef", "size": 7}"#;
    assert!(of_original(&format!("[{file}, {file}]")));
    assert!(of_original(&format!(
        r#"{{"total_size": 14, "files": [{file}]}}"#
    )));
    assert!(of_original(&format!(
        r#"{{"/data/media/2024/a.jpg": {file}}}"#
    )));
    assert!(of_original(r#"{"total_size": 0}"#));
    assert!(!of_original(&format!("[{file}, 7]")));
    assert!(!of_original(&format!(
        r#"{{"format": "mediastruct/index/2", "files": [{file}]}}"#
    )));
    assert!(!of_original("{}"));
    assert!(!of_original(&file[..40]));
}

proptest! {
    #[test]
    fn any_bytes_are_an_index_or_an_error(at in 0usize..1500, byte: u8) {
        let mut text = text(&index());
        let at = at % text.len();
        text[at] = byte;
        let _ = parse(Tree::Media, &text);
    }
}
