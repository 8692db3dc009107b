//! What volumes are to fit.

use crate::cli::args::MediumOptions;
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
    /// What the command line says, or else `default`.
    pub fn of(options: &MediumOptions, default: Medium) -> MediumChoice {
        let medium = options.medium.unwrap_or(default);
        let defects = match options.raw_capacity {
            true => DefectManagement::Off,
            false => DefectManagement::On,
        };
        let sectors = medium.sectors(defects);
        MediumChoice { medium, sectors }
    }
}
