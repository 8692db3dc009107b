//! The truth about a data set: what a correct pipeline must find in it and do with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::path::RelPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Options;
use super::recipe::Dates;

/// The format key of [`Truth`].
pub const TRUTH_FORMAT: &str = "mediastruct/truth/1";

/// What is true of a data set that [`generate`](super::generate) made.
///
/// Paths are tree-relative, such as `media/2019/x.jpg`, and every list is sorted by the bytes of its paths. A path that is
/// valid UTF-8 stands as it is; any other is written `bytes://` and percent-encoded where it is not valid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Truth {
    /// Always [`TRUTH_FORMAT`].
    pub format: String,
    /// What was asked for, the seed included.
    pub options: Options,
    /// Numbers and sizes over the whole.
    pub totals: Totals,
    /// Every regular file, hard links and empty files included.
    pub files: Vec<TrueFile>,
    /// Groups of two or more independent files of the same bytes. Of paths that are hard links of each other only the
    /// first stands here, and empty files do not count.
    pub groups: Vec<Vec<String>>,
    /// Pairs of files of the same size that differ in exactly one byte.
    pub near_twins: Vec<[String; 2]>,
    /// Sets of two or more paths that are hard links of each other.
    pub hard_links: Vec<Vec<String>>,
    /// Symbolic links, whatever they point to; they are no files.
    pub symlinks: Vec<String>,
    /// Files without bytes.
    pub empty: Vec<String>,
    /// What dedupe must move, by its default rules.
    pub expected_moves: Vec<ExpectedMove>,
}

/// Numbers and sizes over a whole data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Paths of regular files.
    pub files: u64,
    /// The sizes of all paths, in bytes; hard links count once each.
    pub bytes: u64,
    /// Different contents, the empty one not among them.
    pub contents: u64,
    /// The sizes of all different contents, in bytes.
    pub content_bytes: u64,
    /// Paths that dedupe must move.
    pub moves: u64,
    /// The sizes of the paths that dedupe must move, in bytes.
    pub move_bytes: u64,
}

/// One path of a regular file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrueFile {
    /// The tree-relative path.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
    /// What the content is, whatever its name says.
    pub kind: Kind,
    /// The BLAKE3 hash of the bytes, 64 hex digits: the same for files of the same bytes.
    pub content: String,
    /// The date inside it as the wall clock showed it, `YYYY-MM-DDTHH:MM:SS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// The offset of `taken` from UTC, `+HH:MM`, where it stands in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<String>,
    /// The date inside it where it stands in UTC only, `YYYY-MM-DDTHH:MM:SSZ`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instant: Option<String>,
    /// Where the date stands, such as `exif:DateTimeOriginal` or `quicktime:mvhd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The path of the main file of the bundle that it belongs to; the main file names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
}

/// What a content is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture.
    Png,
    /// A HEIF picture.
    Heic,
    /// An MPEG-4 video.
    Mp4,
    /// A QuickTime video.
    Mov,
    /// A raw picture based on TIFF.
    Raw,
    /// An XMP sidecar.
    Xmp,
    /// A Google Takeout sidecar.
    Json,
    /// Any other text.
    Text,
    /// Bytes of no known format.
    Other,
    /// No bytes at all.
    Empty,
}

/// One file that dedupe must move, and the one that stays for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedMove {
    /// The path in media that moves.
    pub from: String,
    /// The first path of the same bytes in archive, else in media.
    pub keeper: String,
}

/// One path that was written, before it is put into words.
pub(super) struct Written {
    pub(super) path: Vec<u8>,
    pub(super) size: u64,
    pub(super) kind: Kind,
    pub(super) content: blake3::Hash,
    pub(super) dates: Dates,
    pub(super) bundle: Option<Vec<u8>>,
    /// The same for hard links of each other, different for all others.
    pub(super) inode: u64,
}

/// All that was written, before it is put into words.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) files: Vec<Written>,
    pub(super) symlinks: Vec<Vec<u8>>,
    pub(super) near_twins: Vec<[Vec<u8>; 2]>,
}

