//! Archive: what mediastruct's own files in a volume say.

pub mod pack;

use crate::model::plan::{Role, Write};

/// The text of a file that a plan writes.
pub fn text_of(write: &Write) -> Vec<u8> {
    match write.role {
        Role::Unburned => b"This volume is on no disc yet.\n".to_vec(),
    }
}
