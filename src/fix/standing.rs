//! How well a text stands, before and after a fix.

use std::fmt;

use crate::document::{Document, Edit};
use crate::findings::{Finding, Severity, Tag};

/// Why a fix would make things worse, or no better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Worse {
    /// Its edits collide, or name no whole characters.
    Impossible,
    /// No reader would take the text any more.
    Unreadable,
    /// It would bring more errors than it mends, and no fix mends these.
    MoreErrors,
    /// What it writes would mean another function.
    OtherMeaning,
    /// The finding would still be there.
    Unmended,
    /// The text would be as it was before another fix was taken.
    InCircles,
}

/// In words, to be put behind "the fix …".
impl fmt::Display for Worse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Impossible => "does not fit the text",
            Self::Unreadable => "would leave a text that cannot be read",
            Self::MoreErrors => "would leave more errors, which no fix mends",
            Self::OtherMeaning => "would change what is computed",
            Self::Unmended => "would not help",
            Self::InCircles => "would undo another fix",
        })
    }
}

/// A text and everything that was found in it.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) document: &'a Document,
    pub(super) findings: &'a [Finding],
}

impl Standing<'_> {
    /// What speaks against changing this text into another, which these edits make of it; more errors do not if it
    /// `may_uncover` some.
    pub(super) fn objection(
        self,
        after: Standing<'_>,
        edits: &[&Edit],
        mended: &[&Finding],
        may_uncover: bool,
    ) -> Option<Worse> {
        let moved = Moved::by(edits);
        if self.document.is_readable() {
            if !after.document.is_readable() {
                return Some(Worse::Unreadable);
            }
            if !may_uncover && errors(after.findings) > errors(self.findings) {
                return Some(Worse::MoreErrors);
            }
        } else if self.flaws_up_to(usize::MAX) < after.flaws_up_to(self.last_flaw().map_or(0, |at| moved.place(at))) {
            return Some(Worse::MoreErrors);
        }
        // What a release has another name for must not become what it calls so.
        let is_turned = |finding: &&&Finding| {
            let tells = |findings: &[Finding], start: usize| {
                findings.iter().any(|other| other.span.start == start && other.rule.tag == Some(Tag::OtherMeaning))
            };
            finding.rule.is_about_releases()
                && !tells(self.findings, finding.span.start)
                && tells(after.findings, moved.place(finding.span.start))
        };
        if mended.iter().any(|finding| is_turned(&finding)) {
            return Some(Worse::OtherMeaning);
        }
        let is_less = after.findings.len() < self.findings.len();
        let is_unmended = |finding: &&&Finding| {
            let start = moved.place(finding.span.start);
            let behind = after.findings.partition_point(|other| other.span.start < start);
            let same = after.findings[behind..].iter().take_while(|other| other.span.start == start);
            same.into_iter().any(|other| other.rule.code == finding.rule.code && other.message == finding.message)
        };
        (!is_less && mended.iter().any(|finding| is_unmended(&finding))).then_some(Worse::Unmended)
    }

    /// How many flaws a reader would stumble over that start up to a place. What is behind the last one may not have
    /// been read at all.
    fn flaws_up_to(self, place: usize) -> usize {
        let flaws = self.document.problems.iter().filter(|problem| !problem.kind.is_readable());
        flaws.filter(|problem| problem.span.start <= place).count()
    }

    fn last_flaw(self) -> Option<usize> {
        self.document
            .problems
            .iter()
            .rev()
            .find(|problem| !problem.kind.is_readable())
            .map(|problem| problem.span.start)
    }
}

/// How many errors there are.
pub(super) fn errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity == Severity::Error).count()
}

/// Where places of a text are after some edits.
struct Moved {
    /// The end of each edit, and by how much places from there on move.
    shifts: Vec<(usize, isize)>,
}

impl Moved {
    fn by(edits: &[&Edit]) -> Self {
        let mut edits = edits.to_vec();
        edits.sort_by_key(|edit| edit.span);
        let mut shift = 0;
        let shifts = edits.iter().map(|edit| {
            shift += edit.text.len().cast_signed() - (edit.span.end - edit.span.start).cast_signed();
            (edit.span.end, shift)
        });
        Self { shifts: shifts.collect() }
    }

    fn place(&self, place: usize) -> usize {
        let behind = self.shifts.partition_point(|(end, _)| *end <= place);
        let shift = behind.checked_sub(1).map_or(0, |last| self.shifts[last].1);
        place.saturating_add_signed(shift)
    }
}
