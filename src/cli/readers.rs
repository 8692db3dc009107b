//! Those who read whole files for a command, as many as the configuration and the memory allow.

use super::context::Context;
use crate::disk::disks::Disks;
use crate::disk::hash::Readers;
use crate::disk::machine;
use crate::disk::memory::Gauge;

/// What readers need as long as they read.
pub struct Reading {
    /// What says how many of them memory is left for.
    pub gauge: Gauge,
    disks: Disks,
    most: usize,
}

impl Reading {
    /// As the command of this context may read.
    pub fn of(context: &Context) -> Reading {
        let crawl = &context.configuration.crawl;
        let gauge = Gauge::new(crawl.memory.get());
        Reading {
            most: machine::readers(crawl.jobs.get(), &gauge),
            disks: Disks::new(crawl.disk),
            gauge,
        }
    }

    /// Readers who write nothing down, and are stopped by nothing but a signal.
    pub fn readers(&self) -> Readers<'_> {
        Readers {
            most: self.most,
            gauge: &self.gauge,
            disks: &self.disks,
            notebook: None,
            interrupted: &|| false,
        }
    }
}
