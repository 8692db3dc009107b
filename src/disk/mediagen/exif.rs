//! EXIF: a TIFF block written by hand, in either byte order (CIPA DC-008, TIFF 6.0).

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// What a camera tells about a picture.
#[derive(Clone)]
pub(in crate::disk) struct Exif {
    pub(in crate::disk) order: Order,
    pub(in crate::disk) make: &'static str,
    pub(in crate::disk) model: &'static str,
    pub(in crate::disk) date: Date,
    /// Apple's ContentIdentifier, which a Live Photo's video carries too.
    pub(in crate::disk) content_id: Option<String>,
}

/// The date in an EXIF block.
#[derive(Clone)]
pub(in crate::disk) enum Date {
    /// DateTimeOriginal, with what goes with it.
    Taken(Stamp),
    /// DateTimeOriginal as cameras without a set clock write it: all zeros.
    Zeros,
}

/// A moment as the wall clock showed it where the picture was taken.
#[derive(Clone, Copy)]
pub(in crate::disk) struct Stamp {
    pub(in crate::disk) local: DateTime,
    /// SubSecTimeOriginal, in milliseconds.
    pub(in crate::disk) millis: Option<u16>,
    /// Minutes east of UTC.
    pub(in crate::disk) offset: Option<i16>,
}

/// The byte order of a TIFF block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) enum Order {
    /// `II`, least significant byte first.
    Little,
    /// `MM`, most significant byte first.
    Big,
}

/// One entry of a TIFF directory: its number and its value.
pub(in crate::disk) struct Tag(pub(in crate::disk) u16, pub(in crate::disk) Value);

/// A TIFF value, of the types that are used here.
pub(in crate::disk) enum Value {
    /// BYTE, one or more.
    Bytes(Vec<u8>),
    /// ASCII; the closing NUL is added.
    Text(String),
    /// SHORT.
    Short(u16),
    /// LONG.
    Long(u32),
    /// UNDEFINED, one or more bytes.
    Opaque(Vec<u8>),
    /// A LONG that points to a directory of its own.
    Directory(Vec<Tag>),
}

impl Exif {
    /// The whole TIFF block, as it stands in PNG `eXIf`.
    pub(in crate::disk) fn block(&self) -> Vec<u8> {
        tiff(self.order, &[], self.tags())
    }

    /// The block behind `Exif\0\0`, as it stands in JPEG APP1 and HEIF items.
    pub(in crate::disk) fn marked_block(&self) -> Vec<u8> {
        let mut bytes = b"Exif\0\0".to_vec();
        bytes.extend(self.block());
        bytes
    }

    /// The first directory: maker, model, date of the last change, and the EXIF directory.
    pub(in crate::disk) fn tags(&self) -> Vec<Tag> {
        let mut tags = vec![
            Tag(0x010f, Value::Text(self.make.into())),
            Tag(0x0110, Value::Text(self.model.into())),
            Tag(0x0112, Value::Short(1)),
        ];
        let mut exif = vec![Tag(0x9000, Value::Opaque(b"0232".to_vec()))];
        match &self.date {
            Date::Zeros => {
                exif.push(Tag(0x9003, Value::Text("0000:00:00 00:00:00".into())));
            }
            Date::Taken(stamp) => {
                // The file's own date is later and elsewhere: readers must not take it for the picture's.
                let changed = stamp.local.saturating_add(SignedDuration::from_hours(50));
                tags.push(Tag(0x0132, Value::Text(exif_text(changed))));
                exif.push(Tag(0x9010, Value::Text("+00:00".into())));
                exif.push(Tag(0x9003, Value::Text(exif_text(stamp.local))));
                exif.push(Tag(0x9004, Value::Text(exif_text(stamp.local))));
                if let Some(offset) = stamp.offset_text() {
                    exif.push(Tag(0x9011, Value::Text(offset)));
                }
                if let Some(millis) = stamp.millis {
                    exif.push(Tag(0x9291, Value::Text(format!("{millis:03}"))));
                }
            }
        }
        if let Some(id) = &self.content_id {
            exif.push(Tag(0x927c, Value::Opaque(apple_maker_note(id))));
        }
        tags.push(Tag(0x8769, Value::Directory(exif)));
        tags
    }
}

