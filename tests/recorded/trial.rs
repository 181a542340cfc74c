//! What the modules give to be run: trials, and what is to be said once they have run.

use std::sync::{Arc, Mutex};

use libtest_mimic::Failed;

/// Something that holds or does not, by the name that it has within its subject.
pub(crate) struct Trial {
    name: String,
    kind: String,
    run: Box<dyn FnOnce() -> Result<(), Failed> + Send>,
}

impl Trial {
    pub(crate) fn test(name: impl Into<String>, run: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Self {
        Self { name: name.into(), kind: String::new(), run: Box::new(run) }
    }

    /// A function that panics where something does not hold.
    pub(crate) fn holds(name: &str, run: fn()) -> Self {
        Self::test(name, move || {
            run();
            Ok(())
        })
    }

    pub(crate) fn with_kind(self, kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), ..self }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// With the subject's name in front.
    pub(crate) fn of(self, subject: &str) -> libtest_mimic::Trial {
        libtest_mimic::Trial::test(format!("{subject}::{}", self.name), self.run).with_kind(self.kind)
    }
}

/// What a subject says once its trials have run.
pub(crate) type Summary = Box<dyn FnOnce() -> String>;

/// A module's trials.
pub(crate) struct Subject {
    pub(crate) trials: Vec<Trial>,
    pub(crate) summary: Option<Summary>,
}

impl From<Vec<Trial>> for Subject {
    fn from(trials: Vec<Trial>) -> Self {
        Self { trials, summary: None }
    }
}

impl From<(Vec<Trial>, Summary)> for Subject {
    fn from((trials, summary): (Vec<Trial>, Summary)) -> Self {
        Self { trials, summary: Some(summary) }
    }
}

/// Lines that a trial says of all its cases together. They are shown after the run, not between the names of trials.
#[derive(Clone, Default)]
pub(crate) struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    /// A subject of one trial, which compares everything and says what came of it.
    pub(crate) fn by(
        name: &str,
        run: impl FnOnce(&Self) -> Result<(), Failed> + Send + 'static,
    ) -> (Vec<Trial>, Summary) {
        let said = Self::default();
        let trial = Trial::test(name, {
            let said = said.clone();
            move || run(&said)
        });
        (vec![trial], Box::new(move || said.lines().join("\n")))
    }

    pub(crate) fn line(&self, line: impl Into<String>) {
        self.lines().push(line.into());
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().expect("no one panics while it is locked")
    }
}
