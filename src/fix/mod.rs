//! Mends texts: takes the fixes that findings offer, until none is left.
//!
//! Edits go by span, so whatever no fix names stays as it is, to the byte. Fixes that collide are taken one after
//! another: the text is judged anew in between. A fix that would make things worse is not taken, and told, unless other
//! fixes then make up for it. The result is a fixed point: mending it again changes nothing.

#[cfg(feature = "oracle")]
pub mod names;
mod round;
mod standing;

pub use standing::Worse;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::document::{Document, Format, ProblemKind};
use crate::lint::{self, Finding, Options, rules};
use round::{Round, Step};

/// How often one text is judged at most.
const MOST_LOOKS: usize = 400;
/// How often even the largest text is judged.
const LEAST_LOOKS: usize = 12;
/// Of large texts, so many bytes are judged in all.
const MOST_BYTES: usize = 1 << 30;

/// Which fixes are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// Those that leave the meaning as it is, or are unmistakably what was meant.
    Safe,
    /// The others too.
    Unsafe,
}

impl Safety {
    /// Whether it takes this finding's fix.
    #[must_use]
    pub fn takes(self, finding: &Finding) -> bool {
        finding.fix.as_ref().is_some_and(|fix| fix.safe || self == Self::Unsafe)
    }
}

/// A text that was mended.
#[derive(Debug, Clone)]
pub struct Mended {
    /// The text as it is now.
    pub document: Document,
    /// The findings whose fixes were taken, in the order of taking; places are those of the text at that time.
    pub fixed: Vec<Finding>,
    /// The fixes that would have made things worse.
    pub refused: Vec<Refused>,
    /// Whether no fix is left to be taken. It is not where so many depend on each other that they would take too long.
    pub is_finished: bool,
}

/// A fix that was not taken.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The finding that offers it; its place is that in the mended text.
    pub finding: Finding,
    /// Why not.
    pub why: Worse,
}

/// Mends a text. `judge` finds everything that is wrong with it, `wants` says which of the findings are to be mended;
/// those without a fix are never asked for.
///
/// A text that is not UTF-8 stays as it is: its spans are not those of its bytes. As long as a reader would refuse the
/// text, only fixes of the text itself are taken, since the rest was read by guess; and they are taken only if a reader
/// then takes it. Otherwise the guess may have been wrong from the beginning, as behind a quote that is missing.
pub fn mend(
    document: &Document,
    format: Format,
    judge: &dyn Fn(&Document) -> Vec<Finding>,
    wants: &dyn Fn(&Finding) -> bool,
) -> Mended {
    mend_found(document, judge(document), format, judge, wants)
}

/// As [`mend`], of a text that was judged already: `found` is what `judge` finds in it.
pub fn mend_found(
    document: &Document,
    found: Vec<Finding>,
    format: Format,
    judge: &dyn Fn(&Document) -> Vec<Finding>,
    wants: &dyn Fn(&Finding) -> bool,
) -> Mended {
    let untouched = || Mended { document: document.clone(), fixed: Vec::new(), refused: Vec::new(), is_finished: true };
    if document.problems.iter().any(|problem| problem.kind == ProblemKind::InvalidUtf8) {
        return untouched();
    }
    let looks = (MOST_BYTES / document.source.text().len().max(1)).clamp(LEAST_LOOKS, MOST_LOOKS);
    let mender = Mender { format, judge, wants };
    let mut state = State { mended: untouched(), findings: found, seen: HashSet::from([fingerprint(document)]), looks };
    mender.run(&mut state);
    while let Some(uncovered) = mender.uncover(&mut state) {
        state = uncovered;
    }
    let mended = state.mended;
    if document.is_readable() || mended.document.is_readable() || mended.fixed.is_empty() {
        return mended;
    }
    let wanted = judge(document).into_iter().filter(|finding| finding.fix.is_some() && wants(finding));
    let refused = wanted.filter(is_of_the_text).map(|finding| Refused { finding, why: Worse::Unreadable });
    Mended { refused: refused.collect(), ..untouched() }
}

/// How texts are mended.
struct Mender<'a> {
    format: Format,
    judge: &'a dyn Fn(&Document) -> Vec<Finding>,
    wants: &'a dyn Fn(&Finding) -> bool,
}

