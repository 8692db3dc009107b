//! Videos: MP4 and QuickTime files of one JPEG frame, with their dates in `mvhd` and in Apple's metadata.
//!
//! Sources: ISO/IEC 14496-12 and -14, Apple's QuickTime File Format Specification.

use std::io;

use super::boxes::{container, header, versioned};
use super::exif::Stamp;
use super::picture::{HEIGHT, LEAST_NOISE, WIDTH, jpeg_frame};
use super::random::Stream;
use super::sketch::Sketch;

/// Seconds from 1904, where QuickTime counts from, to 1970.
const FROM_1904: u64 = 2_082_844_800;

/// Units in a second, for all times in the file.
const TIMESCALE: u32 = 600;

/// What a video says about itself.
#[derive(Clone)]
pub(super) struct Video {
    pub(super) brand: Brand,
    /// Seconds from 1970 UTC in `mvhd`; `None` writes the 0 of a camera whose clock was never set.
    pub(super) created: Option<u64>,
    /// Whether `mvhd` is of version 1, with 64-bit times.
    pub(super) wide: bool,
    /// Whether `moov` comes before the data, as in files made for streaming.
    pub(super) moov_first: bool,
    /// `com.apple.quicktime.creationdate`.
    pub(super) creation_date: Option<Stamp>,
    /// `com.apple.quicktime.content.identifier`, which pairs a Live Photo's video with its still.
    pub(super) content_id: Option<String>,
}

/// The kind of a video file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Brand {
    /// MPEG-4.
    Mp4,
    /// QuickTime.
    Mov,
}

impl Video {
    /// A file of about `size` bytes.
    pub(super) fn sketch(&self, size: u64, random: &mut Stream) -> io::Result<Sketch> {
        let frame = jpeg_frame(None, random)?;
        let start = match self.brand {
            Brand::Mp4 => container(b"ftyp", &[b"isom\0\0\x02\0", b"isom", b"mp41"]),
            // QuickTime leaves room for a larger `mdat` header, in case the data outgrows it.
            Brand::Mov => {
                let mut start = container(b"ftyp", &[b"qt  \0\0\x02\0", b"qt  "]);
                start.extend(container(b"wide", &[]));
                start
            }
        };
        // How long `moov` is does not depend on the offset in it.
        let moov_size = self.moov(frame.len(), 0).len();
        let noise = size
            .saturating_sub((start.len() + moov_size + 8 + frame.len()) as u64)
            .max(LEAST_NOISE);
        let data = header(b"mdat", frame.len() as u64 + noise);
        let before = if self.moov_first { moov_size } else { 0 };
        let moov = self.moov(frame.len(), start.len() + before + data.len());

        let mut sketch = Sketch::default();
        sketch.bytes(start);
        if self.moov_first {
            sketch.bytes(moov.clone());
        }
        sketch.bytes(data);
        sketch.bytes(frame);
        sketch.noise(noise);
        if !self.moov_first {
            sketch.bytes(moov);
        }
        Ok(sketch)
    }

    /// The `moov` box for one frame of `length` bytes that lies at `offset`.
    fn moov(&self, length: usize, offset: usize) -> Vec<u8> {
        let mut parts = vec![self.movie_header(), self.track(length, offset)];
        parts.extend(self.metadata());
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        container(b"moov", &parts)
    }

    fn movie_header(&self) -> Vec<u8> {
        let seconds = self.seconds_from_1904();
        let mut times = Vec::new();
        if self.wide {
            times.extend(seconds.to_be_bytes());
            times.extend(seconds.to_be_bytes());
            times.extend(TIMESCALE.to_be_bytes());
            times.extend(u64::from(TIMESCALE).to_be_bytes());
        } else {
            times.extend((seconds as u32).to_be_bytes());
            times.extend((seconds as u32).to_be_bytes());
            times.extend(TIMESCALE.to_be_bytes());
            times.extend(TIMESCALE.to_be_bytes());
        }
        versioned(
            b"mvhd",
            u8::from(self.wide),
            0,
            &[
                &times,
                b"\0\x01\0\0\x01\0", // Normal rate, full volume.
                &[0; 10],
                &identity_matrix(),
                &[0; 24],
                &2_u32.to_be_bytes(), // The number of the next track.
            ],
        )
    }

    /// Seconds since 1904, or 0 if the camera did not know the time.
    fn seconds_from_1904(&self) -> u64 {
        self.created.map_or(0, |seconds| seconds + FROM_1904)
    }

