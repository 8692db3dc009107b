//! What happens to volumes is added to their events, durably, and to nothing else.

use super::whole::write_new;
use super::{Datadir, StoreError, shown};
use crate::disk::error::DiskError;
use crate::disk::trust;
use crate::model::limits::MAX_VOLUMES_BYTES;
use crate::model::path::Escaped;
use crate::model::volume::{VolumeRecord, Volumes};
use crate::model::volumes_file::{self, VolumesError};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

impl Datadir {
    /// Adds these events to those of the volumes, all of them or, where the machine goes down
    /// meanwhile, the first ones. A torn last line is cut off first, and one without an end gets it. To
    /// be asked only under the lock.
    ///
    /// # Errors
    /// Where one cannot have happened after the others, and then none is added; and where the file
    /// cannot be trusted, read or written.
    pub fn record(&self, records: &[VolumeRecord]) -> Result<(), StoreError> {
        self.make("")?;
        let path = self.volumes_path();
        let error = |e: io::Error| DiskError::at("write", &path, e);
        let damaged = |source: VolumesError| StoreError::Volumes {
            path: shown(&path),
            source,
        };
        let lines: String = records.iter().map(volumes_file::line).collect();
        let add = |mut volumes: Volumes| {
            let mut all = records.iter().cloned();
            all.try_for_each(|record| volumes.add(record))
        };
        let Some(directory) = trust::open_directory(&self.path)? else {
            return Err(error(io::ErrorKind::NotFound.into()).into());
        };
        let name = path.file_name().unwrap_or_default();
        let opened = trust::open_file(&directory, name.as_ref(), &path, MAX_VOLUMES_BYTES)?;
        let Some((mut file, _)) = opened else {
            add(Volumes::default())?;
            let text = volumes_file::header() + &lines;
            let written = write_new(&path, 0o600, |out| out.write_all(text.as_bytes()));
            return Ok(written.map_err(error)?);
        };
        let mut text = Vec::new();
        let read = (&mut file).take(MAX_VOLUMES_BYTES).read_to_end(&mut text);
        read.map_err(|e| DiskError::at("read", &path, e))?;
        let (volumes, end) = volumes_file::parse(&text).map_err(damaged)?;
        add(volumes)?;
        let lines = match text[..end].last() {
            None => volumes_file::header() + &lines,
            Some(b'\n') => lines,
            Some(_) => "\n".to_owned() + &lines,
        };
        if end < text.len() {
            let torn = Escaped(&text[end..]);
            tracing::warn!("Volumes - Cut off as torn, and told nothing: {torn}");
        }
        // The handle by which it was read may not write; this one is of the same file, whatever has
        // the name by now.
        let itself = format!("/proc/self/fd/{}", file.as_raw_fd());
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let file = rustix::fs::open(itself, flags, Mode::empty());
        let file = File::from(file.map_err(|e| error(e.into()))?);
        let written = file
            .set_len(end as u64)
            .and_then(|()| file.write_all_at(lines.as_bytes(), end as u64))
            .and_then(|()| file.sync_all());
        Ok(written.map_err(error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Time;
    use crate::model::volume::{VolumeEvent, VolumeState};
    use std::fs;
    use std::num::NonZeroU32;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn event(volume: &str, event: VolumeEvent) -> VolumeRecord {
        VolumeRecord {
            volume: volume.to_owned().try_into().unwrap(),
            at: Time::new(7, 0).unwrap(),
            event,
        }
    }

    fn burned() -> VolumeEvent {
        VolumeEvent::Burned {
            copy: NonZeroU32::MIN,
            location: Some("shelf\n3".to_owned()),
            holds: None,
        }
    }

    #[test]
    fn events_are_added_and_those_that_are_there_stay() {
        let dir = tempfile::tempdir().unwrap();
        let datadir = Datadir::at(&dir.path().join("data"));
        datadir.record(&[event("07", VolumeEvent::Sealed)]).unwrap();
        let path = datadir.volumes_path();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
        let first = fs::read(&path).unwrap();
        datadir
            .record(&[event("07", burned()), event("08", VolumeEvent::Opened)])
            .unwrap();
        assert!(fs::read(&path).unwrap().starts_with(&first));
        let volumes = datadir.load_volumes().unwrap().volumes;
        assert_eq!(volumes.get("07").unwrap().state(), VolumeState::Burned);
        assert_eq!(volumes.get("08").unwrap().state(), VolumeState::Open);
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_a_torn_header_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let datadir = Datadir::at(dir.path());
        let path = datadir.volumes_path();
        for torn in [
            "",
            "{\"for",
            "{\"format\":\"mediastruct/volumes/1\"}\n{\"vol",
        ] {
            fs::write(&path, torn).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            datadir.record(&[event("07", burned())]).unwrap();
            let text = fs::read(&path).unwrap();
            let (volumes, end) = volumes_file::parse(&text).unwrap();
            assert_eq!(end, text.len());
            assert!(volumes.get("07").unwrap().is_held());
        }
    }

    #[test]
    fn nothing_is_glued_onto_a_last_line_without_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let datadir = Datadir::at(&dir.path().join("data"));
        datadir.record(&[event("07", burned())]).unwrap();
        let path = datadir.volumes_path();
        let whole = fs::read(&path).unwrap();
        for (cut, is_torn) in [(1, false), (2, true), (30, true)] {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let known = datadir.load_volumes().unwrap();
            assert_eq!(known.torn.is_some(), is_torn, "{known:?}");
            assert_eq!(known.volumes.get("07").is_some(), !is_torn);
            datadir.record(&[event("08", burned())]).unwrap();
            let known = datadir.load_volumes().unwrap();
            assert_eq!(known.torn, None);
            assert_eq!(known.volumes.get("07").is_some(), !is_torn);
            assert!(known.volumes.get("08").unwrap().is_held());
        }
    }

    #[test]
    fn what_cannot_have_happened_or_cannot_be_trusted_is_not_added_to() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let datadir = Datadir::at(dir.path());
        let lost = VolumeEvent::Lost {
            copy: NonZeroU32::MIN,
        };
        let never = [event("07", VolumeEvent::Sealed), event("07", lost)];
        assert!(datadir.record(&never).is_err());
        assert!(!datadir.volumes_path().exists());

        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, "").unwrap();
        symlink(&elsewhere, datadir.volumes_path()).unwrap();
        assert!(datadir.record(&[event("07", burned())]).is_err());
        assert_eq!(fs::read(&elsewhere).unwrap(), b"");
        fs::remove_file(datadir.volumes_path()).unwrap();

        datadir.record(&[event("07", burned())]).unwrap();
        let path = datadir.volumes_path();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
        assert!(datadir.record(&[event("08", burned())]).is_err());
    }
}
