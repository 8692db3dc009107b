//! The text of a plan, which lies on the disk before its run begins.

use super::{PLAN, Runs, begin::write_new};
use crate::disk::error::DiskError;
use crate::model::digest::Digest;
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

/// The text of the plan of a run that may begin.
pub struct PlanText {
    text: Vec<u8>,
    hash: Digest,
    /// A file without a name that holds the text; none where there could be none.
    file: Option<File>,
}

impl Runs {
    /// Writes the text of a plan to the disk, under no name, so that nothing is left of it unless a run
    /// begins with it. Where that cannot be done, the run writes it, and tells what is wrong.
    pub fn write_plan(&self, text: Vec<u8>) -> PlanText {
        let datadir = self.dir.parent().unwrap_or(&self.dir);
        let (hash, file) = rayon::join(|| Digest::of(&text), || write_unnamed(datadir, &text));
        PlanText {
            hash,
            file: file.ok(),
            text,
        }
    }
}

impl PlanText {
    /// The hash of the text.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// Puts the text into the directory of its run, at `path`, durable but for its name.
    pub(super) fn place(&self, dir: &OwnedFd, path: &Path) -> Result<(), DiskError> {
        let is_placed = |file: &&File| {
            let opened = format!("/proc/self/fd/{}", file.as_raw_fd());
            rustix::fs::linkat(CWD, opened, dir, PLAN, AtFlags::SYMLINK_FOLLOW).is_ok()
        };
        match self.file.as_ref().filter(is_placed) {
            Some(file) => file
                .sync_all()
                .map_err(|e| DiskError::at("write", &path.join(PLAN), e)),
            None => write_new(dir, path, PLAN, &self.text),
        }
    }
}

fn write_unnamed(dir: &Path, text: &[u8]) -> std::io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(dir, flags, Mode::RUSR | Mode::WUSR)?);
    file.write_all(text)?;
    file.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_run_has_its_plan_whether_it_was_on_the_disk_before_or_not() {
        let datadir = tempfile::tempdir().unwrap();
        let runs = Runs::in_datadir(datadir.path());
        let text = b"a plan\n".repeat(100_000);
        for is_unnamed in [true, false] {
            let mut plan_text = runs.write_plan(text.clone());
            assert_eq!(plan_text.hash(), Digest::of(&text));
            plan_text.file = plan_text.file.filter(|_| is_unnamed);
            assert_eq!(std::fs::read_dir(datadir.path()).unwrap().count(), 0);
            let run = datadir.path().join("run");
            std::fs::create_dir(&run).unwrap();
            let dir = File::open(&run).unwrap().into();
            plan_text.place(&dir, &run).unwrap();
            drop(plan_text);
            let plan = run.join(PLAN);
            assert_eq!(std::fs::read(&plan).unwrap(), text);
            let mode = plan.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            std::fs::remove_dir_all(run).unwrap();
        }
    }

    #[test]
    fn a_plan_that_is_there_already_is_not_replaced() {
        let datadir = tempfile::tempdir().unwrap();
        let plan = datadir.path().join(PLAN);
        std::fs::write(&plan, "another").unwrap();
        let plan_text = Runs::in_datadir(datadir.path()).write_plan(b"a plan\n".to_vec());
        let dir = File::open(datadir.path()).unwrap().into();
        let error = plan_text.place(&dir, datadir.path()).unwrap_err();
        assert!(error.to_string().contains("plan.json"), "{error}");
        assert_eq!(std::fs::read(&plan).unwrap(), b"another");
    }
}
