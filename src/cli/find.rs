//! `find`: where files are, and where they were.

mod text;

use super::args::FindArguments;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::library;
use crate::disk::filesystem::{Filesystem, Kind};
use crate::disk::journal::Runs;
use crate::disk::named_file;
use crate::disk::trees::Trees;
use crate::model::found::{Content, FIND_FORMAT, Finding, Place, Presence};
use crate::model::layout::Layout;
use crate::model::path::Escaped;
use crate::model::pattern::Pattern;
use crate::model::tree::Tree;
use crate::phase::find::{self as phase, FEWEST_DIGITS, FindError, Query, Start, Way};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Finds what `arguments` name.
///
/// # Errors
/// Where a file in hand, an index or a run cannot be read, or what is asked for cannot be
/// understood.
pub fn find(arguments: &FindArguments, context: &Context) -> Result<Exit, Failure> {
    let queries = arguments.what.iter();
    let queries = queries
        .map(|what| query(what, arguments, context))
        .collect::<Result<Vec<_>, _>>()?;
    let indexes = library::index_files(context)?;
    let state = library::state(context, &indexes)?;
    // Each run is read by itself, and twice where it moved what is wanted: all of them together may
    // take more memory than there is.
    let runs = Runs::in_datadir(&context.layout().datadir);
    let heard = runs.each(&runs.ids()?, |run| phase::hear(&queries, run))?;
    let wanted = phase::wants(&state, &queries, &heard)?;
    let steps = runs.each(&wanted.runs, |run| phase::steps(&wanted, run))?;
    let steps: Vec<_> = steps.into_iter().flatten().collect();
    let mut answers = phase::find(&state, &queries, &wanted, &steps);
    let trees = Trees::open(context.layout())?;
    for content in answers.iter_mut().flat_map(|answer| &mut answer.contents) {
        look(content, &trees);
    }
    let finding = Finding {
        format: FIND_FORMAT.to_owned(),
        answers,
    };
    if arguments.json {
        context.output.json(&finding)?;
    } else {
        let text = text::text(&finding);
        context.output.data(|out| out.write_all(text.as_bytes()))?;
    }
    let unknown = finding.answers.iter().filter(|a| a.contents.is_empty());
    let mut exit = Exit::Done;
    for answer in unknown {
        let (what, read_as) = (&answer.what, text::read_as(answer.read_as));
        let output = context.output;
        output.note(format_args!("{what}: nothing is known of such a {read_as}"));
        exit = Exit::Failed;
    }
    if exit == Exit::Failed && state.media.indexed.is_none() {
        let hint = "nothing was indexed yet: `mediastruct crawl`";
        context.output.note(hint);
    }
    Ok(exit)
}

/// What `what` asks for.
fn query(what: &OsStr, arguments: &FindArguments, context: &Context) -> Result<Query, Failure> {
    let shown = Escaped::path(what).to_string();
    let name = || Way::Name(Pattern::new(&beneath_tree(what, context.layout())));
    let in_hand = || named_file::hash(Path::new(what), &context.output.progress());
    let ways = if arguments.name {
        vec![name()]
    } else if arguments.hash {
        let digits = digits(what).ok_or_else(|| {
            Failure::usage(format!(
                "'{shown}' is no hash: that is 64 hexadecimal digits, or at least {FEWEST_DIGITS} \
                 with which one begins"
            ))
        })?;
        vec![Way::Hash(Start::of(&digits))]
    } else if let Some(digest) = in_hand()? {
        vec![Way::File(digest)]
    } else if arguments.file {
        return Err(Failure::failed(format!("{shown}: there is no such file")));
    } else {
        let hash = digits(what).map(|digits| Way::Hash(Start::of(&digits)));
        let whole = what.len() == 64 && hash.is_some();
        let name = (!whole).then(name);
        hash.into_iter().chain(name).collect()
    };
    Ok(Query { what: shown, ways })
}

/// The digits of a hash, or of its beginning, in lower case.
fn digits(what: &OsStr) -> Option<String> {
    let text = what.to_str()?;
    let fits = (FEWEST_DIGITS..=64).contains(&text.len());
    (fits && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

/// The path in its tree of something that is named by its place on the disk; anything else as it
/// is.
fn beneath_tree(what: &OsStr, layout: &Layout) -> OsString {
    let trees = Tree::ALL.into_iter();
    let within = trees.filter_map(|tree| {
        let rest = Path::new(what).strip_prefix(layout.dir(tree)).ok()?;
        Some((rest.as_os_str(), tree))
    });
    // A path belongs to the innermost tree, beneath which the least of it is.
    match within.min_by_key(|(rest, _)| rest.len()) {
        Some((rest, tree)) => {
            let path = [tree.name().as_bytes(), b"/", rest.as_bytes()].concat();
            OsStr::from_bytes(&path).to_owned()
        }
        None => what.to_owned(),
    }
}

/// Looks whether a content is where it is known to be; reads nothing.
fn look(content: &mut Content, trees: &Trees) {
    let size = content.size;
    for place in &mut content.places {
        place.presence = presence(place, size, trees);
    }
    // What was copied from a card is not missed where the card is gone.
    let is_gone =
        |place: &Place| place.path.tree == Tree::Ingest && place.presence == Presence::Gone;
    let places = std::mem::take(&mut content.places);
    let (gone, there): (Vec<_>, _) = places.into_iter().partition(is_gone);
    content.places = there;
    content.was.extend(gone.into_iter().map(|place| place.path));
    content.was.sort();
}

fn presence(place: &Place, size: u64, trees: &Trees) -> Presence {
    match trees.look(&place.path) {
        Ok(None) => Presence::Gone,
        Ok(Some(node)) => {
            let is_file = node.kind == Kind::File;
            let is_same = (node.stamp.size, node.stamp.modified) == (size, place.modified);
            match is_file && is_same {
                true => Presence::There,
                false => Presence::Changed,
            }
        }
        Err(_) => Presence::Unknown,
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        Failure::usage(error.to_string()).hint("give more of its digits, or `--name` for a name")
    }
}
