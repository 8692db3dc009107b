//! Kills at every system call of some kinds, each followed by a recovery.

use crate::library::Library;

/// Kills a command at each of its calls of these kinds, recovers, one way and the other, and has it
/// judged; gives how many kills there were.
pub fn kill_everywhere(
    origin: &Library,
    command: &[&str],
    calls: &[&str],
    judge: impl Fn(&Library, &str),
) -> usize {
    let mut kills = 0;
    for call in calls {
        for number in 1.. {
            let trial = origin.copy();
            if !killed(&trial, command, call, number) {
                break;
            }
            kills += 1;
            let recover: &[&str] = match number % 2 {
                0 => &["recover"],
                _ => &["recover", "--rollback"],
            };
            trial.succeed(recover);
            judge(&trial, &format!("{command:?} killed at {call} {number}"));
        }
    }
    kills
}

/// Runs a command that is killed at a system call, and says whether it was.
fn killed(library: &Library, command: &[&str], call: &str, number: usize) -> bool {
    let inject = format!("inject={call}:signal=KILL:when={number}");
    let trace = format!("trace={call}");
    let strace = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
    ];
    let said = library.run_within(&strace, command);
    assert!([-1, 0].contains(&said.code), "{said:?}");
    said.code == -1
}
