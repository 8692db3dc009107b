//! `schema`, `completions` and `man`: texts for other programs.

use super::args::{Arguments, CompletionsArguments, ManArguments, SchemaArguments};
use super::failure::{Exit, Failure};
use super::output::Output;
use crate::model::path::Escaped;
use crate::model::schema;
use clap::CommandFactory;

/// Prints a JSON Schema.
///
/// # Errors
/// Where it cannot be printed.
pub fn schema(arguments: &SchemaArguments, output: Output) -> Result<Exit, Failure> {
    let schema = schema::schema(&arguments.name).ok_or_else(|| {
        Failure::usage(format!(
            "there is no schema '{}'",
            Escaped(arguments.name.as_bytes())
        ))
        .hint(format!("the schemas are {}", schema::SCHEMAS.join(", ")))
    })?;
    output.json(&schema)?;
    Ok(Exit::Done)
}

/// Prints the completions for a shell.
///
/// # Errors
/// Where they cannot be printed.
pub fn completions(arguments: &CompletionsArguments, output: Output) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "mediastruct",
        &mut text,
    );
    output.data(|out| out.write_all(&text))?;
    Ok(Exit::Done)
}

/// Prints a manual page.
///
/// # Errors
/// Where there is no such command, or the page cannot be printed.
pub fn man(arguments: &ManArguments, output: Output) -> Result<Exit, Failure> {
    let mut whole = Arguments::command();
    whole.build();
    let command = match &arguments.command {
        None => whole,
        Some(name) => whole.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::usage(format!(
                "there is no command '{}'",
                Escaped(name.as_bytes())
            ))
            .hint("`mediastruct --help` lists the commands")
        })?,
    };
    let page = clap_mangen::Man::new(command);
    output.data(|out| page.render(&mut &mut *out))?;
    Ok(Exit::Done)
}
