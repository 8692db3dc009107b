//! The directories of an image, each by a number.

use std::collections::HashMap;

/// How long a name is in an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NameLength {
    /// Its bytes, as Rock Ridge keeps it.
    pub bytes: u8,
    /// Its UTF-16 units, as Joliet keeps it: at most 103.
    pub joliet: u8,
}

impl NameLength {
    /// The longest Joliet name, in UTF-16 units. Source: xorriso's `-joliet_long_names`.
    const JOLIET: usize = 103;

    /// The length of this name of at most 255 bytes. A byte that is not part of valid UTF-8 counts
    /// as one unit.
    pub fn of(name: &[u8]) -> NameLength {
        let units = |chunk: std::str::Utf8Chunk<'_>| {
            chunk.valid().encode_utf16().count() + chunk.invalid().len()
        };
        let units: usize = name.utf8_chunks().map(units).sum();
        NameLength {
            bytes: u8::try_from(name.len()).unwrap_or(u8::MAX),
            joliet: units.min(Self::JOLIET) as u8,
        }
    }
}

/// The directories of an image, numbered as they are first named; the image itself is
/// [`Directories::ROOT`].
#[derive(Clone, Debug)]
pub struct Directories {
    /// Of each directory, the one above it and the length of its name.
    all: Vec<(u32, NameLength)>,
    numbers: HashMap<Vec<u8>, u32>,
}

impl Directories {
    /// The number of the directory that is the image itself.
    pub const ROOT: u32 = 0;

    /// The number of the directory with this path in the image, e.g. `2024/2024-03`; an empty path
    /// is the image itself. Directories above it are numbered with it.
    pub fn number(&mut self, path: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        // Names above it first, nearest last: the deepest that is known ends the search.
        let mut unknown = vec![path];
        let mut number = loop {
            let above = super::parent_of(unknown[unknown.len() - 1]);
            match self.numbers.get(above) {
                Some(known) => break *known,
                None => unknown.push(above),
            }
        };
        for path in unknown.into_iter().rev() {
            let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
            let above = number;
            number = self.all.len() as u32;
            self.all.push((above, NameLength::of(name)));
            self.numbers.insert(path.to_vec(), number);
        }
        number
    }

    /// How many there are, with the image itself.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The directory above this one, which is another one but for the image itself.
    pub(super) fn above(&self, directory: u32) -> u32 {
        self.all[directory as usize].0
    }

    /// The length of its name.
    pub(super) fn name(&self, directory: u32) -> NameLength {
        self.all[directory as usize].1
    }
}

impl Default for Directories {
    fn default() -> Self {
        Directories {
            all: vec![(Directories::ROOT, NameLength::default())],
            numbers: HashMap::from([(Vec::new(), Directories::ROOT)]),
        }
    }
}
