//! What a text is that is no index of this version.

use super::{INDEX_FORMAT, IndexError, layout};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// Whether the original wrote a text. One of ours is told by its beginning.
pub fn is_of_original(text: &[u8]) -> bool {
    layout(text).is_none() && has_parts_of_original(text)
}

/// What a text is that has not the layout of an index.
pub(super) fn what_else(text: &[u8]) -> IndexError {
    #[derive(Deserialize)]
    struct Format {
        format: String,
    }
    if has_parts_of_original(text) {
        return IndexError::Original;
    }
    match serde_json::from_slice::<Format>(text) {
        Ok(Format { format }) if format != INDEX_FORMAT => IndexError::Format(format),
        Err(error) if !error.is_eof() => IndexError::Header(error),
        _ => IndexError::Truncated,
    }
}

/// Whether a text is an index of the original: path, hash and size of each file, in a list, in a list
/// within an object, or by path; or no more than the size of all. Whatever it is, reading it takes
/// no more memory than its keys.
fn has_parts_of_original(text: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct File {
        #[serde(rename = "hash")]
        _hash: IgnoredAny,
        #[serde(rename = "size")]
        _size: IgnoredAny,
    }
    let is_known = |part: &&RawValue| {
        let part = part.get();
        serde_json::from_str::<File>(part).is_ok()
            || serde_json::from_str::<Vec<File>>(part).is_ok()
            || serde_json::from_str::<u64>(part).is_ok()
    };
    match serde_json::from_slice::<HashMap<Cow<'_, str>, &RawValue>>(text) {
        Ok(parts) => {
            !parts.is_empty() && !parts.contains_key("format") && parts.values().all(is_known)
        }
        Err(_) => serde_json::from_slice::<Vec<File>>(text).is_ok(),
    }
}
