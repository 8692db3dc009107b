//! Names that break programs which take names for text.

/// An odd name, and where else its content lies.
pub(super) struct OddName {
    pub(super) name: &'static [u8],
    pub(super) copy: Copy,
}

/// Where the content of an odd-named file lies a second time.
#[derive(Clone, Copy)]
pub(super) enum Copy {
    /// Nowhere.
    None,
    /// In archive, under the same name.
    Archive,
    /// In an earlier year of media, under a plain name.
    Media,
}

/// Odd names of files, each for another mistake; dots and hyphens are as they must be.
pub(super) const FILES: &[OddName] = &[
    odd(b"two  spaces.jpg", Copy::Media),
    odd(b"it's.jpg", Copy::Archive),
    odd(b"say \"cheese\".jpg", Copy::Media),
    odd(b"line\nbreak.jpg", Copy::Archive),
    odd(b"tab\tstop.jpg", Copy::None),
    odd(b"-rf.jpg", Copy::Media),
    odd("\u{1f382} party \u{1f389}.jpg".as_bytes(), Copy::Archive),
    // Latin-1, which is not valid UTF-8, and what its escaped form looks like.
    odd(b"caf\xe9.jpg", Copy::Media),
    odd(b"caf%E9.jpg", Copy::None),
    odd(b"100%\xff\xfe.jpg", Copy::Archive),
    odd(b"%41.jpg", Copy::Media),
    odd(b"bytes:%2F%2Fmedia%2F2018%2Fcaf%E9.jpg", Copy::None),
    odd(b"back\\slash.jpg", Copy::Media),
    odd(b"$(x).jpg", Copy::Archive),
    odd(b"`x`; * ? & | < > #.jpg", Copy::None),
    odd(b".hidden.jpg", Copy::Media),
    odd(b"space at the end.jpg ", Copy::Archive),
    odd(b"dot at the end.jpg.", Copy::None),
    // Right-to-left override: shows its end backwards.
    odd("photo\u{202e}gpj.exe.jpg".as_bytes(), Copy::Media),
    // A terminal's command for red.
    odd(b"\x1b[31mred.jpg", Copy::None),
    odd(&LONGEST, Copy::Archive),
];

/// An accent composed into one character (NFC): the same name to the eye as [`DECOMPOSED`], other bytes.
pub(super) const COMPOSED: &[u8] = "Zo\u{eb}.jpg".as_bytes();

/// The accent as a character of its own (NFD); it sorts before [`COMPOSED`].
pub(super) const DECOMPOSED: &[u8] = "Zoe\u{308}.jpg".as_bytes();

/// Odd names of directories.
pub(super) const DIRECTORIES: &[&[u8]] = &[b"No\xebl ", b"new\nline", b"bytes:"];

/// The longest name that Linux allows, 255 bytes.
const LONGEST: [u8; 255] = {
    let mut name = [b'n'; 255];
    let end = *b".jpg";
    let mut index = 0;
    while index < end.len() {
        name[251 + index] = end[index];
        index += 1;
    }
    name
};

const fn odd(name: &'static [u8], copy: Copy) -> OddName {
    OddName { name, copy }
}
