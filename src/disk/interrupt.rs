//! Ctrl-C and its kin: the first asks the run under way to turn back, the second ends the process
//! at once, as a kill would.
//!
//! Whoever moves files holds a [`Watch`] and asks it now and then. Where nobody does, signals do
//! what they always do.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock, Mutex, Once, PoisonError};

/// Keeps the first signal from ending the process, for as long as it lives.
#[must_use = "signals end the process again once this value is dropped; name it"]
pub struct Watch(());

/// The exit status of a process that was interrupted twice: 128 and the number of SIGINT, as a
/// shell tells of it.
const INTERRUPTED_TWICE: i32 = 130;

/// Whether the run under way is to turn back.
static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// What tells a person that the run turns back; there while a run is watched that goes forward.
static TELL: Mutex<Option<Tell>> = Mutex::new(None);

type Tell = Box<dyn FnOnce() + Send>;

impl Watch {
    /// Begins to watch; when the first signal comes, `tell` is called by another thread.
    ///
    /// Where the system lets nobody watch, that is logged, and a signal ends the process as a kill
    /// does.
    pub fn begin(tell: impl FnOnce() + Send + 'static) -> Watch {
        static LISTENER: Once = Once::new();
        ASKED.store(false, SeqCst);
        // First of all, as a listener that finds nobody watching ends the process.
        replace(Some(Box::new(tell)));
        LISTENER.call_once(|| {
            if let Err(error) = listen() {
                tracing::warn!("Signals cannot be watched: {error}");
            }
        });
        Watch(())
    }

    /// Whether the run is to turn back.
    pub fn is_interrupted(&self) -> bool {
        ASKED.load(SeqCst)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        replace(None);
        ASKED.store(false, SeqCst);
    }
}

fn replace(tell: Option<Tell>) -> Option<Tell> {
    let mut place = TELL.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut *place, tell)
}

/// Takes the signals over, for as long as the process lives: while they are given back, one could
/// be lost.
fn listen() -> io::Result<()> {
    let ignored = ignored_signals();
    let mut signals = [SIGINT, SIGTERM, SIGHUP].to_vec();
    signals.retain(|signal| ignored & (1 << (signal - 1)) == 0);
    for signal in &signals {
        // In the handler itself, as the thread may be waiting for a terminal to take its words.
        flag::register_conditional_shutdown(*signal, INTERRUPTED_TWICE, Arc::clone(&ASKED))?;
    }
    let mut signals = Signals::new(signals)?;
    let listener = std::thread::Builder::new().name("signals".to_owned());
    listener.spawn(move || signals.forever().for_each(receive))?;
    Ok(())
}

fn receive(signal: i32) {
    if let Some(tell) = replace(None) {
        ASKED.store(true, SeqCst);
        return tell();
    }
    if ASKED.load(SeqCst) {
        // It came before its handler could know of the first one.
        low_level::exit(INTERRUPTED_TWICE);
    }
    // Where not even that works, there is nobody left to tell.
    let _ = low_level::emulate_default_handler(signal);
}

/// The signals that this process was started to ignore, one bit each: under `nohup`, a terminal
/// that goes away interrupts nothing. None where the system does not tell.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok());
    mask.unwrap_or_default()
}
