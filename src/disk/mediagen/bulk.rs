//! The ordinary rest: years of photos and videos, some of them there more than once.

use super::Options;
use super::camera;
use super::dataset::{ContentNumber, Dataset};
use super::exif::Stamp;
use super::quicktime::{Brand, Video};
use super::random::Stream;
use super::raw::Flavour;
use super::recipe::{Body, Dates, Text};
use super::sidecar;
use super::truth::Kind;

/// The most files that one shot makes: three copies of three members.
const MOST_FILES: u64 = 9;

/// Videos are this many times as large as photos.
const VIDEO: u64 = 3;

/// Raw files are this many times as large as photos.
const RAW: u64 = 2;

/// Adds shots to `dataset` until it has as many files as asked for.
pub(super) fn fill(dataset: &mut Dataset, options: &Options, random: Stream) {
    let mut bulk = Bulk {
        dataset,
        options,
        random,
        shots: 0,
    };
    while bulk.dataset.files() < options.files {
        bulk.shots += 1;
        bulk.add_shot();
    }
}

struct Bulk<'a> {
    dataset: &'a mut Dataset,
    options: &'a Options,
    random: Stream,
    shots: u64,
}

/// What a person did at one moment: one file, or a few of the same stem.
struct Shot {
    stamp: Stamp,
    stem: String,
    /// What follows the stem, and the content.
    members: Vec<(&'static str, ContentNumber)>,
}

impl Bulk<'_> {
    fn add_shot(&mut self) {
        let stamp = camera::stamp(&mut self.random);
        let stem = self.stem(stamp);
        let room = self.options.files - self.dataset.files();
        if room < MOST_FILES {
            let members = vec![self.jpeg(stamp)];
            self.place(
                &Shot {
                    stamp,
                    stem,
                    members,
                },
                1,
            );
            return;
        }
        let members = match self.random.below(1000) {
            0..4 => return self.near_twins(stamp, &stem),
            4..8 => return self.hard_links(stamp, &stem),
            8..12 => return self.empty(stamp, &stem),
            12..22 => return self.takeout(stamp, &stem),
            22..42 => self.raw_and_jpeg(stamp),
            42..57 => self.jpeg_and_sidecar(stamp),
            57..72 => self.live_photo(),
            72..92 => vec![self.raw(stamp)],
            92..102 => vec![self.heif(stamp)],
            102..180 => vec![self.png(stamp)],
            180..270 => vec![self.clip(Brand::Mp4, stamp)],
            270..320 => vec![self.clip(Brand::Mov, stamp)],
            _ => vec![self.jpeg(stamp)],
        };
        let copies = if self.random.happens(self.options.duplicates) {
            2 + self.random.below(2)
        } else {
            1
        };
        self.place(
            &Shot {
                stamp,
                stem,
                members,
            },
            copies,
        );
    }

    /// Puts a shot into `copies` directories, or under other names where it is there already.
    fn place(&mut self, shot: &Shot, copies: u64) {
        let mut directory = self.directory(shot.stamp);
        for copy in 0..copies {
            // One copy in four is made where the original lies.
            if copy > 0 && self.random.below(4) > 0 {
                directory = self.directory(shot.stamp);
            }
            let path = |suffix: &str, number: u32| match number {
                0 => format!("{directory}/{}{suffix}", shot.stem),
                _ => format!("{directory}/{} ({number}){suffix}", shot.stem),
            };
            let mut number = 0;
            while !shot
                .members
                .iter()
                .all(|(suffix, _)| self.dataset.is_free(&path(suffix, number)))
            {
                number += 1;
            }
            let members: Vec<_> = shot
                .members
                .iter()
                .map(|(suffix, content)| (*content, path(suffix, number)))
                .collect();
            match &members[..] {
                [(content, path)] => self.dataset.place(*content, path.as_str()),
                _ => self.dataset.bundle(&members),
            }
        }
    }

    /// A directory for what was taken at `stamp`, in any tree.
    fn directory(&mut self, stamp: Stamp) -> String {
        let (year, month) = (stamp.local.year(), stamp.local.month());
        match self.random.below(20) {
            0..6 => format!("media/{year}"),
            6..9 => format!("media/{year}/{month:02}"),
            9..11 => format!("media/{year}/holidays"),
            // Back-ups of old devices lie where they were made, not where they belong.
            11..12 => format!("media/{}/from old phone", year + 1),
            12..18 => {
                let volume = (year - camera::FIRST_YEAR) / 5 + 1;
                format!("archive/{volume:02}/{year}/{month:02}")
            }
            18..19 => "ingest/phone".into(),
            _ => "ingest/card/DCIM/100CANON".into(),
        }
    }

    /// A stem that no other shot has; the special cases number theirs with four digits, here there are five or more.
    fn stem(&mut self, stamp: Stamp) -> String {
        let number = self.shots;
        match self.random.below(4) {
            0 => format!("IMG_{number:05}"),
            1 => format!("DSC{number:05}"),
            2 => format!("P{number:07}"),
            _ => format!("{}_{number}", stamp.local.strftime("IMG_%Y%m%d_%H%M%S")),
        }
    }

