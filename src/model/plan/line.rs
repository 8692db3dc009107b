//! Moves and needs, each on a line of its own, as plans have them: the same that serde writes, and
//! reads.

use super::{Move, Need, Why};
use crate::model::digest::Digest;
use crate::model::json::{Reader, Writer};
use crate::model::time::Time;
use crate::model::volume::VolumeName;

impl Move {
    /// Writes it as JSON.
    pub(in crate::model) fn write(&self, text: &mut Vec<u8>) {
        let mut text = Writer(text);
        text.put("{\"from\":").path(&self.from);
        text.put(",\"to\":").path(&self.to);
        write_content(&mut text, self.size, self.modified, &self.hash);
        text.put(",\"why\":");
        self.why.write(&mut text);
        if let Some(main) = &self.bundle {
            text.put(",\"bundle\":").path(main);
        }
        text.put("}");
    }

    /// Reads the move that stands next, up to the end of its JSON; none where it is spelled in any
    /// other way than [`Move::write`] does, or its reason tells when it was taken.
    pub(in crate::model) fn read(reader: &mut Reader<'_>) -> Option<Move> {
        reader.skip("{\"from\":\"")?;
        let from = reader.path()?;
        reader.skip(",\"to\":\"")?;
        let to = reader.path()?;
        let (size, modified, hash) = read_content(reader)?;
        reader.skip(",\"why\":{\"kind\":\"")?;
        let why = Why::read(reader)?;
        let bundle = match reader.skip(",\"bundle\":\"") {
            Some(()) => Some(reader.path()?),
            None => None,
        };
        reader.skip("}")?;
        Some(Move {
            from,
            to,
            size,
            modified,
            hash,
            why,
            bundle,
        })
    }
}

impl Why {
    fn write(&self, text: &mut Writer<'_>) {
        if self.dated().is_some() {
            serde_json::to_writer(&mut *text.0, self).expect("memory takes every byte");
            return;
        }
        text.put("{\"kind\":").string(self.kind());
        if let Some(of) = self.keeper() {
            text.put(",\"of\":").path(of);
        }
        match self {
            Why::Volume { number } => drop(text.put(",\"number\":").number((*number).into())),
            Why::Undo { run } => drop(text.put(",\"run\":").string(run.as_str())),
            _ => {}
        }
        text.put("}");
    }

    /// Reads it from behind the opening quote of its kind.
    fn read(reader: &mut Reader<'_>) -> Option<Why> {
        let kind = reader.string()?;
        let why = match kind {
            "volume" => {
                reader.skip(",\"number\":")?;
                let number = reader.number()?;
                Why::Volume { number }
            }
            "duplicate" | "proven_duplicate" => {
                reader.skip(",\"of\":\"")?;
                let of = reader.path()?;
                match kind {
                    "duplicate" => Why::Duplicate { of, dated: None },
                    _ => Why::ProvenDuplicate { of },
                }
            }
            "undo" => {
                reader.skip(",\"run\":\"")?;
                let run = reader.parsed()?;
                Why::Undo { run }
            }
            _ => return None,
        };
        reader.skip("}")?;
        Some(why)
    }
}

impl Need {
    /// Writes it as JSON.
    pub(in crate::model) fn write(&self, text: &mut Vec<u8>) {
        let mut text = Writer(text);
        text.put("{\"path\":").path(&self.path);
        if let Some(volume) = &self.offline {
            text.put(",\"offline\":").string(volume.as_str());
        }
        write_content(&mut text, self.size, self.modified, &self.hash);
        text.put("}");
    }

    /// Reads the need that stands next, up to the end of its JSON; none where it is spelled in any
    /// other way than [`Need::write`] does.
    pub(in crate::model) fn read(reader: &mut Reader<'_>) -> Option<Need> {
        reader.skip("{\"path\":\"")?;
        let path = reader.path()?;
        let offline = match reader.skip(",\"offline\":\"") {
            Some(()) => Some(VolumeName::try_from(reader.string()?.to_owned()).ok()?),
            None => None,
        };
        let (size, modified, hash) = read_content(reader)?;
        reader.skip("}")?;
        Some(Need {
            path,
            offline,
            size,
            modified,
            hash,
        })
    }
}

