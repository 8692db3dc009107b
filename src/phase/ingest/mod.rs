//! Ingest: what lies in the drop directory gets its date, and with it its name and place.

/// When a picture or a video was taken, by all that is known about it.
pub mod date;
