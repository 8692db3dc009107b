//! Commands that are not built in this branch.

use super::failure::{Exit, Failure};

/// Says that `command` is not built in this branch.
///
/// # Errors
/// Always.
pub fn pending(command: &str) -> Result<Exit, Failure> {
    Err(Failure::failed(format!(
        "`{command}` is not built in this branch"
    )))
}
