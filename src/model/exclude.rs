//! Patterns of files that a person wants left out of the indexes.

use super::path::{Escaped, TreePath};
use super::tree::Tree;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Patterns, in the order in which they were given.
///
/// One without a slash is held against the names of files and directories, wherever they are; one
/// with a slash against whole paths, the tree's name first, those of units among them. `*` and `?`
/// match no slash, `**` does.
#[derive(Clone, Debug, Default)]
pub struct Excludes {
    patterns: Vec<String>,
    names: Globs,
    paths: Globs,
}

/// Some of the patterns, and their numbers among all.
#[derive(Clone, Debug, Default)]
struct Globs {
    set: GlobSet,
    numbers: Vec<usize>,
}

/// A pattern that is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExcludeError {
    /// It is no pattern.
    #[error("the pattern '{}' cannot be understood: {why}", Escaped(.pattern.as_bytes()))]
    NotOne {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// It is one that matches nothing which crawl indexes.
    #[error("the pattern '{}' would leave nothing out: {why}", Escaped(.pattern.as_bytes()))]
    Idle {
        /// As it was given.
        pattern: String,
        /// Why it matches nothing.
        why: &'static str,
    },
}

impl Excludes {
    /// These patterns; one that is given twice counts once.
    ///
    /// # Errors
    /// Where one of them cannot be understood, or can match nothing.
    pub fn new(given: impl IntoIterator<Item = String>) -> Result<Excludes, ExcludeError> {
        let mut patterns: Vec<String> = Vec::new();
        for pattern in given {
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
        if let Some((pattern, why)) = patterns.iter().find_map(|p| Some((p, never_matches(p)?))) {
            let pattern = pattern.clone();
            return Err(ExcludeError::Idle { pattern, why });
        }
        Ok(Excludes {
            names: Globs::of(&patterns, |pattern| !pattern.contains('/'))?,
            paths: Globs::of(&patterns, |pattern| pattern.contains('/'))?,
            patterns,
        })
    }

    /// All of them.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// The number of the first pattern that matches a unit as a whole; only one with a slash does.
    pub fn find_unit(&self, unit: &TreePath<'_>) -> Option<usize> {
        self.paths.find(&unit.to_bytes())
    }

    /// The number of the first pattern that matches a file or directory in a unit.
    pub fn find(&self, path: &TreePath<'_>) -> Option<usize> {
        if self.patterns.is_empty() {
            return None;
        }
        let name = self.names.find(path.rel.file_name());
        let whole = self.paths.find(&path.to_bytes());
        name.into_iter().chain(whole).min()
    }

    /// The number of the pattern by which a directory in a unit is left out: it matches the
    /// directory, or one in which it is.
    pub fn finds_on_the_way(&self, dir: &TreePath<'_>) -> Option<usize> {
        let mut way: Vec<_> = dir.rel.ancestors().collect();
        way.push(dir.rel.borrowed());
        way.sort_by_key(|path| path.as_bytes().len());
        let mut way = way.into_iter().map(|rel| TreePath::new(dir.tree, rel));
        let of_unit = way.next().and_then(|unit| self.find_unit(&unit));
        of_unit.or_else(|| way.find_map(|path| self.find(&path)))
    }
}

/// Why a pattern can match no path at all; none where it may.
fn never_matches(pattern: &str) -> Option<&'static str> {
    if pattern.is_empty() {
        return Some("it is empty");
    }
    if pattern.starts_with('/') {
        return Some(
            "paths begin with the name of a tree, as in media/2024/cache, not with a slash",
        );
    }
    if pattern.ends_with('/') {
        return Some("paths end with a name: leave out the slash at its end");
    }
    let (first, _) = pattern.split_once('/')?;
    // Alternatives may hold slashes, and then this is no whole pattern.
    let first = GlobBuilder::new(first).build().ok()?.compile_matcher();
    let is_tree = Tree::INDEXED.iter().any(|tree| first.is_match(tree.name()));
    if !is_tree {
        return Some("paths begin with media or archive; begin it with **/ to mean any directory");
    }
    if names_no_unit(pattern) {
        return Some(
            "directly in media there are years, such as media/2024, and in the archive volumes, such \
             as archive/03, and nothing else is indexed",
        );
    }
    None
}

