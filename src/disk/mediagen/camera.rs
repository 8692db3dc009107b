//! What cameras and phones write: when, with what, and how they tell.

use jiff::SignedDuration;
use jiff::civil::date;

use super::exif::{Date, Exif, Order, Stamp};
use super::quicktime::{Brand, Video};
use super::random::Stream;
use super::raw::Flavour;

/// The first year in which pictures are taken.
pub(super) const FIRST_YEAR: i16 = 2009;

/// How many years pictures are taken in.
const YEARS: i64 = 15;

/// Makers, models and the byte order of their EXIF.
const CAMERAS: [(&str, &str, Order); 5] = [
    ("Canon", "Canon EOS 6D", Order::Little),
    ("NIKON CORPORATION", "NIKON D750", Order::Big),
    ("Panasonic", "DC-GX9", Order::Little),
    ("Apple", "iPhone 8", Order::Big),
    ("Google", "Pixel 4", Order::Big),
];

/// Offsets from UTC, in minutes, of places where pictures are taken.
const OFFSETS: [i16; 6] = [-480, -180, 0, 60, 120, 330];

/// A moment in the years of the data set.
pub(super) fn stamp(random: &mut Stream) -> Stamp {
    let seconds = random.below(YEARS as u64 * 365 * 86_400) as i64;
    let first = date(FIRST_YEAR, 1, 1).at(0, 0, 0, 0);
    Stamp {
        local: first.saturating_add(SignedDuration::from_secs(seconds)),
        millis: (random.below(3) == 0).then(|| random.below(1000) as u16),
        offset: (random.below(2) == 0).then(|| *random.one_of(&OFFSETS)),
    }
}

/// A moment whose offset is known, as phones know it.
pub(super) fn zoned_stamp(random: &mut Stream) -> Stamp {
    let offset = *random.one_of(&OFFSETS);
    Stamp {
        offset: Some(offset),
        ..stamp(random)
    }
}

/// The EXIF block of a picture taken at `stamp`.
pub(super) fn still(stamp: Stamp, random: &mut Stream) -> Exif {
    let (make, model, order) = *random.one_of(&CAMERAS);
    Exif {
        order,
        make,
        model,
        date: Date::Taken(stamp),
        content_id: None,
    }
}

/// The EXIF block of a raw file of `flavour`, and of the JPEG beside it.
pub(super) fn raw_still(flavour: Flavour, stamp: Stamp) -> Exif {
    let (make, model, order) = flavour.camera();
    Exif {
        order,
        make,
        model,
        date: Date::Taken(stamp),
        content_id: None,
    }
}

/// The still and the video of a Live Photo, which carry the same identifier.
pub(super) fn live_photo(stamp: Stamp, random: &mut Stream) -> (Exif, Video) {
    let id = identifier(random).to_uppercase();
    let exif = Exif {
        order: Order::Big,
        make: "Apple",
        model: "iPhone 8",
        date: Date::Taken(stamp),
        content_id: Some(id.clone()),
    };
    let video = Video {
        creation_date: Some(stamp),
        content_id: Some(id),
        ..clip(Brand::Mov, stamp, random)
    };
    (exif, video)
}

/// A video begun at `stamp`, which tells it in UTC only.
pub(super) fn clip(brand: Brand, stamp: Stamp, random: &mut Stream) -> Video {
    // A camera that knows no offset writes its local time as if it were UTC.
    Video {
        brand,
        created: u64::try_from(stamp.unix_seconds()).ok(),
        wide: random.below(4) == 0,
        moov_first: random.below(3) == 0,
        creation_date: None,
        content_id: None,
    }
}

/// A random identifier in the form of a UUID, in lower case.
pub(super) fn identifier(random: &mut Stream) -> String {
    let (high, low) = (random.number(), random.number());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}
