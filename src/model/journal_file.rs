//! The text of a journal: one JSON object a line, with a sequence number, a checksum and a record.
//!
//! A torn last line is normal: it was being written when the run was killed, and nothing leaned on
//! it yet. A damaged line before it stops everything.

use super::digest::Digest;
use super::run::{JournalError, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One line of a journal, `journal.jsonl`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    seq: u64,
    sum: String,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// One line of a journal, `journal.jsonl`: what the schema says of it.
#[derive(JsonSchema)]
#[schemars(title = "mediastruct journal line", deny_unknown_fields)]
#[allow(dead_code, reason = "describes the lines in the schema")]
pub struct JournalLine {
    /// The number of the line, from 1.
    seq: u64,
    /// The first 16 digits of the BLAKE3 hash over `seq` as 8 bytes, little end first, and the
    /// bytes of `record`.
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"))]
    sum: String,
    /// What happened or is about to.
    record: Record,
}

/// The text of line `seq`, its newline included.
pub fn line(seq: u64, record: &Record) -> String {
    let record = serde_json::value::to_raw_value(record).expect("records serialize");
    let line = Line {
        seq,
        sum: sum(seq, &record),
        record: &record,
    };
    serde_json::to_string(&line).expect("lines serialize") + "\n"
}

fn sum(seq: u64, record: &RawValue) -> String {
    let bytes = [&seq.to_le_bytes(), record.get().as_bytes()].concat();
    Digest::of(&bytes).to_string()[..16].to_owned()
}

/// The records of a journal, and how many bytes of the text they take; what follows is torn.
///
/// # Errors
/// Where a line before the last one is damaged, or a whole line is out of its sequence.
pub fn parse(text: &[u8]) -> Result<(Vec<Record>, usize), JournalError> {
    let mut records = Vec::new();
    let mut end = 0;
    while let Some(length) = text[end..].iter().position(|b| *b == b'\n') {
        let seq = records.len() as u64 + 1;
        let next = end + length + 1;
        match record(seq, &text[end..next - 1]) {
            Ok(record) => records.push(record),
            // A last line may be torn so that its newline is there and bytes before it are not.
            Err(_) if next == text.len() => break,
            Err(why) => return Err(JournalError::Line { line: seq, why }),
        }
        end = next;
    }
    Ok((records, end))
}

/// The first record of a journal that begins so; none where it is damaged or does not end there.
pub fn first(head: &[u8]) -> Option<Record> {
    let length = head.iter().position(|b| *b == b'\n')?;
    record(1, &head[..length]).ok()
}

/// The last record of a journal that ends so, whatever its number; none where it is damaged, torn
/// or does not begin there.
pub fn last(tail: &[u8]) -> Option<Record> {
    let line = tail.strip_suffix(b"\n")?;
    let start = line.iter().rposition(|b| *b == b'\n')?;
    let line = &line[start + 1..];
    let Line { seq, .. } = serde_json::from_slice(line).ok()?;
    record(seq, line).ok()
}

fn record(seq: u64, line: &[u8]) -> Result<Record, String> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    if line.seq != seq {
        return Err(format!("its number is {}, not {seq}", line.seq));
    }
    if line.sum != sum(seq, line.record) {
        return Err("its checksum is wrong".to_owned());
    }
    serde_json::from_str(line.record.get()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> String {
        let back = |why: &str| Record::Back { why: why.into() };
        [back("a"), back("b"), back("c")]
            .iter()
            .zip(1..)
            .map(|(record, seq)| line(seq, record))
            .collect()
    }

    #[test]
    fn a_torn_last_line_is_normal() {
        let whole = journal();
        let two = whole.rfind("{\"seq\":3").unwrap();
        for cut in two..whole.len() {
            let (records, end) = parse(&whole.as_bytes()[..cut]).unwrap();
            assert_eq!((records.len(), end), (2, two), "cut at {cut}");
        }
        assert_eq!(parse(whole.as_bytes()).unwrap().0.len(), 3);
        let mut zeros = whole.as_bytes()[..two].to_vec();
        zeros.extend_from_slice(b"\0\0\0\0\n");
        assert_eq!(parse(&zeros).unwrap().0.len(), 2);
    }

    #[test]
    fn the_ends_are_read_by_themselves_where_they_are_whole() {
        let text = journal();
        let back = |why: &str| Some(Record::Back { why: why.into() });
        let second = text.find("{\"seq\":2").unwrap();
        assert_eq!(first(&text.as_bytes()[..second + 5]), back("a"));
        assert_eq!(last(&text.as_bytes()[second - 1..]), back("c"));
        assert_eq!(
            first(&text.as_bytes()[..second - 1]),
            None,
            "no newline yet"
        );
        let third = text.find("{\"seq\":3").unwrap();
        assert_eq!(last(&text.as_bytes()[third..]), None, "cut before its line");
        assert_eq!(last(&text.as_bytes()[..text.len() - 1]), None, "torn");
        let damaged = text.replace("\"c\"", "\"x\"").replace("\"a\"", "\"x\"");
        assert_eq!(first(damaged.as_bytes()), None);
        assert_eq!(last(damaged.as_bytes()), None);
    }

    #[test]
    fn a_damaged_line_before_the_last_stops_everything() {
        for (from, to) in [("\"a\"", "\"x\""), ("\"seq\":1", "\"seq\":4"), ("{", "")] {
            let text = journal().replacen(from, to, 1);
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(
                matches!(error, JournalError::Line { line: 1, .. }),
                "{error}"
            );
        }
    }
}
