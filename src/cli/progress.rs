//! How far a long piece of work is, on a terminal.

use std::cell::Cell;
use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

/// Counts bytes that are written and then, in some commands, compared; or files that are judged; or places that are compared.
pub(super) struct Progress {
    start: Instant,
    shown: Cell<Option<Instant>>,
    done: Cell<usize>,
    total: usize,
    on_terminal: bool,
}

impl Progress {
    /// Runs shorter than this show nothing.
    const PATIENCE: Duration = Duration::from_secs(1);
    /// The time between two signs of life.
    const PAUSE: Duration = Duration::from_millis(100);

    /// Nothing of so many bytes is done yet; none are known of what is counted otherwise.
    pub(super) fn new(total: usize) -> Self {
        let on_terminal = stderr().is_terminal();
        Self { start: Instant::now(), shown: Cell::new(None), done: Cell::new(0), total, on_terminal }
    }

    /// So many bytes more are written, or compared.
    pub(super) fn step(&self, bytes: usize) {
        self.done.set(self.done.get().saturating_add(bytes));
        let (doing, done) = match self.done.get().checked_sub(self.total) {
            None | Some(0) => ("written", self.done.get()),
            Some(compared) => ("compared", compared),
        };
        self.show(format_args!("{doing} {} of {} MB", done / 1_000_000, self.total / 1_000_000));
    }

    /// One more file is judged.
    pub(super) fn file(&self) {
        self.done.set(self.done.get() + 1);
        self.show(format_args!("{} files", self.done.get()));
    }

    /// So many places of all are compared.
    pub(super) fn places(&self, done: usize, of: usize) {
        self.show(format_args!("compared {done} of {of} places"));
    }

    fn show(&self, line: std::fmt::Arguments<'_>) {
        let is_due = || self.shown.get().is_none_or(|shown| shown.elapsed() > Self::PAUSE);
        if self.on_terminal && self.start.elapsed() > Self::PATIENCE && is_due() {
            let _ = write!(stderr(), "\r{line}\u{1b}[K");
            self.shown.set(Some(Instant::now()));
        }
    }

    /// Takes the line away, so that something else can be written there.
    pub(super) fn clear(&self) {
        if self.shown.take().is_some() {
            let _ = write!(stderr(), "\r\u{1b}[K");
        }
    }
}
