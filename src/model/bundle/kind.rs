//! What a file is to a bundle, as its extension says.

/// What a file is to a bundle, the main ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// What the sensor saw.
    Raw,
    /// A picture as cameras make them: JPEG or HEIF.
    Still,
    /// A movie as it belongs to a Live Photo.
    Movie,
    /// Any other picture or movie.
    Other,
    /// A picture or movie that was made of the main one.
    Edited,
    /// An XMP file.
    Xmp,
    /// What Apple's Photos would change in a picture.
    Adjustments,
    /// A thumbnail of a movie, or the EXIF data of a raw file.
    Thumbnail,
    /// A sound, spoken to a picture.
    Memo,
    /// What Google Takeout tells of a picture or movie.
    Takeout,
}

/// The extensions of raw files. Source: the formats that ExifTool and LibRaw list.
const RAW: [&[u8]; 29] = [
    b"3fr", b"arw", b"cr2", b"cr3", b"crw", b"dcr", b"dng", b"erf", b"fff", b"gpr", b"iiq", b"k25",
    b"kdc", b"mef", b"mos", b"mrw", b"nef", b"nrw", b"orf", b"pef", b"raf", b"raw", b"rw2", b"rwl",
    b"sr2", b"srf", b"srw", b"x3f", b"ari",
];

/// The extensions of other pictures and movies that sidecars lie beside.
const OTHER: [&[u8]; 25] = [
    b"3gp", b"avi", b"avif", b"bmp", b"dv", b"gif", b"jp2", b"jxl", b"m2ts", b"m4v", b"mkv",
    b"mpeg", b"mpg", b"mts", b"mxf", b"ogv", b"png", b"psd", b"svg", b"tif", b"tiff", b"vob",
    b"webm", b"webp", b"wmv",
];

/// What the file of that name is to a bundle; none for what is in no bundle, ever.
pub(super) fn kind_of(name: &[u8]) -> Option<Kind> {
    let dot = name.iter().rposition(|b| *b == b'.').filter(|at| *at > 0)?;
    let extension = &name[dot + 1..];
    let mut lower = [0; 4];
    let lower = lower.get_mut(..extension.len())?;
    lower.copy_from_slice(extension);
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"jpg" | b"jpeg" | b"jpe" | b"heic" | b"heif" | b"hif" => Kind::Still,
        b"mov" | b"mp4" => Kind::Movie,
        b"xmp" => Kind::Xmp,
        b"aae" => Kind::Adjustments,
        b"thm" => Kind::Thumbnail,
        b"wav" => Kind::Memo,
        b"json" => Kind::Takeout,
        raw if RAW.contains(&raw) => Kind::Raw,
        other if OTHER.contains(&other) => Kind::Other,
        _ => return None,
    })
}

impl Kind {
    /// Whether it is a picture or movie.
    pub(super) fn is_media(self) -> bool {
        self <= Kind::Other
    }

    /// Whether files of this kind and of one stem are one shot, where there is one of each.
    pub(super) fn is_of_shot(self) -> bool {
        self < Kind::Other
    }
}
