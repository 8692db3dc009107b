//! The text of an index: one JSON document, a header and then one file a line.
//!
//! The layout is part of the format. It lets the lines be parsed side by side, and each entry
//! borrow its path from the text; or from a copy of the paths alone, where the text is a memory map
//! of the file, which then need not stay in memory.

mod line;
mod other;
mod paths;

pub use self::other::is_of_original;
pub use self::paths::Paths;

use super::batches::in_order;
use super::digest::Digest;
use super::document::{Document, serialized, whole_lines};
use super::index::{Entry, Index, Stamp, Totals, Unit, Unread};
use super::json::Reader;
use super::limits::MAX_ITEMS;
use super::path::RelPath;
use super::time::Time;
use super::tree::Tree;
use memchr::{memchr, memmem};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::{self, Write};

/// The `format` of the indexes that this version writes.
pub const INDEX_FORMAT: &str = "mediastruct/index/1";

/// An index file: `<tree>_index.json` in the datadir.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(title = "mediastruct index")]
pub struct IndexDocument<'a> {
    /// `mediastruct/index/1`.
    format: Cow<'a, str>,
    /// The tree whose files these are.
    tree: Tree,
    /// The hash algorithm, `blake3`.
    algorithm: Cow<'a, str>,
    /// When a crawl last changed this index.
    indexed: Option<Time>,
    /// All files and their bytes; for the ingest tree, whose files are not listed, all that is
    /// known.
    totals: Totals,
    /// The directories one level down that were indexed.
    units: Vec<Unit>,
    /// The files, sorted by the bytes of their paths.
    #[serde(borrow)]
    files: Vec<FileLine<'a>>,
}

/// One file of an index.
#[derive(Serialize, Deserialize, JsonSchema)]
struct FileLine<'a> {
    /// The path without the tree's name.
    #[serde(borrow, deserialize_with = "RelPath::deserialize_borrowed")]
    path: RelPath<'a>,
    /// The BLAKE3 hash of the content; null where the file could not be read.
    hash: Option<Digest>,
    /// Bytes in the file.
    size: u64,
    /// The modification time.
    modified: Time,
    /// The time of the last change to the inode.
    changed: Time,
    /// The device that holds the inode.
    device: u64,
    /// The inode.
    inode: u64,
    /// Why there is no hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Cow<'a, str>>,
    /// The hash before the bytes changed under an unchanged size and modification time.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<Digest>,
}

/// Why a text is no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It was written by the Python tool, whose hashes are of another kind.
    #[error("it was written by the original mediastruct, with xxHash")]
    Original,
    /// It is an index of another major version, or something else altogether.
    #[error("its format is '{0}', and this version of mediastruct reads '{INDEX_FORMAT}'")]
    Format(String),
    /// It lists the files of another tree.
    #[error("it is the index of {0}")]
    Tree(Tree),
    /// Its hashes are of another kind.
    #[error("its hash algorithm is '{0}', not 'blake3'")]
    Algorithm(String),
    /// It ends before its last line.
    #[error("it is truncated")]
    Truncated,
    /// It lists more than [`MAX_ITEMS`] files.
    #[error("it lists more than {MAX_ITEMS} files")]
    TooLong,
    /// The header is no JSON or lacks something.
    #[error("its header is damaged: {0}")]
    Header(serde_json::Error),
    /// A line is no file.
    #[error("line {line} is damaged: {why}")]
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
}

/// Bytes of lines that a thread reads at once.
const PIECE: usize = 1 << 20;

const FILES: &[u8] = b"\n\"files\": [\n";
const END: &[u8] = b"]\n}\n";

/// Reads the index of `tree` from its text.
///
/// # Errors
/// Where the text is truncated, damaged, of another version or of another tree.
pub fn parse(tree: Tree, text: &[u8]) -> Result<Index<'_>, IndexError> {
    parse_pieces(tree, text, |(_, piece)| parse_piece(piece))
}

/// Reads the index of `tree` from its text, keeps its paths in `paths`, and says of each piece when
/// nothing in it is needed any more.
///
/// # Errors
/// As [`parse`].
pub fn parse_apart<'p>(
    tree: Tree,
    text: &[u8],
    paths: &'p Paths,
    is_done: impl Fn(&[u8]) + Sync,
) -> Result<Index<'p>, IndexError> {
    parse_pieces(tree, text, |(number, piece)| {
        let entries = paths.keep(*number, parse_piece(piece)?);
        is_done(piece);
        Ok(entries)
    })
}

/// The entries of a piece of an index; or the first line that is damaged, by its number in it, and
/// why.
type Piece<'a> = Result<Vec<Entry<'a>>, (usize, String)>;