    fn track(&self, length: usize, offset: usize) -> Vec<u8> {
        let seconds = (self.seconds_from_1904() as u32).to_be_bytes();
        let duration = TIMESCALE.to_be_bytes();
        let track_header = versioned(
            b"tkhd",
            0,
            7, // Enabled, in the movie, in the preview.
            &[
                &seconds,
                &seconds,
                &1_u32.to_be_bytes(),
                &[0; 4],
                &duration,
                &[0; 16], // Reserved, layer, group, volume of a silent track, reserved.
                &identity_matrix(),
                &(u32::from(WIDTH) << 16).to_be_bytes(),
                &(u32::from(HEIGHT) << 16).to_be_bytes(),
            ],
        );
        let media_header = versioned(
            b"mdhd",
            0,
            0,
            &[
                &seconds,
                &seconds,
                &TIMESCALE.to_be_bytes(),
                &duration,
                b"\x55\xc4\0\0", // The language is undetermined.
            ],
        );
        let component: &[u8; 4] = match self.brand {
            Brand::Mp4 => b"\0\0\0\0",
            Brand::Mov => b"mhlr",
        };
        let handler = versioned(b"hdlr", 0, 0, &[component, b"vide", &[0; 12], b"\0"]);
        let here = versioned(b"url ", 0, 1, &[]);
        let references = versioned(b"dref", 0, 0, &[&1_u32.to_be_bytes(), &here]);
        let information = container(
            b"minf",
            &[
                &versioned(b"vmhd", 0, 1, &[&[0; 8]]),
                &container(b"dinf", &[&references]),
                &self.sample_table(length, offset),
            ],
        );
        let media = container(b"mdia", &[&media_header, &handler, &information]);
        container(b"trak", &[&track_header, &media])
    }

    /// One chunk of one sample, which lasts a second.
    fn sample_table(&self, length: usize, offset: usize) -> Vec<u8> {
        let one = 1_u32.to_be_bytes();
        let length = (length as u32).to_be_bytes();
        container(
            b"stbl",
            &[
                &versioned(b"stsd", 0, 0, &[&one, &self.sample_entry()]),
                &versioned(b"stts", 0, 0, &[&one, &one, &TIMESCALE.to_be_bytes()]),
                &versioned(b"stsc", 0, 0, &[&one, &one, &one, &one]),
                &versioned(b"stsz", 0, 0, &[&length, &one]),
                &versioned(b"stco", 0, 0, &[&one, &(offset as u32).to_be_bytes()]),
            ],
        )
    }

    /// How frames are coded: QuickTime has a code of its own for JPEG, MP4 a stream descriptor.
    fn sample_entry(&self) -> Vec<u8> {
        /// ES_Descriptor, DecoderConfigDescriptor of object type 0x6c (JPEG), SLConfigDescriptor.
        const DESCRIPTORS: &[u8] =
            b"\x03\x15\0\x01\0\x04\x0d\x6c\x11\0\0\0\0\0\0\0\0\0\0\0\0\x06\x01\x02";
        let extension = match self.brand {
            Brand::Mp4 => versioned(b"esds", 0, 0, &[DESCRIPTORS]),
            Brand::Mov => Vec::new(),
        };
        let kind = match self.brand {
            Brand::Mp4 => b"mp4v",
            Brand::Mov => b"jpeg",
        };
        container(
            kind,
            &[
                &[0; 6],
                b"\0\x01", // The first data reference.
                &[0; 16],
                &WIDTH.to_be_bytes(),
                &HEIGHT.to_be_bytes(),
                b"\0\x48\0\0\0\x48\0\0", // 72 dots an inch, both ways.
                &[0; 4],
                b"\0\x01", // One frame a sample.
                &[0; 32],
                b"\0\x18\xff\xff", // 24 bits a pixel, no colour table.
                &extension,
            ],
        )
    }

    /// Apple's metadata: a list of keys, and a value for each by its number.
    fn metadata(&self) -> Option<Vec<u8>> {
        let mut pairs = Vec::new();
        if let Some(stamp) = &self.creation_date {
            let offset = stamp.offset_text().unwrap_or_default().replace(':', "");
            let date = stamp.local.strftime("%Y-%m-%dT%H:%M:%S");
            pairs.push((
                "com.apple.quicktime.creationdate",
                format!("{date}{offset}"),
            ));
        }
        if let Some(id) = &self.content_id {
            pairs.push(("com.apple.quicktime.content.identifier", id.clone()));
        }
        if pairs.is_empty() {
            return None;
        }
        let mut keys = (pairs.len() as u32).to_be_bytes().to_vec();
        let mut values = Vec::new();
        for (number, (key, value)) in (1_u32..).zip(&pairs) {
            keys.extend(container(b"mdta", &[key.as_bytes()]));
            let data = container(b"data", &[b"\0\0\0\x01\0\0\0\0", value.as_bytes()]);
            values.extend(container(&number.to_be_bytes(), &[&data]));
        }
        let handler = versioned(b"hdlr", 0, 0, &[b"\0\0\0\0mdta", &[0; 12], b"\0"]);
        Some(container(
            b"meta",
            &[
                &handler,
                &versioned(b"keys", 0, 0, &[&keys]),
                &container(b"ilst", &[&values]),
            ],
        ))
    }
}

/// The 3×3 matrix that leaves a picture as it is, in 16.16 and 2.30 fixed point.
fn identity_matrix() -> [u8; 36] {
    let mut matrix = [0; 36];
    matrix[1] = 1;
    matrix[17] = 1;
    matrix[32] = 0x40;
    matrix
}
