//! The data set on paper: which contents there are, and at which paths each of them lies.

use std::collections::HashSet;

use super::random::Stream;
use super::recipe::{Body, Recipe};

/// All that is to be written.
pub(super) struct Dataset {
    pub(super) contents: Vec<Content>,
    /// Pairs of paths whose contents differ in one byte.
    pub(super) near_twins: Vec<[Vec<u8>; 2]>,
    pub(super) symlinks: Vec<Symlink>,
    seed: u64,
    paths: HashSet<Vec<u8>>,
    places: u64,
}

/// One content and every place where it lies.
pub(super) struct Content {
    pub(super) recipe: Recipe,
    pub(super) places: Vec<Place>,
}

/// One file: a path, and further paths that are hard links of it.
pub(super) struct Place {
    pub(super) path: Vec<u8>,
    pub(super) links: Vec<Vec<u8>>,
    /// The main file of its bundle.
    pub(super) bundle: Option<Vec<u8>>,
    pub(super) modified: Modified,
    /// Permission bits.
    pub(super) mode: u32,
}

/// A modification time: seconds and nanoseconds after 1970 UTC.
#[derive(Clone, Copy)]
pub(super) struct Modified {
    pub(super) seconds: u64,
    pub(super) nanoseconds: u32,
}

/// A symbolic link.
pub(super) struct Symlink {
    pub(super) path: Vec<u8>,
    pub(super) target: &'static str,
    pub(super) modified: Modified,
}

/// The number of a content in [`Dataset::contents`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentNumber(usize);

impl Dataset {
    pub(super) fn new(seed: u64) -> Self {
        Dataset {
            contents: Vec::new(),
            near_twins: Vec::new(),
            symlinks: Vec::new(),
            seed,
            paths: HashSet::new(),
            places: 0,
        }
    }

    /// How many regular files there are, hard links included.
    pub(super) fn files(&self) -> u64 {
        (self.paths.len() - self.symlinks.len()) as u64
    }

    /// Adds a content of about `size` bytes that lies nowhere yet.
    pub(super) fn content(&mut self, body: Body, size: u64) -> ContentNumber {
        self.contents.push(Content {
            recipe: Recipe {
                number: self.contents.len() as u64,
                size,
                body,
                near_twin: false,
            },
            places: Vec::new(),
        });
        ContentNumber(self.contents.len() - 1)
    }

    /// Adds a content and the one path where it lies.
    pub(super) fn file(
        &mut self,
        path: impl Into<Vec<u8>>,
        body: Body,
        size: u64,
    ) -> ContentNumber {
        let content = self.content(body, size);
        self.place(content, path);
        content
    }

    /// Puts `content` at `path`, as a file of its own.
    pub(super) fn place(&mut self, content: ContentNumber, path: impl Into<Vec<u8>>) {
        self.place_in_bundle(content, path.into(), None);
    }

    /// Puts contents at paths that belong together; the first one is the main file.
    pub(super) fn bundle(&mut self, members: &[(ContentNumber, String)]) {
        for (content, path) in members {
            let main = members[0].1.clone().into_bytes();
            self.place_in_bundle(*content, path.clone().into_bytes(), Some(main));
        }
    }

    /// Makes `path` a hard link of the file where `content` was put last.
    pub(super) fn link(&mut self, content: ContentNumber, path: impl Into<Vec<u8>>) {
        let path = path.into();
        if let Some(place) = self.contents[content.0].places.last_mut() {
            self.paths.insert(path.clone());
            place.links.push(path);
        }
    }

    /// Adds a near twin of the content that lies at `path`, and puts it at `twin_path`.
    pub(super) fn near_twin(
        &mut self,
        content: ContentNumber,
        path: impl Into<Vec<u8>>,
        twin_path: impl Into<Vec<u8>>,
    ) {
        let (path, twin_path) = (path.into(), twin_path.into());
        let twin = Recipe {
            near_twin: true,
            ..self.contents[content.0].recipe.clone()
        };
        self.contents.push(Content {
            recipe: twin,
            places: Vec::new(),
        });
        self.place(ContentNumber(self.contents.len() - 1), twin_path.clone());
        let mut pair = [path, twin_path];
        pair.sort();
        self.near_twins.push(pair);
    }

    /// Adds a symbolic link.
    pub(super) fn symlink(&mut self, path: &str, target: &'static str) {
        let modified = Modified::draw(self.seed, "symlink", self.symlinks.len() as u64);
        self.paths.insert(path.into());
        self.symlinks.push(Symlink {
            path: path.into(),
            target,
            modified,
        });
    }

    /// Whether nothing lies at `path` yet.
    pub(super) fn is_free(&self, path: &str) -> bool {
        !self.paths.contains(path.as_bytes())
    }

    fn place_in_bundle(&mut self, content: ContentNumber, path: Vec<u8>, bundle: Option<Vec<u8>>) {
        let mut random = Stream::new(self.seed, "mode", self.places);
        let modified = Modified::draw(self.seed, "modified", self.places);
        self.places += 1;
        let is_new = self.paths.insert(path.clone());
        debug_assert!(is_new, "two files at {}", path.escape_ascii());
        self.contents[content.0].places.push(Place {
            path,
            links: Vec::new(),
            bundle,
            modified,
            mode: *random.one_of(&[0o644, 0o644, 0o644, 0o644, 0o664, 0o600, 0o444, 0o755]),
        });
    }
}

impl Modified {
    /// A time between 2010 and 2024; one in eight has no nanoseconds, as from file systems without them.
    pub(super) fn draw(seed: u64, purpose: &str, number: u64) -> Self {
        const FIRST: u64 = 1_262_304_000;
        const SPAN: u64 = 14 * 365 * 86_400;
        let mut random = Stream::new(seed, purpose, number);
        let nanoseconds = if random.below(8) == 0 {
            0
        } else {
            random.below(1_000_000_000) as u32
        };
        Modified {
            seconds: FIRST + random.below(SPAN),
            nanoseconds,
        }
    }
}
