//! The text of a plan: JSON, one move a line; read as people leave it after editing.

use super::batches::in_order;
use super::document::{Document, serialized, whole_lines};
use super::json::Reader;
use super::limits::MAX_ITEMS;
use super::plan::{Move, Need, PLAN_FORMAT, Plan, RawPlan};
use memchr::memmem;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};

/// Bytes of lines that a thread reads at once.
const PIECE: usize = 1 << 20;

/// Why a text is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It is a plan of another major version, or something else altogether.
    #[error("its format is '{0}', and this version of mediastruct reads '{PLAN_FORMAT}'")]
    Format(String),
    /// It is no JSON, or holds something that no plan holds.
    #[error("it is no plan: {0}")]
    Json(serde_json::Error),
}

/// Reads a plan from its text. A comma after the last item of an array or object, left over from
/// deleting a line, is tolerated; unknown and duplicate keys are not.
///
/// # Errors
/// Where the text is no plan of this version.
pub fn parse(mut text: Vec<u8>) -> Result<RawPlan, PlanError> {
    if let Some(plan) = as_written(&text) {
        return Ok(plan);
    }
    as_edited(&mut text)
}

/// Reads a plan in whatever way it is laid out, and says what is wrong with what is none.
fn as_edited(text: &mut [u8]) -> Result<RawPlan, PlanError> {
    #[derive(Deserialize)]
    struct Format {
        format: String,
    }
    blank_left_over_commas(text);
    match serde_json::from_slice::<RawPlan>(text) {
        Ok(plan) if plan.format == PLAN_FORMAT => Ok(plan),
        Ok(plan) => Err(PlanError::Format(plan.format)),
        Err(error) => match serde_json::from_slice::<Format>(text) {
            Ok(Format { format }) if format != PLAN_FORMAT => Err(PlanError::Format(format)),
            _ => Err(PlanError::Json(error)),
        },
    }
}

/// Reads a plan whose moves and needs stand as [`write()`] writes them, each on a line of its own, many
/// of them at once; none where any of them is spelled otherwise, or anything is wrong.
///
/// No key but that of the plan itself is called so and holds a list; so what is left without the
/// lines is a plan if and only if the whole is one.
fn as_written(text: &[u8]) -> Option<RawPlan> {
    let (before, moves, behind) = list(text, b"\n\"moves\": [\n")?;
    let (between, needs, behind) = list(behind, b"\n\"needs\": [\n").unwrap_or((b"", b"", behind));
    let mut rest = [before, between, behind].concat();
    blank_left_over_commas(&mut rest);
    let mut plan: RawPlan = serde_json::from_slice(&rest).ok()?;
    plan.moves = items(moves, Move::read)?;
    // Where they do not stand on lines of their own, they were read with the rest.
    plan.needs.extend(items(needs, Need::read)?);
    (plan.format == PLAN_FORMAT).then_some(plan)
}

/// The text up to the first item of a list that begins with `name`, the lines of its items, and the
/// text from its end on.
fn list<'t>(text: &'t [u8], name: &[u8]) -> Option<(&'t [u8], &'t [u8], &'t [u8])> {
    let (before, rest) = text.split_at(memmem::find(text, name)? + name.len());
    // No line of an item begins so, and where there is none, this is where the first would be.
    let end = match rest.starts_with(b"]") {
        true => 0,
        false => memmem::find(rest, b"\n]")? + 1,
    };
    Some((before, &rest[..end], &rest[end..]))
}

