//! Shots: the files of the drop directory that are named and moved together.

use super::pairs::{Member, set_right};
use crate::model::bundle::{Bundles, bundles_of_directories};
use crate::model::capture::Reading;
use crate::model::intake::Intake;
use crate::model::path::RelPath;
use crate::model::state::Listed;
use crate::phase::ingest::date::{Choice, Evidence, Settings, choose};

/// Files that are named and moved together, or one that is alone.
pub(super) struct Shot<'s> {
    /// The files, the main one first.
    pub(super) members: Vec<&'s Listed>,
}

/// The shots among files, and those of which it cannot be told to which they belong.
pub(super) struct Shots<'s> {
    /// The shots of more than one file come first, each kind by the paths of the main files.
    pub(super) shots: Vec<Shot<'s>>,
    /// Files that would be of a shot, did not several claim them; each is alone.
    pub(super) ambiguous: Vec<&'s RelPath<'static>>,
}

impl<'s> Shots<'s> {
    /// The shots among `files`, or each file by itself.
    pub(super) fn of(files: &[&'s Listed], intake: &Intake, bundles: bool) -> Shots<'s> {
        let Bundles { bundles, ambiguous } = match bundles {
            true => found(files, intake),
            false => Bundles::default(),
        };
        let mut is_alone = vec![true; files.len()];
        let mut shots = Vec::with_capacity(files.len());
        for bundle in &bundles {
            bundle.members.iter().for_each(|at| is_alone[*at] = false);
            let members = bundle.members.iter().map(|at| files[*at]).collect();
            shots.push(Shot { members });
        }
        shots.sort_by(|a, b| a.main().path.cmp(&b.main().path));
        let alone = files.iter().zip(is_alone).filter(|(_, alone)| *alone);
        shots.extend(alone.map(|(file, _)| Shot {
            members: vec![file],
        }));
        Shots {
            shots,
            ambiguous: ambiguous.iter().map(|at| &files[*at].path).collect(),
        }
    }
}

fn found(files: &[&Listed], intake: &Intake) -> Bundles {
    let unknown = Reading::default();
    let mut members = Vec::with_capacity(files.len());
    for file in files {
        let (path, name) = (file.path.as_bytes(), file.path.file_name());
        let reading = intake.metadata.get(&file.path);
        members.push(Member {
            dir: &path[..path.len() - name.len()],
            name,
            reading: reading.and_then(|r| r.as_ref().ok()).unwrap_or(&unknown),
        });
    }
    let paths: Vec<_> = files.iter().map(|file| &file.path).collect();
    set_right(bundles_of_directories(&paths), &members)
}

impl Shot<'_> {
    /// The file whose date and hash name all of them.
    pub(super) fn main(&self) -> &Listed {
        self.members[0]
    }

    /// The names of the files, without directories.
    pub(super) fn names(&self) -> Vec<&[u8]> {
        self.members.iter().map(|m| m.path.file_name()).collect()
    }

    /// When it was taken, as the main file says, or what lies beside it.
    pub(super) fn date(&self, intake: &Intake, settings: &Settings) -> Option<Choice> {
        let reading = |file: &Listed| intake.metadata.get(&file.path)?.as_ref().ok();
        let unknown = Reading::default();
        let beside: Vec<_> = self.members[1..]
            .iter()
            .filter_map(|m| reading(m))
            .collect();
        let main = self.main();
        // The map may name any of them.
        let mut of_map = self.members.iter().filter_map(|m| intake.said.of(&m.path));
        let said = of_map.next().or(intake.said.all);
        let evidence = Evidence {
            said: said.map(|said| (said.at, said.offset)),
            file: reading(main).unwrap_or(&unknown),
            sidecars: &beside,
            name: main.path.file_name(),
            modified: main.stamp.modified,
            still: None,
        };
        choose(&evidence, settings)
    }
}
