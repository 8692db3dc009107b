//! The journal of a run that is under way.

use super::Ledger;
use crate::disk::error::DiskError;
use crate::model::digest::Digest;
use crate::model::journal_file;
use crate::model::run::{Record, Text};
use rustix::fs::{AtFlags, Mode, OFlags};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// The journal of a run that is under way.
pub struct Journal {
    file: File,
    path: PathBuf,
    dir: OwnedFd,
    texts: Vec<Text>,
    seq: u64,
    broken: bool,
    /// Whether its last record is written.
    is_over: bool,
}

impl Ledger for Journal {
    fn append(&mut self, record: &Record) -> Result<(), DiskError> {
        self.is_over |= matches!(record, Record::End(_));
        let line = journal_file::line(self.seq + 1, record);
        self.guarded("write", |file| file.write_all(line.as_bytes()))?;
        self.seq += 1;
        Ok(())
    }

    fn text(&mut self, number: usize) -> Result<Vec<u8>, DiskError> {
        let expected = self.texts[number];
        let name = text_name(staged_as(&self.texts, number));
        let path = self.path.with_file_name(&name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let error = |e: std::io::Error| DiskError::at("read", &path, e);
        let file = rustix::fs::openat(&self.dir, name, flags, Mode::empty());
        let mut text = Vec::new();
        File::from(file.map_err(|e| error(e.into()))?)
            .take(expected.size + 1)
            .read_to_end(&mut text)
            .map_err(error)?;
        if Digest::of(&text) != expected.hash {
            return Err(error(std::io::Error::other(
                "it is not what the run began with",
            )));
        }
        Ok(text)
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.guarded("make durable", |file| file.sync_data())?;
        if self.is_over {
            // Nothing asks for them any more: what was written is in its place, or was never to be.
            remove_texts(&self.dir, self.texts.len());
            self.texts.clear();
        }
        Ok(())
    }
}

impl Journal {
    /// The journal in `file`, to whose end is written, with so many `records`; it lies at `path`, and
    /// beside it, in `dir`, the `texts` that the run writes.
    pub(super) fn of(
        file: File,
        path: PathBuf,
        dir: OwnedFd,
        texts: Vec<Text>,
        records: u64,
    ) -> Journal {
        Journal {
            file,
            path,
            dir,
            texts,
            seq: records,
            broken: false,
            is_over: false,
        }
    }

    /// Does something to the file, and nothing any more after that has failed once: a sync that is
    /// tried again may succeed without its data.
    fn guarded(
        &mut self,
        action: &'static str,
        act: impl FnOnce(&mut File) -> std::io::Result<()>,
    ) -> Result<(), DiskError> {
        let done = if self.broken {
            Err(std::io::Error::other("an earlier write to it failed"))
        } else {
            act(&mut self.file)
        };
        done.map_err(|source| {
            self.broken = true;
            DiskError::at(action, &self.path, source)
        })
    }
}

/// The name of the file beside the journal that holds the text of a write.
pub(super) fn text_name(number: usize) -> String {
    format!("text-{number}")
}

/// The number of the write whose file beside the journal holds the text of the write `number`: the first
/// with just that text, which may be long, and is there once.
pub(super) fn staged_as(texts: &[Text], number: usize) -> usize {
    let same = texts.iter().position(|text| *text == texts[number]);
    same.unwrap_or(number)
}

/// Removes the files beside a journal that hold the texts of so many writes, as far as that can be
/// done: they only take room.
pub(super) fn remove_texts(dir: &OwnedFd, count: usize) {
    for name in (0..count).map(text_name) {
        let _ = rustix::fs::unlinkat(dir, name, AtFlags::empty());
    }
}
