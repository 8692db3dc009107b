//! The commands that tell of a library and change nothing.
#![allow(clippy::disallowed_methods, reason = "tests make and damage files")]

#[path = "../library/mod.rs"]
mod library;

macro_rules! snapshot {
    ($name:literal, $value:expr) => {
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!($name, $value);
        });
    };
}

mod find;
mod history;
mod status;

use jsonschema::Validator;
use library::{Library, Said};
use serde_json::Value;
use std::fs;

/// What a command prints with `--json`, which fits the schema of that name.
fn json(library: &Library, schema: &str, arguments: &[&str]) -> Value {
    checked(schema, &library.succeed(arguments))
}

/// What a command printed, which fits the schema of that name.
fn checked(schema: &str, said: &Said) -> Value {
    let value: Value = serde_json::from_str(&said.out).unwrap();
    let errors: Vec<_> = validator(schema)
        .iter_errors(&value)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}: {}", said.out);
    let format = value["format"].as_str().unwrap();
    assert_eq!(format, format!("mediastruct/{schema}/1"));
    value
}

fn validator(schema: &str) -> Validator {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = fs::read(format!("{root}/schemas/{schema}.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_slice(&text).unwrap()).unwrap()
}