fn parse_pieces<'t, 'p>(
    tree: Tree,
    text: &'t [u8],
    read: impl Fn(&(usize, &'t [u8])) -> Piece<'p> + Sync,
) -> Result<Index<'p>, IndexError> {
    let (header, header_lines, body) = divide(text)?;
    if header.format != INDEX_FORMAT {
        return Err(IndexError::Format(header.format.into_owned()));
    }
    if header.tree != tree {
        return Err(IndexError::Tree(header.tree));
    }
    if header.algorithm != Digest::ALGORITHM {
        return Err(IndexError::Algorithm(header.algorithm.into_owned()));
    }
    let damaged = |at: usize, why: String| IndexError::Line {
        line: header_lines + at + 1,
        why,
    };
    let mut entries = Vec::new();
    let pieces: Vec<_> = whole_lines(body, PIECE).into_iter().enumerate().collect();
    in_order(&pieces, read, |piece| {
        // What is no index at all is told by its length first.
        let mut piece = piece.map_err(|(at, why)| match is_too_long(body) {
            true => IndexError::TooLong,
            false => damaged(entries.len() + at, why),
        })?;
        entries.append(&mut piece);
        match entries.len() > MAX_ITEMS {
            true => Err(IndexError::TooLong),
            false => Ok(()),
        }
    })?;
    let pairs = entries.par_windows(2);
    if let Some(at) = pairs.position_first(|w| w[0].path >= w[1].path) {
        return Err(damaged(at + 1, "it is out of order".into()));
    }
    let totals = match tree {
        Tree::Ingest => header.totals,
        _ => entries.par_iter().collect(),
    };
    Ok(Index {
        tree,
        indexed: header.indexed,
        units: header.units,
        totals,
        entries,
    })
}

/// Whether there are more lines than an index may have.
fn is_too_long(body: &[u8]) -> bool {
    body.iter().filter(|byte| **byte == b'\n').count() > MAX_ITEMS
}

/// Where the files begin in a text that has the layout of an index.
fn layout(text: &[u8]) -> Option<usize> {
    memmem::find(text, FILES)
}

/// The parsed header with no files, how many lines it takes, and the lines of the files.
fn divide(text: &[u8]) -> Result<(IndexDocument<'static>, usize, &[u8]), IndexError> {
    let Some(at) = layout(text) else {
        return Err(other::what_else(text));
    };
    let mut header = text[..at + FILES.len()].to_vec();
    let header_lines = header.iter().filter(|b| **b == b'\n').count();
    header.extend_from_slice(b"]}");
    let header: IndexDocument<'_> = serde_json::from_slice(&header).map_err(IndexError::Header)?;
    let header = IndexDocument {
        format: header.format.into_owned().into(),
        algorithm: header.algorithm.into_owned().into(),
        files: Vec::new(),
        ..header
    };
    let body = text[at + FILES.len()..]
        .strip_suffix(END)
        .ok_or(IndexError::Truncated)?;
    Ok((header, header_lines, body))
}

/// The entries of some lines; or the first that is damaged, by its number among them, and why.
fn parse_piece(lines: &[u8]) -> Piece<'_> {
    let mut entries = Vec::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let mut reader = Reader(rest);
        if let Some(entry) = line::read(&mut reader)
            && let Some(next) = behind_line(reader.0)
            && !entry.path.is_ours()
        {
            entries.push(entry);
            rest = next;
            continue;
        }
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, next) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        if !line.is_empty() {
            entries.push(entry(line).map_err(|why| (entries.len(), why))?);
        }
        rest = next;
    }
    Ok(entries)
}

/// What stands behind the end of a line, where that is what is next.
fn behind_line(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    match rest {
        [] => Some(rest),
        [b'\n', rest @ ..] => Some(rest),
        _ => None,
    }
}

fn entry(line: &[u8]) -> Result<Entry<'_>, String> {
    let line = line.strip_suffix(b",").unwrap_or(line);
    let file: FileLine<'_> = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    if file.path.is_ours() {
        return Err(format!("{} is a file of mediastruct's own", file.path));
    }
    Ok(file.into())
}

/// Writes the text of `index`.
///
/// # Errors
/// Where writing fails.
pub fn write(index: &Index<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut document = Document::begin(out)?;
    document.field("format", INDEX_FORMAT)?;
    document.field("tree", &index.tree)?;
    document.field("algorithm", Digest::ALGORITHM)?;
    document.field("indexed", &index.indexed)?;
    document.field("totals", &index.totals)?;
    document.lines("units", &index.units, serialized)?;
    document.lines("files", &index.entries, line::write)?;
    document.end()
}

impl<'a> From<FileLine<'a>> for Entry<'a> {
    fn from(line: FileLine<'a>) -> Self {
        let hash = line.hash.ok_or_else(|| {
            Box::new(Unread {
                why: line
                    .why
                    .unwrap_or("the index does not say".into())
                    .into_owned(),
                was: line.was,
            })
        });
        Entry {
            path: line.path,
            hash,
            stamp: Stamp {
                size: line.size,
                modified: line.modified,
                changed: line.changed,
                device: line.device,
                inode: line.inode,
            },
        }
    }
}

#[cfg(test)]
mod tests;
