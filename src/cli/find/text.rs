//! What was found, as text.

use crate::cli::human::Exactly;
use crate::cli::terminal;
use crate::model::found::{Answer, Disc, Finding, KnownBy, Passage, Place, Presence, ReadAs};
use crate::model::index::UnitState;
use crate::model::time::Time;
use crate::model::volume::Holds;
use std::fmt::Write;

/// Each content with its places and the moves that brought it there; names are escaped.
pub fn text(finding: &Finding) -> String {
    let mut text = String::new();
    let is_one = finding.answers.len() == 1;
    for answer in &finding.answers {
        if !is_one {
            let _ = writeln!(text, "{}{}:", separator(&text), answer.what);
        }
        contents(answer, &mut text);
    }
    text
}

/// What something is, by how it was read.
pub fn read_as(read_as: ReadAs) -> &'static str {
    match read_as {
        ReadAs::File => "content",
        ReadAs::Hash => "hash",
        ReadAs::Name => "name",
    }
}

fn contents(answer: &Answer, text: &mut String) {
    for content in &answer.contents {
        let hash = match &content.hash {
            Some(hash) => hash.to_string(),
            None => "not read".to_owned(),
        };
        let _ = writeln!(text, "{}{hash}, {}", separator(text), Exactly(content.size));
        for place in &content.places {
            let _ = writeln!(text, "  {}  {}", place.path, state(place));
        }
        for path in &content.was {
            let _ = writeln!(text, "  {path}  was there");
        }
        for passage in &content.moves {
            let _ = writeln!(text, "    {}", told(passage));
        }
    }
}

/// An empty line between two paragraphs.
fn separator(text: &str) -> &'static str {
    match text.is_empty() {
        true => "",
        false => "\n",
    }
}

/// Whether a file is where it is known to be, and on which volume.
fn state(place: &Place) -> String {
    let mut text = match place.presence {
        Presence::There => "there",
        Presence::Changed => "something else is there",
        Presence::Gone => "gone",
        Presence::Unknown => "could not be looked at",
    }
    .to_owned();
    if let Some(volume) = &place.volume {
        let _ = write!(text, ", in volume {}", volume.volume);
        let is_on_disc = volume.discs.iter().any(|d| d.holds.witness().is_some());
        match volume.state {
            Some(UnitState::Missing) => text.push_str(", which is missing"),
            Some(UnitState::Offline) if is_on_disc => text.push_str(", which is on discs alone"),
            Some(UnitState::Offline) => text.push_str(", which no disc is known to hold"),
            Some(UnitState::Present) | None => {}
        }
        for disc in &volume.discs {
            text.push_str(&on_disc(disc));
        }
    }
    if place.known_by == KnownBy::Journal {
        text.push_str(", as the journals know");
    }
    if let Some(why) = &place.why {
        let _ = write!(text, "; {}", terminal::line(why));
    }
    text
}

/// A disc, and what is to be said where it is not known to hold what the index has.
fn on_disc(disc: &Disc) -> String {
    let mut text = format!(", disc {}", disc.copy);
    if let Some(location) = &disc.location {
        let _ = write!(text, " ({})", terminal::line(location));
    }
    match disc.holds {
        Holds::Burned | Holds::Verified => {}
        Holds::Other => text.push_str(" of other contents than the index has"),
        Holds::Untold => text.push_str(" of which nothing tells what it holds"),
    }
    text
}

fn told(passage: &Passage) -> String {
    let Passage {
        run,
        phase,
        at,
        from,
        to,
        taken_back_by,
        unfinished,
    } = passage;
    let second = Time::new(at.seconds(), 0).unwrap_or_default();
    let mut text = format!("{second} {phase}: {from} -> {to}, run {run}");
    if let Some(undo) = taken_back_by {
        let _ = write!(text, ", undone by {undo}");
    }
    if *unfinished {
        text.push_str(", which is unfinished");
    }
    text
}