/// How far the mending of a text has come.
#[derive(Clone)]
struct State {
    mended: Mended,
    /// What is found in the text as it is now.
    findings: Vec<Finding>,
    /// The texts that there have been.
    seen: HashSet<u64>,
    /// How often a text may still be judged.
    looks: usize,
}

impl State {
    fn errors(&self) -> usize {
        standing::errors(&self.findings)
    }

    /// Goes on from the text that some fixes led to, which these findings offered.
    fn accept(&mut self, document: Document, findings: Vec<Finding>, fixed: Vec<Finding>) {
        self.seen.insert(fingerprint(&document));
        self.mended.fixed.extend(fixed);
        self.mended.document = document;
        self.findings = findings;
    }
}

impl Mender<'_> {
    /// Takes fixes until each that is left would by itself make things worse.
    fn run(&self, state: &mut State) {
        loop {
            let is_readable = state.mended.document.is_readable();
            let candidates: Vec<_> = state
                .findings
                .iter()
                .filter(|finding| finding.fix.is_some() && (self.wants)(finding))
                .filter(|finding| is_readable || is_of_the_text(finding))
                .collect();
            let mut round = self.round(&state.mended.document, &state.findings, &state.seen, state.looks);
            let taken = round.take(&candidates);
            state.looks = round.looks;
            match taken.accepted {
                Some(Step { document, findings, taken }) => {
                    let fixed = taken.into_iter().cloned().collect();
                    state.accept(document, findings, fixed);
                }
                None => {
                    state.mended.is_finished = taken.is_finished;
                    state.mended.refused = taken.refused;
                    return;
                }
            }
        }
    }

    /// Takes a fix that was refused for the errors it would lead to, if the fixes of these, and of what they lead to, bring
    /// their number down again: then it only uncovers what nobody looked at before, as behind a method that is misspelt.
    fn uncover(&self, state: &mut State) -> Option<State> {
        let refused = state.mended.refused.clone();
        for refused in refused.iter().filter(|refused| refused.why == Worse::MoreErrors) {
            let mut ahead = state.clone();
            let mut round = self.round(&state.mended.document, &state.findings, &state.seen, state.looks);
            round.may_uncover = true;
            let step = round.alone(&refused.finding);
            ahead.looks = round.looks;
            if let Some(Step { document, findings, .. }) = step {
                ahead.accept(document, findings, vec![refused.finding.clone()]);
                self.run(&mut ahead);
                if ahead.errors() <= state.errors() {
                    return Some(ahead);
                }
            }
            state.looks = ahead.looks;
        }
        None
    }

    fn round<'r>(
        &'r self,
        document: &'r Document,
        findings: &'r [Finding],
        seen: &'r HashSet<u64>,
        looks: usize,
    ) -> Round<'r> {
        Round { document, findings, format: self.format, judge: self.judge, seen, looks, may_uncover: false }
    }
}

/// Mends a file as [`lint::lint`] judges it. Files of other libraries, and such as nobody knows, stay as they are.
#[must_use]
pub fn mend_file(document: &Document, name: &str, format: Format, options: &Options, safety: Safety) -> Mended {
    mend_wanted(document, name, format, options, &|finding| safety.takes(finding) && options.levels.wants(finding))
}

/// Mends what is wanted in a file, as [`mend_file`].
pub(crate) fn mend_wanted(
    document: &Document,
    name: &str,
    format: Format,
    options: &Options,
    wants: &dyn Fn(&Finding) -> bool,
) -> Mended {
    let judge = |document: &Document| match lint::lint_all(document, name, options) {
        linted if linted.recognised.is_mendable() => linted.findings,
        _ => Vec::new(),
    };
    mend(document, format, &judge, wants)
}

/// Whether a finding is about the text as such.
fn is_of_the_text(finding: &Finding) -> bool {
    rules::RULES.iter().any(|rule| rule.code == finding.rule.code)
}

fn fingerprint(document: &Document) -> u64 {
    let mut hasher = DefaultHasher::new();
    document.source.text().hash(&mut hasher);
    hasher.finish()
}