/// Writes what tells the content of a file.
fn write_content(text: &mut Writer<'_>, size: u64, modified: Time, hash: &Digest) {
    text.put(",\"size\":").number(size);
    text.put(",\"modified\":").time(modified);
    text.put(",\"hash\":").digest(hash);
}

/// Reads what [`write_content`] writes.
fn read_content(reader: &mut Reader<'_>) -> Option<(u64, Time, Digest)> {
    reader.skip(",\"size\":")?;
    let size = reader.number()?;
    reader.skip(",\"modified\":\"")?;
    let modified = reader.time()?;
    reader.skip(",\"hash\":\"")?;
    Some((size, modified, reader.digest()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::TreePath;
    use proptest::prelude::*;

    fn path() -> impl Strategy<Value = TreePath<'static>> {
        let names = prop_oneof!["[a-z]/[ -~é]{1,9}", "[a-z]{1,9}"];
        let bytes = (names, any::<bool>()).prop_map(|(name, is_text)| match is_text {
            true => name.into_bytes(),
            false => [name.as_bytes(), b"\xff%"].concat(),
        });
        bytes.prop_filter_map("no path", |bytes| {
            let text = ["media/".as_bytes(), &bytes].concat();
            let rel = crate::model::path::RelPath::new(bytes).ok()?;
            let path = TreePath::new(crate::model::tree::Tree::Media, rel);
            (path.to_bytes() == text).then_some(path)
        })
    }

    fn moves() -> impl Strategy<Value = Move> {
        let run = "20241122T155212.123Z-0a1b2c".parse().unwrap();
        let why = prop_oneof![
            any::<u32>().prop_map(|number| Why::Volume { number }),
            path().prop_map(|of| Why::Duplicate { of, dated: None }),
            path().prop_map(|of| Why::ProvenDuplicate { of }),
            Just(Why::Undo { run }),
        ];
        let parts = (
            path(),
            path(),
            why,
            proptest::option::of(path()),
            any::<u64>(),
        );
        parts.prop_map(|(from, to, why, bundle, size)| Move {
            from,
            to,
            size,
            modified: Time::new((size >> 29).cast_signed(), (size >> 40) as u32).unwrap(),
            hash: Digest::of(&size.to_le_bytes()),
            why,
            bundle,
        })
    }

    /// What `read` makes of the whole of a text.
    fn whole<T>(text: &[u8], read: impl Fn(&mut Reader<'_>) -> Option<T>) -> Option<T> {
        let mut reader = Reader(text);
        read(&mut reader).filter(|_| reader.0.is_empty())
    }

    proptest! {
        #[test]
        fn lines_are_what_serde_makes_of_them(
            operation in moves(),
            offline in proptest::option::of("[0-9]{2,3}"),
            at: prop::sample::Index,
            odd: u8,
        ) {
            let need = Need {
                path: operation.to.clone(),
                offline: offline.map(|name| name.try_into().unwrap()),
                size: operation.size,
                modified: operation.modified,
                hash: operation.hash,
            };
            let mut text = Vec::new();
            need.write(&mut text);
            prop_assert_eq!(&text, &serde_json::to_vec(&need).unwrap());
            let is_plain = |text: &[u8]| !text.contains(&b'\\');
            prop_assert_eq!(whole(&text, Need::read), is_plain(&text).then_some(need));
            let place = at.index(text.len());
            text[place] = odd;
            if let Some(need) = whole(&text, Need::read) {
                prop_assert_eq!(need, serde_json::from_slice::<Need>(&text).unwrap());
            }

            text.clear();
            operation.write(&mut text);
            prop_assert_eq!(&text, &serde_json::to_vec(&operation).unwrap());
            prop_assert_eq!(whole(&text, Move::read), is_plain(&text).then_some(operation));
            let place = at.index(text.len());
            text[place] = odd;
            if let Some(operation) = whole(&text, Move::read) {
                prop_assert_eq!(operation, serde_json::from_slice::<Move>(&text).unwrap());
            }
        }
    }
}
