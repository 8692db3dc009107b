//! Paths in files: how they are written, read and described in schemas.

use super::{Escaped, PathError, RelPath, TreePath};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;

/// How the text begins of a path that is no UTF-8.
const ESCAPED: &str = "bytes://";

/// The text of a path of these bytes.
pub(super) fn encode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(plain) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(plain);
    }
    let mut text = String::from(ESCAPED);
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    Cow::Owned(text)
}

/// The bytes that a text stands for; whether they are a path is not looked at.
pub(super) fn decode(text: &str) -> Result<Cow<'_, [u8]>, PathError> {
    let Some(escaped) = text.strip_prefix(ESCAPED) else {
        return Ok(Cow::Borrowed(text.as_bytes()));
    };
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = tail;
            continue;
        }
        let digits = tail.get(..2).ok_or(PathError::BadEscape)?;
        let digits = std::str::from_utf8(digits).map_err(|_| PathError::BadEscape)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| PathError::BadEscape)?);
        rest = &tail[2..];
    }
    if encode(&bytes) != text {
        return Err(PathError::BadEscape);
    }
    Ok(Cow::Owned(bytes))
}

impl Serialize for RelPath<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl Serialize for TreePath<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

/// Reads a string, borrowed from the input where it stands there without escapes.
struct TextVisitor;

impl<'de> de::Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for RelPath<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(RelPath::deserialize_borrowed(deserializer)?.into_owned())
    }
}

impl<'a> RelPath<'a> {
    /// Reads a path that borrows from the input where it stands there without escapes; for
    /// `#[serde(borrow, deserialize_with)]`.
    ///
    /// # Errors
    /// Where there is no path.
    pub fn deserialize_borrowed<'de: 'a, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_str(TextVisitor)?;
        RelPath::from_text(text.clone()).map_err(|e| bad_path(&text, &e))
    }
}

impl<'de> Deserialize<'de> for TreePath<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_str(TextVisitor)?;
        match TreePath::from_text(&text) {
            Ok(path) => Ok(path.into_owned()),
            Err(error) => Err(bad_path(&text, &error)),
        }
    }
}

fn bad_path<E: de::Error>(text: &str, error: &PathError) -> E {
    E::custom(format_args!(
        "bad path '{}': {error}",
        Escaped(text.as_bytes())
    ))
}

impl JsonSchema for RelPath<'_> {
    fn schema_name() -> Cow<'static, str> {
        "RelPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "description": "A path without its tree's name, or 'bytes://' and the path with each byte that is no UTF-8 as %XX and % as %25."
        })
    }
}

impl JsonSchema for TreePath<'_> {
    fn schema_name() -> Cow<'static, str> {
        "TreePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(bytes://)?(archive|duplicates|ingest|media|validated)/[^/]",
            "description": "A tree's name and a path beneath it, e.g. media/2024/a.jpg; or 'bytes://' and the path with each byte that is no UTF-8 as %XX and % as %25."
        })
    }
}
