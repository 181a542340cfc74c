//! How far a long piece of work on files of tensors is, on a terminal.

use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

/// Counts bytes that are written and then, in some commands, compared.
pub(super) struct Progress {
    start: Instant,
    shown: Cell<Option<Instant>>,
    done: Cell<usize>,
    total: usize,
}

impl Progress {
    /// Runs shorter than this show nothing.
    const PATIENCE: Duration = Duration::from_secs(1);
    /// The time between two signs of life.
    const PAUSE: Duration = Duration::from_millis(100);

    /// Nothing of so many bytes is done yet.
    pub(super) fn new(total: usize) -> Self {
        Self { start: Instant::now(), shown: Cell::new(None), done: Cell::new(0), total }
    }

    /// So many bytes more are written, or compared.
    pub(super) fn step(&self, bytes: usize) {
        self.done.set(self.done.get().saturating_add(bytes));
        let is_due = self.shown.get().is_none_or(|shown| shown.elapsed() > Self::PAUSE);
        if self.start.elapsed() > Self::PATIENCE && is_due && stderr().is_terminal() {
            let (doing, done) = match self.done.get().checked_sub(self.total) {
                None | Some(0) => ("written", self.done.get()),
                Some(compared) => ("compared", compared),
            };
            let _ = write!(stderr(), "\r{doing} {} of {} MB\u{1b}[K", done / 1_000_000, self.total / 1_000_000);
            self.shown.set(Some(Instant::now()));
        }
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if self.shown.get().is_some() {
            let _ = write!(stderr(), "\r\u{1b}[K");
        }
    }
}