    fn near_twins(&mut self, stamp: Stamp, stem: &str) {
        let (suffix, content) = self.jpeg(stamp);
        let path = format!("{}/{stem}{suffix}", self.directory(stamp));
        let twin = format!("{}/{stem}_twin{suffix}", self.directory(stamp));
        self.dataset.place(content, path.as_str());
        self.dataset.near_twin(content, path, twin);
    }

    fn hard_links(&mut self, stamp: Stamp, stem: &str) {
        let (suffix, content) = self.jpeg(stamp);
        let year = stamp.local.year();
        self.dataset
            .place(content, format!("media/{year}/{stem}{suffix}"));
        self.dataset
            .link(content, format!("media/{year}/{stem}_link{suffix}"));
    }

    fn empty(&mut self, stamp: Stamp, stem: &str) {
        let path = format!("{}/{stem}.jpg", self.directory(stamp));
        self.dataset.file(path, Body::Empty, 0);
    }

    fn takeout(&mut self, stamp: Stamp, stem: &str) {
        let title = format!("{stem}.jpg");
        let id = camera::identifier(&mut self.random);
        let seconds = stamp.unix_seconds();
        let json = Text {
            kind: Kind::Json,
            text: sidecar::takeout(&title, seconds, &id),
            dates: Dates::instant(seconds, "takeout:photoTakenTime"),
        };
        let picture = self.content(Body::Jpeg(None), 1);
        let json = self.content(Body::Text(json), 1);
        let directory = format!("ingest/Takeout/Photos from {}", stamp.local.year());
        self.dataset.bundle(&[
            (picture, format!("{directory}/{title}")),
            (json, format!("{directory}/{title}.json")),
        ]);
    }

    fn raw_and_jpeg(&mut self, stamp: Stamp) -> Vec<(&'static str, ContentNumber)> {
        let raw = self.raw(stamp);
        let jpeg = self.jpeg(stamp);
        vec![raw, (".JPG", jpeg.1)]
    }

    fn jpeg_and_sidecar(&mut self, stamp: Stamp) -> Vec<(&'static str, ContentNumber)> {
        let id = camera::identifier(&mut self.random);
        let text = Text {
            kind: Kind::Xmp,
            text: sidecar::xmp(&stamp, &id),
            dates: Dates::local(&stamp, "xmp:exif:DateTimeOriginal"),
        };
        let jpeg = self.jpeg(stamp);
        let sidecar = self.content(Body::Text(text), 1);
        let style = *self.random.one_of(&[".xmp", ".jpg.xmp"]);
        vec![(".jpg", jpeg.1), (style, sidecar)]
    }

    fn live_photo(&mut self) -> Vec<(&'static str, ContentNumber)> {
        let stamp = camera::zoned_stamp(&mut self.random);
        let (exif, video) = camera::live_photo(stamp, &mut self.random);
        let still = match self.random.below(2) {
            0 => (".HEIC", self.content(Body::Heif(exif), 1)),
            _ => (".JPG", self.content(Body::Jpeg(Some(exif)), 1)),
        };
        vec![still, (".MOV", self.content(Body::Video(video), VIDEO))]
    }

    fn raw(&mut self, stamp: Stamp) -> (&'static str, ContentNumber) {
        let flavour = *self
            .random
            .one_of(&[Flavour::Cr2, Flavour::Nef, Flavour::Dng]);
        let exif = camera::raw_still(flavour, stamp);
        let content = self.content(Body::Raw(flavour, exif), RAW);
        (flavour.suffix(), content)
    }

    fn heif(&mut self, stamp: Stamp) -> (&'static str, ContentNumber) {
        let exif = camera::still(stamp, &mut self.random);
        (".heic", self.content(Body::Heif(exif), 1))
    }

    /// One picture in eight has no EXIF at all.
    fn jpeg(&mut self, stamp: Stamp) -> (&'static str, ContentNumber) {
        let exif = camera::still(stamp, &mut self.random);
        let exif = (self.random.below(8) > 0).then_some(exif);
        let suffix = *self.random.one_of(&[".jpg", ".jpg", ".JPG", ".jpeg"]);
        (suffix, self.content(Body::Jpeg(exif), 1))
    }

    fn png(&mut self, stamp: Stamp) -> (&'static str, ContentNumber) {
        let exif = camera::still(stamp, &mut self.random);
        let exif = (self.random.below(2) == 0).then_some(exif);
        (".png", self.content(Body::Png(exif), 1))
    }

    fn clip(&mut self, brand: Brand, stamp: Stamp) -> (&'static str, ContentNumber) {
        let video = camera::clip(brand, stamp, &mut self.random);
        let zoned = camera::zoned_stamp(&mut self.random);
        let (suffix, creation_date) = match brand {
            Brand::Mp4 => (".mp4", None),
            Brand::Mov => (".mov", (self.random.below(2) == 0).then_some(zoned)),
        };
        let body = Body::Video(Video {
            creation_date,
            ..video
        });
        (suffix, self.content(body, VIDEO))
    }

    /// A content `times` as large as a photo.
    fn content(&mut self, body: Body, times: u64) -> ContentNumber {
        let size = self.random.size(self.options.size).saturating_mul(times);
        self.dataset.content(body, size)
    }
}
