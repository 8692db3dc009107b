//! What volumes are to fit.

use crate::cli::args::MediumOptions;
use crate::cli::context::Context;
use crate::model::medium::{DefectManagement, Medium};

/// What a volume is to fit.
#[derive(Clone, Copy, Debug)]
pub struct MediumChoice {
    /// The medium.
    pub medium: Medium,
    /// The sectors of 2048 bytes that it has.
    pub sectors: u64,
}

impl MediumChoice {
    /// What the command line says, or else the configuration.
    pub fn of(options: &MediumOptions, context: &Context) -> MediumChoice {
        let configured = context.configuration.archive.medium;
        let medium = options.medium.unwrap_or(configured);
        let defects = match options.raw_capacity {
            true => DefectManagement::Off,
            false => DefectManagement::On,
        };
        let sectors = medium.sectors(defects);
        MediumChoice { medium, sectors }
    }
}
