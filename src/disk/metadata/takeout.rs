//! Google Takeout's JSON beside a picture: when it was taken, in UTC, and what it was called.

use super::bounded::{Bounded, Span};
use super::found::Finds;
use crate::model::capture::{Content, Source};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// How long such a file is at most, in bytes. It lists people and comments too.
const MOST: usize = 1 << 20;

/// What is read of it.
#[derive(Deserialize)]
struct Takeout {
    title: Option<String>,
    #[serde(rename = "photoTakenTime")]
    taken: Moment,
}

#[derive(Deserialize)]
struct Moment {
    timestamp: Number,
}

/// Seconds since 1970, which are written as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Plain(i64),
}

/// Reads a JSON file; one that is not Takeout's is nothing that is known here.
pub(super) fn read(bytes: &mut Bounded<'_>, file: Span, finds: &mut Finds) -> Content {
    if file.length() > MOST as u64 {
        return Content::Unknown;
    }
    let text = bytes.up_to(file, 0, MOST);
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let Ok(takeout) = serde_json::from_slice::<Takeout>(text) else {
        return Content::Unknown;
    };
    finds.reading.title = takeout.title;
    let seconds = match takeout.taken.timestamp {
        Number::Text(text) => text.trim().parse().ok(),
        Number::Plain(seconds) => Some(seconds),
    };
    if let Some(seconds) = seconds {
        let after = SignedDuration::from_secs(seconds);
        finds.instant(Source::Takeout, Timestamp::UNIX_EPOCH, after);
    }
    Content::Sidecar
}
