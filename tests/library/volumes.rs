//! What happens to volumes.

use super::Library;
use mediastruct::model::contents::contents;
use mediastruct::model::digest::Digest;
use mediastruct::model::index::{Entry, Stamp};
use mediastruct::model::path::RelPath;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Records that these things happened to volumes, one line each: the volume, and the event.
pub fn record(library: &Library, events: &[&str]) {
    let path = library.path("data/volumes.jsonl");
    let header = "{\"format\":\"mediastruct/volumes/1\"}\n";
    let mut text = fs::read_to_string(&path).unwrap_or(header.to_owned());
    for event in events {
        let (volume, rest) = event.split_once(' ').unwrap();
        let at = jiff::Timestamp::now();
        text += &format!("{{\"volume\":\"{volume}\",\"at\":\"{at}\",\"event\":{rest}}}\n");
    }
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Records a disc that holds what is in the volume on the disk now.
pub fn burn(library: &Library, volume: &str, copy: u32) {
    let holds = holds(library, volume);
    let event = format!("{volume} \"burned\",\"copy\":{copy},\"holds\":\"{holds}\"");
    record(library, &[&event]);
}

/// Records that a disc was read and holds what is in the volume on the disk now.
pub fn verify(library: &Library, volume: &str, copy: u32) {
    let holds = holds(library, volume);
    let event = format!("{volume} \"verified\",\"copy\":{copy},\"holds\":\"{holds}\"");
    record(library, &[&event]);
}

/// The digest over what is in the volume on the disk now.
fn holds(library: &Library, volume: &str) -> Digest {
    let root = library.path("archive");
    let mut entries = Vec::new();
    walk(&root, &root.join(volume), &mut entries);
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    contents(volume, &entries).unwrap()
}

fn walk(root: &Path, dir: &Path, entries: &mut Vec<Entry<'static>>) {
    for found in fs::read_dir(dir).unwrap() {
        let path = found.unwrap().path();
        if path.is_dir() {
            walk(root, &path, entries);
            continue;
        }
        let rel = path.strip_prefix(root).unwrap().to_str().unwrap();
        let rel = RelPath::from_text(rel.to_owned()).unwrap();
        if rel.is_ours() {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        entries.push(Entry {
            path: rel,
            hash: Ok(Digest::of(&bytes)),
            stamp: Stamp {
                size: bytes.len() as u64,
                ..Stamp::default()
            },
        });
    }
}