impl Truth {
    /// Derives the truth from what was written.
    pub(super) fn new(options: &Options, mut outcome: Outcome) -> Self {
        outcome.files.sort_by(|a, b| a.path.cmp(&b.path));
        outcome.symlinks.sort();
        outcome.near_twins.sort();
        let files = &outcome.files;
        let paths: HashSet<&[u8]> = files.iter().map(|file| file.path.as_slice()).collect();

        let mut by_content: HashMap<blake3::Hash, Vec<&Written>> = HashMap::new();
        for file in files.iter().filter(|file| file.size > 0) {
            by_content.entry(file.content).or_default().push(file);
        }
        // A hash map gives no order, so each list is put into the order of its first path.
        let mut contents: Vec<Vec<&Written>> = by_content.into_values().collect();
        contents.sort_by(|a, b| a[0].path.cmp(&b[0].path));

        let mut moves: Vec<(&Written, &Written)> =
            contents.iter().flat_map(|files| moves_of(files)).collect();
        moves.sort_by(|a, b| a.0.path.cmp(&b.0.path));

        Truth {
            format: TRUTH_FORMAT.into(),
            options: options.clone(),
            totals: Totals {
                files: files.len() as u64,
                bytes: files.iter().map(|file| file.size).sum(),
                contents: contents.len() as u64,
                content_bytes: contents.iter().map(|files| files[0].size).sum(),
                moves: moves.len() as u64,
                move_bytes: moves.iter().map(|(from, _)| from.size).sum(),
            },
            files: files.iter().map(Written::in_words).collect(),
            groups: contents.iter().filter_map(|files| group(files)).collect(),
            near_twins: outcome
                .near_twins
                .iter()
                .filter(|pair| pair.iter().all(|path| paths.contains(path.as_slice())))
                .map(|pair| [path_text(&pair[0]), path_text(&pair[1])])
                .collect(),
            hard_links: hard_links(files),
            symlinks: outcome
                .symlinks
                .iter()
                .map(|path| path_text(path))
                .collect(),
            empty: files
                .iter()
                .filter(|file| file.size == 0)
                .map(|file| path_text(&file.path))
                .collect(),
            expected_moves: moves
                .iter()
                .map(|(from, keeper)| ExpectedMove {
                    from: path_text(&from.path),
                    keeper: path_text(&keeper.path),
                })
                .collect(),
        }
    }
}

/// What moves, each with its keeper, among `files` of the same bytes, which are sorted by path.
fn moves_of<'a>(files: &[&'a Written]) -> Vec<(&'a Written, &'a Written)> {
    let first = |tree: &str| {
        files
            .iter()
            .find(|file| file.path.starts_with(tree.as_bytes()))
    };
    let Some(keeper) = first("archive/").or_else(|| first("media/")) else {
        return Vec::new();
    };
    files
        .iter()
        .filter(|file| file.path.starts_with(b"media/") && file.inode != keeper.inode)
        .map(|file| (*file, *keeper))
        .collect()
}

/// The first path of each inode among `files` of the same bytes, if there are two.
fn group(files: &[&Written]) -> Option<Vec<String>> {
    let mut seen = HashSet::new();
    let independent: Vec<String> = files
        .iter()
        .filter(|file| seen.insert(file.inode))
        .map(|file| path_text(&file.path))
        .collect();
    (independent.len() > 1).then_some(independent)
}

/// Sets of paths that share an inode, in the order of their first paths.
fn hard_links(files: &[Written]) -> Vec<Vec<String>> {
    let mut by_inode: BTreeMap<u64, Vec<&Written>> = BTreeMap::new();
    for file in files {
        by_inode.entry(file.inode).or_default().push(file);
    }
    let mut sets: Vec<Vec<&Written>> = by_inode
        .into_values()
        .filter(|paths| paths.len() > 1)
        .collect();
    sets.sort_by(|a, b| a[0].path.cmp(&b[0].path));
    sets.iter()
        .map(|paths| paths.iter().map(|file| path_text(&file.path)).collect())
        .collect()
}

impl Written {
    fn in_words(&self) -> TrueFile {
        let dates = self.dates.clone();
        TrueFile {
            path: path_text(&self.path),
            size: self.size,
            kind: self.kind,
            content: self.content.to_hex().to_string(),
            taken: dates.taken,
            offset: dates.offset,
            instant: dates.instant,
            source: dates.source,
            bundle: self.bundle.as_deref().map(path_text),
        }
    }
}

/// A path as text, in the form of all our files.
fn path_text(path: &[u8]) -> String {
    let path = RelPath::new(path).expect("a dataset's names are paths");
    path.to_text().into_owned()
}
