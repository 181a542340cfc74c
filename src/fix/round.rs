//! One round: as many fixes at once as do not collide, or, if they make things worse together, half of them.

use std::collections::{BTreeMap, HashSet};

use super::standing::Standing;
use super::{Refused, Worse, fingerprint};
use crate::document::{Document, Edit, Format, edit};
use crate::findings::Finding;

/// What a round starts from.
pub(super) struct Round<'a> {
    pub(super) document: &'a Document,
    pub(super) findings: &'a [Finding],
    pub(super) format: Format,
    pub(super) judge: &'a dyn Fn(&Document) -> Vec<Finding>,
    /// The texts that there have been.
    pub(super) seen: &'a HashSet<u64>,
    /// How often a text may still be judged.
    pub(super) looks: usize,
    /// Whether more errors are no objection.
    pub(super) may_uncover: bool,
}

/// What a round led to.
pub(super) struct Taken<'f> {
    pub(super) accepted: Option<Step<'f>>,
    /// If nothing was accepted: why not.
    pub(super) refused: Vec<Refused>,
    /// Whether every fix was tried.
    pub(super) is_finished: bool,
}

/// The text that some fixes led to.
pub(super) struct Step<'f> {
    pub(super) document: Document,
    pub(super) findings: Vec<Finding>,
    pub(super) taken: Vec<&'f Finding>,
}

impl Round<'_> {
    /// Takes as many of the candidates as go together without harm. If there are none, each that is left was tried by
    /// itself.
    pub(super) fn take<'f>(&mut self, candidates: &[&'f Finding]) -> Taken<'f> {
        let mut taken = Taken { accepted: None, refused: Vec::new(), is_finished: true };
        let mut left = candidates.to_vec();
        while !left.is_empty() {
            let (together, others) = apart(&left);
            if let Some(step) = self.any_of(&together, &mut taken) {
                taken.accepted = Some(step);
                break;
            }
            left = others;
        }
        taken
    }

    /// One fix by itself.
    pub(super) fn alone<'f>(&mut self, finding: &'f Finding) -> Option<Step<'f>> {
        self.try_all(&[finding])?.ok()
    }

    /// All of these, or half of them, or a quarter … down to each by itself.
    fn any_of<'f>(&mut self, group: &[&'f Finding], taken: &mut Taken<'f>) -> Option<Step<'f>> {
        match self.try_all(group) {
            Some(Ok(step)) => Some(step),
            Some(Err(why)) => match group {
                [] => None,
                [finding] => {
                    taken.refused.push(Refused { finding: (*finding).clone(), why });
                    None
                }
                _ => {
                    let (first, second) = group.split_at(group.len() / 2);
                    self.any_of(first, taken).or_else(|| self.any_of(second, taken))
                }
            },
            None => {
                taken.is_finished = false;
                None
            }
        }
    }

    /// The text that these fixes lead to, if it is no worse. `None` if the time for looking is over.
    fn try_all<'f>(&mut self, group: &[&'f Finding]) -> Option<Result<Step<'f>, Worse>> {
        let edits: Vec<&Edit> = group.iter().flat_map(|finding| edits_of(finding)).collect();
        let Some(text) = edit::apply(self.document.source.text(), edits.iter().copied()) else {
            return Some(Err(Worse::Impossible));
        };
        if text == self.document.source.text() {
            return Some(Err(Worse::Unmended));
        }
        self.looks = self.looks.checked_sub(1)?;
        let document = Document::read(text.into_bytes(), self.format);
        if self.seen.contains(&fingerprint(&document)) {
            return Some(Err(Worse::InCircles));
        }
        let mut findings = (self.judge)(&document);
        findings.sort_by_key(|finding| finding.span);
        let before = Standing { document: self.document, findings: self.findings };
        let after = Standing { document: &document, findings: &findings };
        let objection = before.objection(after, &edits, group, self.may_uncover);
        Some(match objection {
            Some(why) => Err(why),
            None => Ok(Step { document, findings, taken: group.to_vec() }),
        })
    }
}

fn edits_of(finding: &Finding) -> &[Edit] {
    finding.fix.as_ref().map_or(&[], |fix| &fix.edits)
}

/// The findings whose fixes do not collide, the first ones first, and the others.
fn apart<'f>(candidates: &[&'f Finding]) -> (Vec<&'f Finding>, Vec<&'f Finding>) {
    let mut by_place = candidates.to_vec();
    by_place.sort_by_key(|finding| edits_of(finding).iter().map(|edit| edit.span).min());
    // None of these collide, so that each starts at a place of its own and ends before the next one starts.
    let mut places: BTreeMap<usize, &Edit> = BTreeMap::new();
    by_place.into_iter().partition(|finding| {
        let edits = edits_of(finding);
        let is_free = edits.iter().all(|edit| {
            let before = places.range(..edit.span.start).next_back();
            let mut near = before.into_iter().chain(places.range(edit.span.start..=edit.span.end));
            near.all(|(_, other)| !edit.collides(other))
        });
        if is_free {
            places.extend(edits.iter().map(|edit| (edit.span.start, edit)));
        }
        is_free
    })
}
