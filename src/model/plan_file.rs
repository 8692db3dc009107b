//! The text of a plan: JSON, one move a line; read as people leave it after editing.

use super::document::Document;
use super::plan::{PLAN_FORMAT, Plan, RawPlan};
use serde::Deserialize;
use std::io::{self, Write};

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
    #[derive(Deserialize)]
    struct Format {
        format: String,
    }
    blank_left_over_commas(&mut text);
    match serde_json::from_slice::<RawPlan>(&text) {
        Ok(plan) if plan.format == PLAN_FORMAT => Ok(plan),
        Ok(plan) => Err(PlanError::Format(plan.format)),
        Err(error) => match serde_json::from_slice::<Format>(&text) {
            Ok(Format { format }) if format != PLAN_FORMAT => Err(PlanError::Format(format)),
            _ => Err(PlanError::Json(error)),
        },
    }
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
        document.lines("warnings", &plan.warnings, |item| item)?;
    }
    if !plan.units.is_empty() {
        document.lines("units", &plan.units, |item| item)?;
    }
    if !plan.volumes.is_empty() {
        document.lines("volumes", &plan.volumes, |item| item)?;
    }
    if let Some(packing) = &plan.packing {
        document.field("packing", packing)?;
    }
    if !plan.accounts.is_empty() {
        document.lines("accounts", &plan.accounts, |item| item)?;
    }
    if !plan.remains.is_empty() {
        document.lines("remains", &plan.remains, |item| item)?;
    }
    if !plan.directories.is_empty() {
        document.lines("directories", &plan.directories, |item| item)?;
    }
    document.lines("moves", &plan.moves, |item| item)?;
    if !plan.makes.is_empty() {
        document.lines("makes", &plan.makes, |item| item)?;
    }
    if !plan.writes.is_empty() {
        document.lines("writes", &plan.writes, |item| item)?;
    }
    if !plan.prunes.is_empty() {
        document.lines("prunes", &plan.prunes, |item| item)?;
    }
    document.lines("needs", &plan.needs, |item| item)?;
    document.lines("skipped", &plan.skipped, |item| item)?;
    document.end()
}

#[cfg(test)]
mod tests {
    use super::*;

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
