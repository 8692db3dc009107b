//! VOICE: arguments, messages, exit codes. The one folder that knows all others, and the place
//! where phases and disk meet.
//!
//! Data goes to the standard output, everything else to the standard error; names are escaped
//! wherever people read them. A command is a function from its arguments to an [`Exit`], or to a
//! [`Failure`] that says what happened, to which path, and what to do next.

mod apply;
mod archive;
pub mod args;
pub mod ask;
mod bar;
pub mod config;
pub mod context;
pub mod crawl;
mod demo;
mod diff;
pub mod failure;
mod find;
mod history;
pub mod human;
mod ingest;
mod init;
mod library;
mod mediagen;
pub mod output;
mod past;
mod phases;
mod plan;
pub mod plan_source;
pub mod progress;
mod purge;
mod readers;
mod recover;
mod sealing;
mod shell;
pub mod show;
mod status;
mod table;
pub mod terminal;
mod tree_path;
mod validate;
mod volumes;
mod why;
mod work;
mod workshop;

use self::args::{Arguments, Command, ShowArguments};
use self::context::{Context, refuse_shared};
use self::failure::{Exit, Failure};
use self::output::Output;
use crate::disk::machine;
use crate::disk::place::{Found, look};
use crate::model::path::Escaped;
use crate::model::run::RunId;
use clap::Parser;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Runs the command line `arguments`, the name of the program first, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let arguments = match Arguments::try_parse_from(&arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A message quotes what it does not understand, which may be the name of any file; one
            // about the escaped line says the same.
            let escaped = arguments.iter().map(|a| Escaped::path(a).to_string());
            let error = Arguments::try_parse_from(escaped).err().unwrap_or(error);
            // Where nobody reads it, there is nobody left to tell.
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            return exit.into();
        }
    };
    machine::fit_address_space();
    let output = Output::new(&arguments.global);
    match dispatch(arguments, output) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.report();
            failure.code.into()
        }
    }
}

/// Carries out a command; what it says goes where `output` says.
fn dispatch(arguments: Arguments, output: Output) -> Result<Exit, Failure> {
    let Arguments { global, command } = arguments;
    let context = || Context::new(&global, output);
    let changing = || {
        let context = context()?;
        refuse_shared(&context)?;
        Ok::<_, Failure>(context)
    };
    match command {
        Command::Init(arguments) => init::init(&arguments, output),
        Command::Mediagen(arguments) => mediagen::mediagen(&arguments, output),
        Command::Demo(arguments) => demo::demo(&arguments, output),
        Command::Ingest(arguments) => phases::ingest(&arguments, &changing()?),
        Command::Crawl(arguments) => crawl::command(&arguments.options, &changing()?),
        Command::Plan(arguments) => plan::plan(&arguments, &context()?),
        Command::Dedupe(arguments) => phases::dedupe(&arguments, &changing()?),
        Command::Validate(arguments) => phases::validate(&arguments, &changing()?),
        Command::Archive(arguments) => phases::archive(&arguments, &changing()?),
        Command::Show(arguments) => match run_named(&arguments)? {
            Some(run) => history::show_run(&run, &arguments, &context()?),
            None => show::show_plan(&arguments, output),
        },
        Command::Check(arguments) => apply::check(&arguments, &context()?),
        Command::Diff(arguments) => diff::diff(&arguments, output),
        Command::Apply(arguments) => apply::apply(&arguments, &changing()?),
        Command::Undo(arguments) => phases::undo(&arguments, &changing()?),
        Command::Recover(arguments) => recover::recover(&arguments, &changing()?),
        Command::Purge(arguments) => purge::purge(&arguments, &changing()?),
        Command::History(arguments) => history::history(&arguments, &context()?),
        Command::Volumes(arguments) => volumes::volumes(&arguments, &context()?),
        Command::Find(arguments) => find::find(&arguments, &context()?),
        Command::Status(arguments) => status::status(&arguments, &context()?),
        Command::Schema(arguments) => shell::schema(&arguments, output),
        Command::Completions(arguments) => shell::completions(&arguments, output),
        Command::Man(arguments) => shell::man(&arguments, output),
    }
}

/// The run that `show` is to show; none where it is a plan.
fn run_named(arguments: &ShowArguments) -> Result<Option<RunId>, Failure> {
    let run = arguments.what.to_str().and_then(|text| text.parse().ok());
    match run {
        Some(run) if look(Path::new(&arguments.what))? == Found::Nothing => Ok(Some(run)),
        _ => Ok(None),
    }
}
