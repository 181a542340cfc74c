//! How far a long run is, on a terminal.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many files are judged between two signs of life.
const STEP: usize = 64;

/// Counts what is done.
pub(super) struct Progress {
    start: Instant,
    done: AtomicUsize,
    total: usize,
    on_terminal: bool,
}

impl Progress {
    /// For so many files.
    pub(super) fn new(total: usize) -> Self {
        Self { start: Instant::now(), done: AtomicUsize::new(0), total, on_terminal: stderr().is_terminal() }
    }

    /// One more file is done.
    pub(super) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.on_terminal && done.is_multiple_of(STEP) && self.start.elapsed() > PATIENCE {
            let _ = write!(stderr(), "\r{done} of {} files\u{1b}[K", self.total);
        }
    }

    /// Takes the line away.
    pub(super) fn finish(self) {
        if self.on_terminal && self.start.elapsed() > PATIENCE {
            let _ = write!(stderr(), "\r\u{1b}[K");
        }
    }
}
