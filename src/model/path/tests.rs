use super::escaped::is_deceptive;
use super::*;
use crate::model::tree::Tree;
use proptest::prelude::*;

#[test]
fn hostile_paths_are_rejected_never_normalised() {
    let cases = [
        ("", PathError::Empty),
        ("/media/a", PathError::Absolute),
        ("media//a", PathError::EmptyComponent),
        ("media/a/", PathError::EmptyComponent),
        ("media/../a", PathError::DotComponent),
        ("media/./a", PathError::DotComponent),
        ("media/a\0b", PathError::Nul),
        ("media", PathError::WholeTree),
        ("home/a", PathError::UnknownTree("home".into())),
        ("bytes://media/caf%e9", PathError::BadEscape),
        ("bytes://media/plain", PathError::BadEscape),
        ("bytes://media/%2E%2E/%FF", PathError::BadEscape),
        ("bytes://media/%F", PathError::BadEscape),
        ("bytes://media/%+1%FF", PathError::BadEscape),
        ("bytes://media/../%FF", PathError::DotComponent),
    ];
    for (text, error) in cases {
        assert_eq!(TreePath::from_text(text), Err(error), "{text:?}");
    }
    let deep = format!("media/{}", "a/".repeat(2000) + "b");
    assert_eq!(TreePath::from_text(&deep), Err(PathError::TooDeep));
    for long in ["a".repeat(256), "abcdefgh/".repeat(500) + "a"] {
        let long = format!("media/{long}");
        assert_eq!(TreePath::from_text(&long), Err(PathError::TooLong));
    }
}

#[test]
fn a_name_that_is_no_text_has_one_escaped_form() {
    let path = TreePath::new(
        Tree::Media,
        RelPath::new(b"2024/caf\xe9 100%.jpg".as_slice()).unwrap(),
    );
    assert_eq!(path.to_text(), "bytes://media/2024/caf%E9 100%25.jpg");
    assert_eq!(path.to_string(), "media/2024/caf\\xe9 100%.jpg");
}

#[test]
fn names_cannot_forge_lines_or_drive_terminals() {
    let evil = "a\n\u{1b}[2Jb\u{202e}gpj\\\u{9b}.jpg";
    assert_eq!(
        Escaped(evil.as_bytes()).to_string(),
        "a\\n\\u{1b}[2Jb\\u{202e}gpj\\\\\\u{9b}.jpg"
    );
}

#[test]
fn parts_of_a_path() {
    let path = RelPath::from_text("2024/03/a.jpg").unwrap();
    assert_eq!(path.file_name(), b"a.jpg");
    assert_eq!(path.first(), b"2024");
    assert_eq!(path.parent().unwrap().as_bytes(), b"2024/03");
    let ancestors: Vec<_> = path.ancestors().map(|p| p.to_string()).collect();
    assert_eq!(ancestors, ["2024/03", "2024"]);
    assert!(path.starts_with(&RelPath::from_text("2024").unwrap()));
    assert!(!path.starts_with(&RelPath::from_text("202").unwrap()));
    assert!(RelPath::from_text("2024/.mediastruct").unwrap().is_ours());
    assert!(
        RelPath::from_text(".mediastruct.d/parked/x")
            .unwrap()
            .is_ours()
    );
    assert!(!RelPath::from_text("2024/x.mediastruct").unwrap().is_ours());
}

/// Bytes of a component: often odd, never `/` or NUL.
fn component() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z]{1,8}\\.jpg".prop_map(String::into_bytes),
        "\\PC{1,12}".prop_map(String::into_bytes),
        prop::collection::vec(1u8..=255, 1..20),
        Just(b"bytes:".to_vec()),
        Just(b"%25".to_vec()),
    ]
    .prop_map(|mut bytes| {
        bytes.retain(|b| *b != b'/' && *b != 0);
        bytes
    })
    .prop_filter("a component", |b| {
        !matches!(b.as_slice(), b"" | b"." | b"..")
    })
}

fn rel_path() -> impl Strategy<Value = RelPath<'static>> {
    prop::collection::vec(component(), 1..5).prop_map(|c| RelPath::new(c.join(&b'/')).unwrap())
}

proptest! {
    #[test]
    fn text_of_a_path_round_trips(rel in rel_path(), tree in 0usize..5) {
        let path = TreePath::new(Tree::ALL[tree], rel.clone());
        let text = path.to_text();
        prop_assert_eq!(TreePath::from_text(&text).unwrap(), path.clone());
        prop_assert_eq!(RelPath::from_text(rel.to_text()).unwrap(), rel.clone());

        let json = serde_json::to_string(&path).unwrap();
        prop_assert_eq!(serde_json::from_str::<TreePath>(&json).unwrap(), path);
        let yaml = serde_yaml::to_string(&std::collections::BTreeMap::from([(&rel, 1)])).unwrap();
        let back: std::collections::BTreeMap<RelPath<'static>, u8> =
            serde_yaml::from_str::<std::collections::BTreeMap<String, u8>>(&yaml).unwrap()
                .into_iter().map(|(k, v)| (RelPath::from_text(k).unwrap(), v)).collect();
        prop_assert!(back.contains_key(&rel));
    }

    #[test]
    fn different_paths_have_different_texts(a in rel_path(), b in rel_path()) {
        prop_assert_eq!(a == b, a.to_text() == b.to_text());
    }

    #[test]
    fn order_of_paths_is_the_order_of_their_bytes(a in rel_path(), b in rel_path(), s in 0usize..5, t in 0usize..5) {
        let (a, b) = (TreePath::new(Tree::ALL[s], a), TreePath::new(Tree::ALL[t], b));
        prop_assert_eq!(a.cmp(&b), a.to_bytes().cmp(&b.to_bytes()));
    }

    #[test]
    fn shown_names_hold_no_control_characters(rel in rel_path()) {
        prop_assert!(!rel.to_string().chars().any(is_deceptive));
    }

    #[test]
    fn any_text_is_a_path_or_an_error(text in "\\PC*") {
        if let Ok(path) = TreePath::from_text(&text) {
            prop_assert_eq!(path.to_text(), text);
        }
    }
}