impl Stamp {
    /// The offset as `+02:00`, if it is known.
    pub(in crate::disk) fn offset_text(&self) -> Option<String> {
        self.offset.map(|minutes| {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        })
    }

    /// Seconds from 1970 UTC to this moment, its offset taken as 0 where it is unknown.
    pub(in crate::disk) fn unix_seconds(&self) -> i64 {
        let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        self.local.duration_since(epoch).as_secs() - i64::from(self.offset.unwrap_or(0)) * 60
    }
}

fn exif_text(date: DateTime) -> String {
    date.strftime("%Y:%m:%d %H:%M:%S").to_string()
}

/// Apple's maker note, which counts its offsets from its own start and is always big-endian.
fn apple_maker_note(content_id: &str) -> Vec<u8> {
    let mut note = b"Apple iOS\0\0\x01MM".to_vec();
    let tags = vec![Tag(0x0011, Value::Text(content_id.into()))];
    note.extend(directory(Order::Big, tags, note.len() as u32));
    note
}

/// A TIFF block: its 8-byte header, `extra` bytes behind it, and the directory `tags`.
pub(in crate::disk) fn tiff(order: Order, extra: &[u8], tags: Vec<Tag>) -> Vec<u8> {
    let mut block = match order {
        Order::Little => b"II".to_vec(),
        Order::Big => b"MM".to_vec(),
    };
    order.short(&mut block, 42);
    let first = 8 + extra.len() as u32;
    order.long(&mut block, first);
    block.extend(extra);
    block.extend(directory(order, tags, first));
    block
}

/// One directory laid at `start`, followed by the values that do not fit into its entries.
fn directory(order: Order, mut tags: Vec<Tag>, start: u32) -> Vec<u8> {
    tags.sort_by_key(|tag| tag.0);
    let mut entries = Vec::new();
    let mut values = Vec::new();
    let after = start + 2 + 12 * tags.len() as u32 + 4;
    order.short(&mut entries, tags.len() as u16);
    for Tag(number, value) in tags {
        let at = after + values.len() as u32;
        let (kind, count, mut bytes) = value.encode(order, at);
        order.short(&mut entries, number);
        order.short(&mut entries, kind);
        order.long(&mut entries, count);
        // A directory is longer than 4 bytes too, so its entry points to it like any long value's.
        if bytes.len() > 4 {
            order.long(&mut entries, at);
            values.extend(bytes);
        } else {
            bytes.resize(4, 0);
            entries.extend(bytes);
        }
        if values.len() % 2 == 1 {
            values.push(0);
        }
    }
    order.long(&mut entries, 0);
    entries.extend(values);
    entries
}

impl Value {
    /// The TIFF type, the count and the bytes of this value, were they to lie at `at`.
    fn encode(self, order: Order, at: u32) -> (u16, u32, Vec<u8>) {
        let mut bytes = Vec::new();
        match self {
            Value::Bytes(list) => (1, list.len() as u32, list),
            Value::Text(text) => {
                bytes.extend(text.into_bytes());
                bytes.push(0);
                (2, bytes.len() as u32, bytes)
            }
            Value::Short(number) => {
                order.short(&mut bytes, number);
                (3, 1, bytes)
            }
            Value::Long(number) => {
                order.long(&mut bytes, number);
                (4, 1, bytes)
            }
            Value::Opaque(list) => (7, list.len() as u32, list),
            Value::Directory(tags) => (4, 1, directory(order, tags, at)),
        }
    }
}

impl Order {
    fn short(self, to: &mut Vec<u8>, number: u16) {
        match self {
            Order::Little => to.extend(number.to_le_bytes()),
            Order::Big => to.extend(number.to_be_bytes()),
        }
    }

    fn long(self, to: &mut Vec<u8>, number: u32) {
        match self {
            Order::Little => to.extend(number.to_le_bytes()),
            Order::Big => to.extend(number.to_be_bytes()),
        }
    }
}
