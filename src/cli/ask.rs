//! Asks before files move.

use super::failure::Failure;
use std::io::{self, BufRead, IsTerminal, Write};

/// Whether to go on: `yes` was given, or a person at a terminal says so. `command` is what the
/// person typed, e.g. `mediastruct dedupe`, to be repeated in the hint.
///
/// # Errors
/// A usage failure where there is neither a `--yes` nor a terminal to ask on.
pub fn confirm(question: &str, yes: bool, command: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(
            "this moves files, and there is no terminal to ask on; nothing was done",
        )
        .hint(format!("`{command} --yes` asks nothing"))
        .hint("`mediastruct plan` writes the plan to read first"));
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
        assert_eq!(confirm("Move?", true, "mediastruct dedupe"), Ok(true));
    }
}
