//! `volumes list`, and what `status` says of discs.

use super::{archived, disc_of, text};
use crate::library::{Library, record};
use jsonschema::Validator;
use serde_json::Value;
use std::fs;

fn schema() -> Validator {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = fs::read(format!("{root}/schemas/volume-list.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&text).unwrap()).unwrap()
}

/// What `volumes --json` prints, which fits its schema.
fn list(library: &Library, more: &[&str]) -> Value {
    let said = library.succeed(&[&["volumes", "list", "--json"], more].concat());
    let value: Value = serde_json::from_str(&said.out).unwrap();
    let errors = schema()
        .iter_errors(&value)
        .map(|e| e.to_string())
        .collect::<Vec<_>>();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

/// The text without the days in it.
fn undated(text: &str) -> String {
    let days = |word: &str| word.trim_matches(',').parse::<jiff::civil::Date>().is_ok();
    let words = text.split_inclusive([' ', '\n']);
    words
        .map(|word| match days(word.trim_end()) {
            true => word.replace(|c: char| c.is_ascii_digit(), "0"),
            false => word.to_owned(),
        })
        .collect()
}

#[test]
fn law_8_volumes_are_listed_with_their_fill_and_their_discs() {
    let library = archived();
    library.write("archive/08/2020/c.jpg", &"content ".repeat(100_000));
    library.succeed(&["crawl"]);
    library.succeed(&["volumes", "burned", "07", "--location", "shelf\n3"]);
    library.succeed(&["volumes", "burned", "07"]);
    let disc = disc_of(&library, "07");
    library.succeed(&[
        "volumes",
        "verify",
        "07",
        "--copy",
        "2",
        "--at",
        text(&disc),
    ]);
    record(&library, &["07 \"lost\",\"copy\":1", "09 \"sealed\""]);
    let before = library.everything();
    let said = library.succeed(&["volumes", "--medium", "sectors:1000"]);
    before.assert_same(&library.everything(), "volumes");
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!("volumes", undated(&said.out));
    });
    let list = list(&library, &[]);
    assert_eq!(list["medium"], "bd25");
    assert_eq!(list["sectors"], 11_826_176);
    let states: Vec<_> = list["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["state"])
        .collect();
    assert_eq!(
        states,
        ["verified".into(), Value::Null, "unburned".into()].each_ref()
    );
}

#[test]
fn a_disc_that_was_not_verified_for_two_years_is_due() {
    let library = archived();
    let verified = |at: &str| {
        let old =
            "{\"volume\":\"07\",\"at\":\"2001-01-01T00:00:00Z\",\"event\":\"burned\",\"copy\":1}";
        let read =
            format!("{{\"volume\":\"07\",\"at\":\"{at}\",\"event\":\"verified\",\"copy\":1}}");
        let text = format!("{{\"format\":\"mediastruct/volumes/1\"}}\n{old}\n{read}\n");
        fs::write(library.path("data/volumes.jsonl"), text).unwrap();
        list(&library, &[])["volumes"][0]["copies"][0]["is_due"].clone()
    };
    record(&library, &[]);
    let now = jiff::Timestamp::now();
    assert_eq!(verified("2001-01-01T00:00:00Z"), true);
    let status = library.succeed(&["status"]).out;
    assert!(status.contains("due to be verified: 1 disc"), "{status}");
    library
        .succeed(&["volumes"])
        .tells(&["due to be read again, or for the first time: 1 disc"]);
    assert_eq!(verified(&now.to_string()), false);
    let status = library.succeed(&["status"]).out;
    assert!(!status.contains("due to be verified"), "{status}");
}

#[test]
fn a_library_without_volumes_says_so() {
    let said = Library::new().succeed(&["volumes"]);
    assert_eq!(said.out, "");
    said.tells(&["there are no volumes yet"]);
}

#[test]
fn options_for_all_commands_may_stand_anywhere_and_those_of_list_behind_it() {
    let library = archived();
    let root = text(library.root());
    library.succeed(&["volumes", "--root", root, "-q", "verify", "07"]);
    library.succeed(&["volumes", "--root", root, "--json"]);
    for option in [&["--json"][..], &["--medium", "bd50"], &["--raw-capacity"]] {
        let line = [&["volumes"], option, &["burned", "07"]].concat();
        library.refuse(64, &line, &["behind the command"]);
    }
}
