//! Copies of files of the drop directory, elsewhere or brought by the same plan.

use super::Sorting;
use crate::model::bundle::stem_of;
use crate::model::capture::Content;
use crate::model::digest::Digest;
use crate::model::index::Stamp;
use crate::model::path::TreePath;
use crate::model::plan::{Dated, Need, SkipKind, Why};
use crate::model::state::Listed;
use crate::model::tree::Tree;

/// A copy that is elsewhere, or will be.
#[derive(Clone)]
pub(super) enum Copy {
    /// It is there.
    There(Need),
    /// This plan brings it.
    Brought(Brought),
}

/// A file that this plan brings into media.
#[derive(Clone)]
pub(super) struct Brought {
    /// Where it brings it.
    pub to: TreePath<'static>,
    /// What `stat` says of it.
    pub file: Stamp,
}

impl Sorting<'_> {
    /// Where a content is already, or where this plan brings it.
    pub(super) fn copy(&self, hash: Digest) -> Option<Copy> {
        let there = self.known.keeper(hash).map(Copy::There);
        there.or_else(|| self.brought.get(&hash).cloned().map(Copy::Brought))
    }

    /// Where a member of a shot is that is not the main file, of which there is a copy. Pictures and
    /// movies may be anywhere; what belongs to them counts beside that copy alone, for much of it is
    /// the same for many pictures.
    pub(super) fn copy_of_member(
        &self,
        member: &Listed,
        hash: Digest,
        of_main: &Copy,
        ending: &[u8],
    ) -> Option<Copy> {
        let reading = self.state.intake.metadata.get(&member.path);
        let content = reading.and_then(|r| r.as_ref().ok()).map(|r| r.content);
        if matches!(content, Some(Content::Still | Content::Video)) {
            return self.copy(hash);
        }
        let of = of_main.path();
        let name = [stem_of(of.rel.file_name()), ending].concat();
        let beside = of.rel.with_file_name(&name).ok()?;
        let there = self.known.at(of.tree, &beside, hash).map(Copy::There);
        let path = TreePath::new(of.tree, beside);
        there.or_else(|| match self.brought_to.get(&path) {
            Some((of, brought)) if *of == hash => Some(Copy::Brought(brought.clone())),
            _ => None,
        })
    }

    /// Why a file of which there is this copy stays where it is; none where it goes to duplicates.
    ///
    /// Names of one inode are one file, in ingest as in dedupe: to call one of them a duplicate of
    /// the other would say that there are two copies where there is one, and would free nothing. So
    /// the later name stays in the drop directory, though that is then not emptied, and is told.
    pub(super) fn stays(&self, file: &Listed, copy: &Copy) -> Option<(SkipKind, String)> {
        let of = copy.path();
        if self.is_copying() {
            return Some((SkipKind::Known, format!("{of} holds the same")));
        }
        let is_link = match copy {
            Copy::There(need) => self.known.is_link(&need.path, file),
            Copy::Brought(brought) => brought.file.same_file_as(&file.stamp),
        };
        is_link.then(|| {
            let why = format!("hard link of {of}: moving it would free nothing");
            (SkipKind::HardLink, why)
        })
    }

    /// Why a copy goes to duplicates, and what the plan then needs.
    pub(super) fn because(&mut self, copy: Copy, dated: &Dated) -> Why {
        let dated = Box::new(dated.clone());
        let of = match copy {
            Copy::Brought(brought) => brought.to,
            Copy::There(need) => {
                let of = need.path.clone();
                self.needs.entry(of.clone()).or_insert(need);
                of
            }
        };
        match of.tree {
            Tree::Archive => Why::AlreadyArchived { of, dated },
            _ => Why::Duplicate {
                of,
                dated: Some(dated),
            },
        }
    }
}
