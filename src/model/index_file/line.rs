//! One file of an index, on a line of its own, as this version writes it.

use crate::model::index::{Entry, Stamp};
use crate::model::json::{Reader, Writer};
use crate::model::path::RelPath;

/// Reads the file that stands next, up to the end of its JSON; none where it is spelled in any other
/// way than [`write()`] does, or has no hash.
pub(super) fn read<'t>(reader: &mut Reader<'t>) -> Option<Entry<'t>> {
    reader.skip("{\"path\":\"")?;
    let path = RelPath::from_text(reader.string()?).ok()?;
    reader.skip(",\"hash\":\"")?;
    let hash = Ok(reader.digest()?);
    reader.skip(",\"size\":")?;
    let size = reader.number()?;
    reader.skip(",\"modified\":\"")?;
    let modified = reader.time()?;
    reader.skip(",\"changed\":\"")?;
    let changed = reader.time()?;
    reader.skip(",\"device\":")?;
    let device = reader.number()?;
    reader.skip(",\"inode\":")?;
    let inode = reader.number()?;
    reader.skip("}")?;
    let stamp = Stamp {
        size,
        modified,
        changed,
        device,
        inode,
    };
    Some(Entry { path, hash, stamp })
}

/// Writes a file.
pub(super) fn write(entry: &Entry<'_>, text: &mut Vec<u8>) {
    let stamp = &entry.stamp;
    let mut text = Writer(text);
    text.put("{\"path\":").string(&entry.path.to_text());
    match &entry.hash {
        Ok(hash) => text.put(",\"hash\":").digest(hash),
        Err(_) => text.put(",\"hash\":null"),
    };
    text.put(",\"size\":").number(stamp.size);
    text.put(",\"modified\":").time(stamp.modified);
    text.put(",\"changed\":").time(stamp.changed);
    text.put(",\"device\":").number(stamp.device);
    text.put(",\"inode\":").number(stamp.inode);
    if let Err(unread) = &entry.hash {
        text.put(",\"why\":").string(&unread.why);
        if let Some(was) = &unread.was {
            text.put(",\"was\":").digest(was);
        }
    }
    text.put("}");
}
