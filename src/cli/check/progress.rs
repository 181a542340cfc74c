//! How far a long run is, on a terminal.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many files are judged between two signs of life.
const STEP: usize = 64;

/// Counts what is done.
pub(super) struct Progress {
    start: Instant,
    done: usize,
    is_shown: bool,
    on_terminal: bool,
}

impl Progress {
    /// Nothing is done yet.
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), done: 0, is_shown: false, on_terminal: stderr().is_terminal() }
    }

    /// One more file is done.
    pub(super) fn step(&mut self) {
        self.done += 1;
        if self.on_terminal && self.done.is_multiple_of(STEP) && self.start.elapsed() > PATIENCE {
            self.is_shown = true;
            let _ = write!(stderr(), "\r{} files\u{1b}[K", self.done);
        }
    }

    /// Takes the line away, so that something else can be written there.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(stderr(), "\r\u{1b}[K");
        }
    }
}