/// Whether a pattern is held against what lies directly in a tree, and matches no name of a unit.
fn names_no_unit(pattern: &str) -> bool {
    let mut parts = pattern.split('/');
    let (Some(tree), Some(name), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if [tree, name].iter().any(|part| part.contains("**")) {
        return false;
    }
    let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() else {
        return false;
    };
    let glob = glob.compile_matcher();
    let is_named =
        |tree: &Tree| tree.is_unit_name(name.as_bytes()) && glob.is_match(format!("{tree}/{name}"));
    let is_named = Tree::INDEXED.iter().any(is_named);
    let years = (0..10_000).map(|year| format!("media/{year:04}"));
    let volumes = (1..=8).flat_map(|width| {
        let numbers = 0..10_000.min(10_u32.pow(width));
        numbers.map(move |number| format!("archive/{number:0width$}", width = width as usize))
    });
    !is_named && !years.chain(volumes).any(|unit| glob.is_match(unit))
}

impl Globs {
    fn of(patterns: &[String], which: impl Fn(&str) -> bool) -> Result<Globs, ExcludeError> {
        let mut numbers = Vec::new();
        let mut set = GlobSetBuilder::new();
        for (number, pattern) in patterns.iter().enumerate().filter(|(_, p)| which(p)) {
            let error = |e: globset::Error| ExcludeError::NotOne {
                pattern: pattern.clone(),
                why: e.kind().to_string(),
            };
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            set.add(glob.map_err(error)?);
            numbers.push(number);
        }
        let set = set.build().map_err(|e| ExcludeError::NotOne {
            pattern: patterns.join(", "),
            why: e.kind().to_string(),
        })?;
        Ok(Globs { set, numbers })
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        let found = self.set.matches(OsStr::from_bytes(text));
        found.first().map(|at| self.numbers[*at])
    }
}

/// The patterns of a list with commas between them; those within braces part nothing.
pub fn split(list: &str) -> Vec<String> {
    let mut patterns = vec![String::new()];
    let mut depth = 0_usize;
    for letter in list.chars() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match patterns.last_mut() {
            Some(last) if letter != ',' || depth > 0 => last.push(letter),
            _ => patterns.push(String::new()),
        }
    }
    let patterns = patterns.iter().map(|pattern| pattern.trim());
    let patterns = patterns.filter(|pattern| !pattern.is_empty());
    patterns.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(patterns: &[&str], path: &str) -> Option<usize> {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned());
        let excludes = Excludes::new(patterns).unwrap();
        excludes.find(&TreePath::from_text(path).unwrap())
    }

    #[test]
    fn a_pattern_without_a_slash_is_held_against_names() {
        let patterns = ["*.tmp", "Thumbs.db", "@eaDir"];
        assert_eq!(found(&patterns, "media/2024/a/b.tmp"), Some(0));
        assert_eq!(found(&patterns, "archive/01/Thumbs.db"), Some(1));
        assert_eq!(found(&patterns, "archive/01/thumbs.db"), None);
        assert_eq!(found(&patterns, "media/2024/@eaDir"), Some(2));
        assert_eq!(found(&patterns, "media/2024/b.tmp.jpg"), None);
        assert_eq!(found(&patterns, "bytes://media/2024/caf%E9.tmp"), Some(0));
        assert_eq!(found(&[], "media/2024/b.tmp"), None);
    }

    #[test]
    fn a_pattern_that_can_match_nothing_is_refused() {
        let new = |pattern: &str| Excludes::new([pattern.to_owned()]);
        for never in [
            "@eaDir/",
            "/media/2024/@eaDir",
            "cache/*.tmp",
            "2024/a",
            "ingest/**",
            "media/cache",
            "archive/*.tmp",
            "media/20240",
            "",
        ] {
            let error = new(never).unwrap_err();
            assert!(matches!(error, ExcludeError::Idle { .. }), "{error}");
        }
        for may in [
            "@eaDir",
            "media/2024/@eaDir",
            "**/cache/*.tmp",
            "*/2024/a",
            "{media/a,b/c}",
            "media/2024",
            "media/*",
            "*/20[01]?",
            "archive/0?",
            "archive/123456789",
            "media/**",
        ] {
            assert!(new(may).is_ok(), "{may}");
        }
    }

    #[test]
    fn a_pattern_with_a_slash_is_held_against_whole_paths() {
        let patterns = ["media/*/cache/**", "media/**/*.{a,b}", "*.a"];
        assert_eq!(found(&patterns, "media/2024/cache/x/y"), Some(0));
        assert_eq!(found(&patterns, "media/2024/x/cache/y"), None);
        assert_eq!(found(&patterns, "media/2024/x/y.b"), Some(1));
        assert_eq!(
            found(&patterns, "media/2024/y.a"),
            Some(1),
            "the first counts"
        );
        assert_eq!(found(&patterns, "archive/01/y.a"), Some(2));
    }

    #[test]
    fn a_unit_is_matched_as_a_whole_by_its_path_and_not_by_its_name() {
        let unit = |pattern: &str| {
            let excludes = Excludes::new([pattern.to_owned()]).unwrap();
            excludes.find_unit(&TreePath::from_text("media/2024").unwrap())
        };
        for whole in ["media/2024", "media/*", "*/20??", "**/2024", "media/**"] {
            assert_eq!(unit(whole), Some(0), "{whole}");
        }
        for part in ["2024", "*", "media/2024/*", "media/2024/**", "archive/*"] {
            assert_eq!(unit(part), None, "{part}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for bad in ["[a", "{a"] {
            let error = Excludes::new([bad.to_owned()]).unwrap_err();
            assert!(matches!(error, ExcludeError::NotOne { .. }), "{error}");
        }
        let twice = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(Excludes::new(twice).unwrap().patterns(), ["a", "b"]);
    }

    #[test]
    fn commas_within_braces_part_nothing() {
        assert_eq!(split("*.tmp, Thumbs.db,"), ["*.tmp", "Thumbs.db"]);
        assert_eq!(split("*.{a,b},[,]x"), ["*.{a,b}", "[,]x"]);
        assert_eq!(split(" , "), [""; 0]);
    }
}
