//! XMP: a packet of RDF in a file, or a sidecar that is nothing else (ISO 16684-1).
//!
//! Only what the packet says of the picture itself counts: the properties of the descriptions
//! directly within `rdf:RDF`, not those of its ancestors or ingredients. A packet that breaks off
//! tells what came before. quick-xml expands no entities of a document's own, and the packet is
//! held once; prefixes are noted in a short list rather than looked up in nested scopes, so that
//! no packet takes more than one pass.

use super::bounded::{Bounded, Span};
use super::found::Finds;
use super::text::{self, Written};
use crate::model::capture::Source;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;

/// How long a packet is at most, in bytes: some hold every step of a picture's making.
const MOST_PACKET: usize = 4 << 20;

/// How many declarations of prefixes are noted.
const MOST_PREFIXES: usize = 64;

/// How many bytes of a property's text are kept.
const MOST_VALUE: usize = 64;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";

/// Whether a file that begins with `head` is an XMP sidecar.
pub(super) fn begins(head: &[u8]) -> bool {
    let text = decoded(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let opens = ["<?xpacket", "<x:xmpmeta", "<rdf:RDF"];
    let names = || ["<x:xmpmeta", "<rdf:RDF", "<?xpacket", "adobe:ns:meta"];
    opens.iter().any(|open| text.starts_with(open))
        || (text.starts_with("<?xml") && names().iter().any(|name| text.contains(name)))
}

/// Reads the packet that lies at `packet`.
pub(super) fn read(bytes: &mut Bounded<'_>, packet: Span, finds: &mut Finds) {
    self::packet(&bytes.up_to(packet, 0, MOST_PACKET), finds);
}

/// Reads a packet in hand.
pub(super) fn packet(bytes: &[u8], finds: &mut Finds) {
    let text = decoded(bytes);
    // Bytes before the first element, such as a mark of byte order, are no harm to anybody.
    let Some(start) = text.find('<') else {
        return;
    };
    let mut reader = Reader::from_str(&text[start..]);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut packet = Packet {
        depth: 0,
        rdf: None,
        prefixes: Vec::new(),
        property: None,
    };
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => packet.start(&element, finds),
            Ok(Event::Empty(element)) => {
                packet.start(&element, finds);
                packet.end(finds);
            }
            Ok(Event::End(_)) => packet.end(finds),
            Ok(Event::Text(text)) => packet.text(&text),
            Ok(Event::CData(text)) => packet.text(&text),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
}

/// Where the reading of a packet stands.
struct Packet {
    depth: usize,
    /// How deep `rdf:RDF` lies, within it.
    rdf: Option<usize>,
    prefixes: Vec<(String, &'static str)>,
    /// The property of the picture that is being read, and its text so far.
    property: Option<(Source, String)>,
}

impl Packet {
    fn start(&mut self, element: &BytesStart<'_>, finds: &mut Finds) {
        self.depth += 1;
        self.note_prefixes(element);
        let name = element.name();
        match self.rdf {
            None if self.is(name.0, RDF, "RDF") => self.rdf = Some(self.depth),
            Some(rdf) if self.depth == rdf + 1 => self.description(element, finds),
            Some(rdf) if self.depth == rdf + 2 => {
                self.property = self.source(name.0).map(|source| (source, String::new()));
            }
            _ => {}
        }
    }

    fn end(&mut self, finds: &mut Finds) {
        if self.rdf == Some(self.depth) {
            self.rdf = None;
        }
        if self.rdf.is_some_and(|rdf| self.depth == rdf + 2)
            && let Some((source, value)) = self.property.take()
        {
            keep(source, &value, finds);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn text(&mut self, text: &str) {
        if let Some((_, value)) = &mut self.property {
            let left = MOST_VALUE.saturating_sub(value.len());
            value.extend(text.chars().take(left));
        }
    }

    /// Takes the properties that stand as attributes.
    fn description(&self, element: &BytesStart<'_>, finds: &mut Finds) {
        for attribute in element.attributes().with_checks(false).flatten() {
            if let Some(source) = self.source(attribute.key.0) {
                keep(source, &attribute.value, finds);
            }
        }
    }

    fn note_prefixes(&mut self, element: &BytesStart<'_>) {
        for attribute in element.attributes().with_checks(false).flatten() {
            let Some(prefix) = attribute.key.0.strip_prefix("xmlns:") else {
                continue;
            };
            let known = [RDF, EXIF, PHOTOSHOP, XMP];
            let namespace = known.into_iter().find(|name| *name == attribute.value);
            if let Some(namespace) = namespace
                && self.prefixes.len() < MOST_PREFIXES
                && prefix.len() <= MOST_VALUE
            {
                self.prefixes.push((prefix.to_owned(), namespace));
            }
        }
    }

    /// What property of a picture's date a qualified name stands for.
    fn source(&self, name: &str) -> Option<Source> {
        if self.is(name, EXIF, "DateTimeOriginal") {
            return Some(Source::XmpOriginal);
        }
        if self.is(name, PHOTOSHOP, "DateCreated") {
            return Some(Source::XmpCreated);
        }
        self.is(name, XMP, "CreateDate")
            .then_some(Source::XmpCreateDate)
    }

    /// Whether `name` is `local` in `namespace`: by a declared prefix, or by the usual one where
    /// the packet, broken or careless, declares none for it.
    fn is(&self, name: &str, namespace: &str, local: &str) -> bool {
        let Some((prefix, rest)) = name.split_once(':') else {
            return false;
        };
        if rest != local {
            return false;
        }
        let declared = self.prefixes.iter().rev().find(|known| known.0 == prefix);
        match declared {
            Some((_, declared)) => *declared == namespace,
            None => usual(prefix) == Some(namespace),
        }
    }
}

/// The namespace that a prefix usually stands for.
fn usual(prefix: &str) -> Option<&'static str> {
    match prefix {
        "rdf" => Some(RDF),
        "exif" => Some(EXIF),
        "photoshop" => Some(PHOTOSHOP),
        "xmp" | "xap" => Some(XMP),
        _ => None,
    }
}

fn keep(source: Source, value: &str, finds: &mut Finds) {
    match text::date(value.as_bytes()) {
        Some(Written::Time(at, offset)) => finds.local(source, at, offset),
        Some(Written::Day(day)) => finds.day(source, day),
        None => {}
    }
}

/// The text of a packet, which is UTF-8 unless every other byte of its start is NUL.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let unit: Option<fn([u8; 2]) -> u16> = match bytes {
        [0xfe, 0xff, ..] | [0, b'<', 0, ..] => Some(u16::from_be_bytes),
        [0xff, 0xfe, ..] | [b'<', 0, _, 0, ..] => Some(u16::from_le_bytes),
        _ => None,
    };
    let Some(unit) = unit else {
        return String::from_utf8_lossy(bytes);
    };
    let (units, _) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(units.iter().map(|pair| unit(*pair)));
    let readable = text.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER));
    readable.collect::<String>().into()
}
