//! Asks before files move or go.

use super::failure::Failure;
use std::io::{self, BufRead, IsTerminal, Write};

/// Makes sure that somebody can be asked, or need not be: `yes` was given. `command` is what the
/// person typed, e.g. `mediastruct dedupe`, to be repeated in the hint.
///
/// # Errors
/// A usage failure where there is neither a `--yes` nor a terminal to ask on.
pub fn can_be_asked(yes: bool, command: &str) -> Result<(), Failure> {
    if yes || (io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(());
    }
    let message = "this moves files, and there is no terminal to ask on; nothing was done";
    Err(Failure::usage(message)
        .hint(format!("`{command} --yes` asks nothing"))
        .hint("`mediastruct plan` writes the plan to read first"))
}

/// The same before files are deleted.
///
/// # Errors
/// As [`can_be_asked`].
pub fn can_be_asked_to_delete(yes: bool, command: &str) -> Result<(), Failure> {
    can_be_asked(yes, command).map_err(|_| {
        let message = "this deletes files, and there is no terminal to ask on; nothing was done";
        Failure::usage(message)
            .hint(format!("`{command} --dry-run` says what it would delete"))
            .hint(format!("`{command} --yes` asks nothing"))
    })
}

/// Whether to go on: `yes` was given, or the person at the terminal says so.
///
/// # Errors
/// Where the answer cannot be read.
pub fn confirm(question: &str, yes: bool) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    answer(question, &mut io::stdin().lock(), &mut io::stderr())
        .map_err(|e| Failure::failed(format!("the answer cannot be read: {e}")))
}

/// Puts the question until the answer is a yes or a no; the end of the input is a no.
fn answer(question: &str, input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<bool> {
    loop {
        write!(out, "{question} [y/N] ")?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(false);
        }
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _ => writeln!(out, "Please answer y or n.")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(mut input: &[u8]) -> (bool, String) {
        let mut out = Vec::new();
        let answer = answer("Move 2 files?", &mut input, &mut out).unwrap();
        (answer, String::from_utf8(out).unwrap())
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "YES\n", "what\ny\n", "y"] {
            assert!(asked(yes.as_bytes()).0, "{yes}");
        }
        for no in ["", "\n", "n\n", "No\n", "what\n"] {
            assert!(!asked(no.as_bytes()).0, "{no}");
        }
        assert_eq!(asked(b"n\n").1, "Move 2 files? [y/N] ");
    }

    #[test]
    fn yes_needs_no_terminal() {
        assert_eq!(can_be_asked(true, "mediastruct dedupe"), Ok(()));
        assert_eq!(confirm("Move?", true), Ok(true));
    }
}
