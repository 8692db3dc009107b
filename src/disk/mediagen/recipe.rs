//! A recipe for one content: all that its bytes follow from, and what is true of it.

use std::io::{self, Write};

use super::exif::{Date, Exif, Stamp};
use super::quicktime::{Brand, Video};
use super::random::Stream;
use super::raw::Flavour;
use super::sketch::Sketch;
use super::truth::Kind;
use super::{heif, picture};

/// One content: files made from it are identical.
#[derive(Clone)]
pub(super) struct Recipe {
    /// Which stream of random bytes it uses; unique but for near twins, which share one.
    pub(super) number: u64,
    /// About how many bytes it has, where its kind can be padded.
    pub(super) size: u64,
    pub(super) body: Body,
    /// Whether it differs by one byte from the recipe of the same number.
    pub(super) near_twin: bool,
}

/// What kind of file it is, with what it says about itself.
#[derive(Clone)]
pub(super) enum Body {
    Jpeg(Option<Exif>),
    Png(Option<Exif>),
    Heif(Exif),
    Raw(Flavour, Exif),
    Video(Video),
    Text(Text),
    /// Bytes that follow no format.
    Noise,
    Empty,
}

/// A file that is text from beginning to end.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) dates: Dates,
}

/// The dates inside a file, as the truth lists them.
#[derive(Clone, Default)]
pub(super) struct Dates {
    /// Local wall-clock time.
    pub(super) taken: Option<String>,
    /// The offset of `taken`.
    pub(super) offset: Option<String>,
    /// The moment, where it stands in UTC.
    pub(super) instant: Option<String>,
    /// Where it stands.
    pub(super) source: Option<String>,
}

impl Recipe {
    /// The pieces of the file.
    pub(super) fn sketch(&self, seed: u64) -> io::Result<Sketch> {
        let mut random = Stream::new(seed, "picture", self.number);
        match &self.body {
            Body::Jpeg(exif) => picture::jpeg(self.size, exif.as_ref(), &mut random),
            Body::Png(exif) => picture::png(self.size, exif.as_ref(), &mut random),
            Body::Heif(exif) => heif::heif(self.size, exif, &mut random),
            Body::Raw(flavour, exif) => Ok(flavour.sketch(self.size, exif)),
            Body::Video(video) => video.sketch(self.size, &mut random),
            Body::Text(text) => {
                let mut sketch = Sketch::default();
                sketch.bytes(text.text.as_bytes());
                Ok(sketch)
            }
            Body::Noise => {
                let mut sketch = Sketch::default();
                sketch.noise(self.size.max(picture::LEAST_NOISE));
                Ok(sketch)
            }
            Body::Empty => Ok(Sketch::default()),
        }
    }

    /// Writes the file that `sketch` describes.
    pub(super) fn write(&self, seed: u64, sketch: &Sketch, to: &mut dyn Write) -> io::Result<()> {
        let noise = Stream::new(seed, "noise", self.number);
        sketch.write(noise, self.near_twin, to)
    }

    pub(super) fn kind(&self) -> Kind {
        match &self.body {
            Body::Jpeg(_) => Kind::Jpeg,
            Body::Png(_) => Kind::Png,
            Body::Heif(_) => Kind::Heic,
            Body::Raw(..) => Kind::Raw,
            Body::Video(video) => match video.brand {
                Brand::Mp4 => Kind::Mp4,
                Brand::Mov => Kind::Mov,
            },
            Body::Text(text) => text.kind,
            Body::Noise => Kind::Other,
            Body::Empty => Kind::Empty,
        }
    }

    pub(super) fn dates(&self) -> Dates {
        match &self.body {
            Body::Jpeg(Some(exif))
            | Body::Png(Some(exif))
            | Body::Heif(exif)
            | Body::Raw(_, exif) => match &exif.date {
                Date::Taken(stamp) => Dates::local(stamp, "exif:DateTimeOriginal"),
                Date::Zeros => Dates::default(),
            },
            Body::Video(video) => match (&video.creation_date, video.created) {
                (Some(stamp), _) => Dates::local(stamp, "quicktime:creationdate"),
                (None, Some(seconds)) => Dates::instant(seconds as i64, "quicktime:mvhd"),
                (None, None) => Dates::default(),
            },
            Body::Text(text) => text.dates.clone(),
            Body::Jpeg(None) | Body::Png(None) | Body::Noise | Body::Empty => Dates::default(),
        }
    }
}

impl Dates {
    /// A wall-clock time that stands in `source`.
    pub(super) fn local(stamp: &Stamp, source: &str) -> Self {
        Dates {
            taken: Some(stamp.local.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            offset: stamp.offset_text(),
            instant: None,
            source: Some(source.into()),
        }
    }

    /// A moment that stands in `source` as `seconds` from 1970 UTC.
    pub(super) fn instant(seconds: i64, source: &str) -> Self {
        let moment = jiff::Timestamp::from_second(seconds).unwrap_or_default();
        Dates {
            instant: Some(moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            source: Some(source.into()),
            ..Dates::default()
        }
    }
}
