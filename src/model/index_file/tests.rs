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
