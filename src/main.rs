//! The `mediastruct` command. Everything it does is in the library of the same name, and what it
//! says in [`mediastruct::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    mediastruct::cli::run(std::env::args_os())
}
