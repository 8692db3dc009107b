//! What trying many crash images came to, counted.

use crate::system::say;
use crate::trial::Outcome;

/// What trying many crash images came to.
#[derive(Default)]
pub struct Tally {
    /// After how many recover finished the run, took it back, or had nothing to do.
    pub finished: usize,
    pub taken_back: usize,
    pub ended: usize,
    /// What was wrong after the others.
    pub bad: Vec<String>,
}

impl Tally {
    /// How many images were tried.
    pub fn images(&self) -> usize {
        self.finished + self.taken_back + self.ended + self.bad.len()
    }

    /// Adds how the judgement about one image went.
    pub fn add(&mut self, place: &str, judged: Result<Option<Outcome>, String>) {
        match judged {
            Ok(Some(Outcome::Applied)) => self.finished += 1,
            Ok(Some(Outcome::RolledBack)) => self.taken_back += 1,
            Ok(None) => self.ended += 1,
            Err(why) => self.bad.push(format!("{place}: {why}")),
        }
    }

    /// Adds what another one counted, whose crashes came after what `place` says.
    pub fn join(&mut self, other: Tally, place: &str) {
        self.finished += other.finished;
        self.taken_back += other.taken_back;
        self.ended += other.ended;
        let bad = other.bad.iter().map(|bad| format!("{place}{bad}"));
        self.bad.extend(bad);
    }

    /// Says all that on standard error.
    pub fn say(&self, what: &str) {
        let (images, bad) = (self.images(), self.bad.len());
        say(&format!(
            "{what}: {images} crash images, {bad} violations ({} finished, {} taken back, {} had ended)",
            self.finished, self.taken_back, self.ended
        ));
    }
}