/// The items on these lines; none where not each of them is one, or the commas are not just between
/// them.
fn items<T: DeserializeOwned + Send>(
    lines: &[u8],
    read: impl Fn(&mut Reader<'_>) -> Option<T> + Sync,
) -> Option<Vec<T>> {
    let item = |line: &[u8], is_last: bool| {
        let (line, has_comma) = match line.strip_suffix(b",") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let mut reader = Reader(line);
        let item = read(&mut reader).filter(|_| reader.0.is_empty());
        let item = item.or_else(|| serde_json::from_slice(line).ok());
        item.filter(|_| has_comma || is_last)
    };
    let piece = |piece: &&[u8]| {
        let is_last = |line: &[u8]| line.as_ptr_range().end == lines.as_ptr_range().end;
        let lines = piece.split_inclusive(|byte| *byte == b'\n');
        lines
            .map(|line| item(line.strip_suffix(b"\n")?, is_last(line)))
            .collect()
    };
    let mut all = Vec::new();
    let pieces = whole_lines(lines, PIECE);
    let read = in_order(&pieces, piece, |items: Option<Vec<T>>| {
        all.append(&mut items.ok_or(())?);
        match all.len() > MAX_ITEMS {
            true => Err(()),
            false => Ok(()),
        }
    });
    read.ok().map(|()| all)
}

/// Replaces each comma that only white space parts from a closing bracket by a space, so that lines
/// and columns in messages stay those of the text.
fn blank_left_over_commas(text: &mut [u8]) {
    let mut in_string = false;
    let mut escaped = false;
    let mut comma = None;
    for at in 0..text.len() {
        let byte = text[at];
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => {
                in_string = true;
                comma = None;
            }
            b',' => comma = Some(at),
            b']' | b'}' => {
                if let Some(comma) = comma.take() {
                    text[comma] = b' ';
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => comma = None,
        }
    }
}

/// The text of `plan`, as [`write()`] writes it.
pub fn text(plan: &Plan) -> Vec<u8> {
    let mut text = Vec::new();
    write(plan, &mut text).expect("plans serialize, and memory takes every byte");
    text
}

/// Writes the text of `plan`: the same bytes for the same plan, always.
///
/// # Errors
/// Where writing fails.
pub fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut document = Document::begin(out)?;
    document.field("format", &plan.format)?;
    document.field("phase", &plan.phase)?;
    document.field("id", &plan.id())?;
    document.field("basis", &plan.basis)?;
    document.field("settings", &plan.settings)?;
    document.field("summary", &plan.summary)?;
    if !plan.warnings.is_empty() {
        document.lines("warnings", &plan.warnings, serialized)?;
    }
    if !plan.units.is_empty() {
        document.lines("units", &plan.units, serialized)?;
    }
    if !plan.volumes.is_empty() {
        document.lines("volumes", &plan.volumes, serialized)?;
    }
    if let Some(packing) = &plan.packing {
        document.field("packing", packing)?;
    }
    if !plan.accounts.is_empty() {
        document.lines("accounts", &plan.accounts, serialized)?;
    }
    if !plan.remains.is_empty() {
        document.lines("remains", &plan.remains, serialized)?;
    }
    if !plan.directories.is_empty() {
        document.lines("directories", &plan.directories, serialized)?;
    }
    document.lines("moves", &plan.moves, Move::write)?;
    if !plan.makes.is_empty() {
        document.lines("makes", &plan.makes, serialized)?;
    }
    if !plan.writes.is_empty() {
        document.lines("writes", &plan.writes, serialized)?;
    }
    if !plan.prunes.is_empty() {
        document.lines("prunes", &plan.prunes, serialized)?;
    }
    document.lines("needs", &plan.needs, Need::write)?;
    document.lines("skipped", &plan.skipped, serialized)?;
    document.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A plan with lines of all kinds, whose last ones stand in the order that is asked for.
    const PLAN: &str = r#"{
"format": "mediastruct/plan/1",
"phase": "dedupe",
"summary": {"seen":3,"moves":2,"bytes":14,"kept":1,"skipped":0},
"accounts": [
{"unit":"media/2024","seen":3,"moves":2,"bytes":14,"kept":1,"skipped":0}
],
"moves": [
{"from":"media/2024/b","to":"duplicates/2024/b","size":7,"modified":"2024-03-01T10:00:00Z","hash":"HASH","why":{"kind":"duplicate","of":"media/2024/a"}},
{"size":7,"from":"media/2024/c","to":"duplicates/2024/c","modified":"2024-03-01T10:00:00Z","hash":"HASH","why":{"kind":"duplicate","of":"media/2024/a"}}
],
"needs": [
{"path":"media/2024/a","size":7,"modified":"2024-03-01T10:00:00Z","hash":"HASH"}
],
"skipped": [
]
}
"#;

    fn plan() -> String {
        PLAN.replace("HASH", &"0a".repeat(32))
    }

    #[test]
    fn lines_are_read_side_by_side_as_they_stand() {
        let plan = plan();
        assert!(as_written(plan.as_bytes()).is_some_and(|plan| plan.moves.len() == 2));
        let without = |part: &str| plan.replace(part, "");
        let needs = &plan[plan.find("\n\"needs").unwrap()..plan.find("\n\"skipped").unwrap()];
        for text in [
            without(needs),
            without("]\n}\n"),
            without("},\n{").replace("}\n]", "},\n]"),
            plan.replace("\n\"needs\"", " \"needs\""),
        ] {
            let read = as_written(text.as_bytes());
            assert_eq!(
                read,
                as_edited(&mut text.clone().into_bytes()).ok(),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_read_side_by_side_is_what_is_read_at_all(
            at in any::<prop::sample::Index>(),
            length in 0usize..3,
            other in prop_oneof!["[\\[\\]{},:\"\n 0-9a-z]{0,2}", Just("\n\"moves\": [\n".to_owned())],
        ) {
            let mut text = plan();
            let at = at.index(text.len() - length);
            text.replace_range(at..at + length, &other);
            if let Some(read) = as_written(text.as_bytes()) {
                prop_assert_eq!(read, as_edited(&mut text.into_bytes()).unwrap());
            }
        }
    }

    fn blanked(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        blank_left_over_commas(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn only_left_over_commas_are_blanked() {
        assert_eq!(blanked("[1,2,\n]"), "[1,2 \n]");
        assert_eq!(blanked("{\"a\":[],}"), "{\"a\":[] }");
        assert_eq!(blanked("[\",]\", \"\\\",]\"]"), "[\",]\", \"\\\",]\"]");
        assert_eq!(blanked("[1,,]"), "[1, ]");
    }

    #[test]
    fn another_format_is_named() {
        let error = parse(b"{\"format\":\"mediastruct/plan/2\",\"new\":1}".to_vec()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "its format is 'mediastruct/plan/2', and this version of mediastruct reads 'mediastruct/plan/1'"
        );
    }

    #[test]
    fn unknown_and_duplicate_keys_are_refused() {
        for text in [
            r#"{"format":"mediastruct/plan/1","phase":"dedupe","shell":"rm"}"#,
            r#"{"format":"mediastruct/plan/1","phase":"dedupe","phase":"undo"}"#,
            r#"{"format":"mediastruct/plan/1","phase":"dedupe","basis":{"media":null,"media":null}}"#,
        ] {
            assert!(
                matches!(parse(text.into()), Err(PlanError::Json(_))),
                "{text}"
            );
        }
    }
}
