use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobMatcher};
use toml::Spanned;

use super::releases::{ReleaseError, targets};
use super::{Problem, Settings, SettingsFile};
use crate::dialects::Targets;
use crate::lint::{Finding, Levels, Report, UnknownRule, find_rule};

/// The patterns of the settings, compiled.
#[derive(Debug)]
pub(super) struct Matching {
    /// One for each of `paths`, and whether a judged file fits it.
    paths: Vec<(GlobMatcher, AtomicBool)>,
    /// One for each of `suppress`.
    suppressions: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    code: &'static str,
    path: Option<GlobMatcher>,
    pointer: Option<String>,
    /// Whether a judged file fits the path.
    has_file: AtomicBool,
    /// Whether a finding was suppressed.
    is_used: AtomicBool,
}

/// The parts of the settings that hold for a file: the numbers of the fitting `paths`, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Matches(Vec<usize>);

impl Matching {
    pub(super) fn new(settings: &Settings, problems: &mut Vec<Problem>) -> Self {
        let mut glob = |pattern: &Spanned<String>| match compile(pattern.get_ref()) {
            Ok(glob) => Some(glob),
            Err(error) => {
                let message = format!("not a valid path pattern: {}", error.kind());
                problems.push(Problem::new(pattern.span(), message));
                None
            }
        };
        let paths =
            settings.paths.iter().filter_map(|paths| Some((glob(&paths.path)?, AtomicBool::new(false)))).collect();
        let mut suppressions = Vec::new();
        let mut more = Vec::new();
        for suppression in &settings.suppress {
            let suppression = suppression.get_ref();
            let pointer = suppression.pointer.as_ref();
            if let Some(pointer) = pointer
                && !pointer.get_ref().is_empty()
                && !pointer.get_ref().starts_with('/')
            {
                more.push(Problem::new(pointer.span(), "a JSON pointer begins with `/`, such as `/config/scaling`"));
            }
            if suppression.reason.get_ref().trim().is_empty() {
                more.push(Problem::new(
                    suppression.reason.span(),
                    "the reason is empty: say why the finding can be left as it is",
                ));
            }
            let path = suppression.path.as_ref().and_then(&mut glob);
            let Some(rule) = find_rule(suppression.code.get_ref()) else { continue };
            if super::rules::RULES.iter().any(|of_settings| of_settings.code == rule.code) {
                more.push(Problem::new(
                    suppression.code.span(),
                    "what is told of the settings themselves is not suppressed: ignore the rule",
                ));
            }
            suppressions.push(Compiled {
                code: rule.code,
                path,
                pointer: pointer.map(|pointer| pointer.get_ref().clone()),
                has_file: AtomicBool::new(false),
                is_used: AtomicBool::new(false),
            });
        }
        problems.append(&mut more);
        Self { paths, suppressions }
    }
}

fn compile(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let whole = if pattern.ends_with('/') { format!("{pattern}**") } else { pattern.to_owned() };
    let whole = whole.strip_prefix("./").unwrap_or(&whole);
    let glob = GlobBuilder::new(whole).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher())
}

impl Compiled {
    fn fits_file(&self, path: &Path) -> bool {
        self.path.as_ref().is_none_or(|glob| glob.is_match(path))
    }

    /// A finding at the pointer, or inside of what it points to.
    fn fits(&self, finding: &Finding) -> bool {
        let is_within = |pointer: &String| {
            finding.pointer.strip_prefix(pointer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.code == finding.rule.code && self.pointer.as_ref().is_none_or(is_within)
    }
}

impl SettingsFile {
    /// Which parts hold for a file; `path` is seen from the folder of the settings.
    #[must_use]
    pub fn matches(&self, path: &Path) -> Matches {
        let all = self.matching.paths.iter().enumerate();
        Matches(all.filter(|(_, (glob, _))| glob.is_match(path)).map(|(number, _)| number).collect())
    }

    /// Whether a file was judged for which this part of `paths` holds.
    pub(super) fn has_met(&self, number: usize) -> bool {
        self.matching.paths.get(number).is_some_and(|(_, is_met)| is_met.load(Ordering::Relaxed))
    }

    /// What the settings say of rules, for files that these parts hold for. What is selected is left to the caller
    /// where `select` is false.
    ///
    /// # Errors
    /// If a rule is not known; [`parse`](Self::parse) has looked.
    pub fn levels(&self, matches: &Matches, select: bool) -> Result<Levels, UnknownRule> {
        let mut levels = Levels::default();
        let settings = &self.settings;
        if select {
            settings.select.iter().try_for_each(|rule| levels.select(rule.get_ref()))?;
        }
        settings.ignore.iter().try_for_each(|rule| levels.ignore(rule.get_ref()))?;
        let mut set = settings.rules.iter().collect::<Vec<_>>();
        for paths in self.parts(matches) {
            paths.ignore.iter().try_for_each(|rule| levels.ignore(rule.get_ref()))?;
            set.extend(&paths.rules);
        }
        set.into_iter().try_for_each(|(rule, level)| levels.set(rule.get_ref(), level.severity()))?;
        Ok(levels)
    }

    /// The base model, for files that these parts hold for.
    #[must_use]
    pub fn model(&self, matches: &Matches) -> Option<&Spanned<String>> {
        self.parts(matches).filter_map(|paths| paths.model.as_ref()).last().or(self.settings.model.as_ref())
    }

    /// The releases, for files that these parts hold for: of each library the one that is named last.
    ///
    /// # Errors
    /// If one of them cannot be used; with its place.
    pub fn targets(&self, matches: &Matches) -> Result<Targets, (Range<usize>, ReleaseError)> {
        let of_paths = self.parts(matches).filter_map(|paths| paths.releases.as_ref());
        let all = self.settings.releases.iter().chain(of_paths);
        all.map(targets).try_fold(Targets::default(), |before, named| Ok(named?.or(before)))
    }

    fn parts<'a>(&'a self, matches: &Matches) -> impl Iterator<Item = &'a super::PathSettings> {
        matches.0.iter().filter_map(|number| self.settings.paths.get(*number)).collect::<Vec<_>>().into_iter()
    }

    /// The findings that are neither suppressed nor known by the baseline. `path` is seen from the folder of the
    /// settings.
    #[must_use]
    pub fn without_suppressed(&self, path: &Path, mut findings: Vec<Finding>) -> Vec<Finding> {
        let here: Vec<_> = self.matching.suppressions.iter().filter(|one| one.fits_file(path)).collect();
        for suppression in &here {
            suppression.has_file.store(true, Ordering::Relaxed);
        }
        for (_, is_met) in self.matching.paths.iter().filter(|(glob, _)| glob.is_match(path)) {
            is_met.store(true, Ordering::Relaxed);
        }
        let name = slashes(path);
        findings.retain(|finding| {
            let mut fitting = here.iter().filter(|suppression| suppression.fits(finding)).peekable();
            let is_suppressed = fitting.peek().is_some();
            fitting.for_each(|suppression| suppression.is_used.store(true, Ordering::Relaxed));
            !is_suppressed && !self.baseline.takes(&name, finding)
        });
        findings
    }

    /// Whether a finding is suppressed or known by the baseline; asking does not count as its occurring.
    #[must_use]
    pub fn silences(&self, path: &Path, finding: &Finding) -> bool {
        let mut here = self.matching.suppressions.iter().filter(|one| one.fits_file(path));
        here.any(|suppression| suppression.fits(finding)) || self.baseline.knows(&slashes(path), finding)
    }

    /// What is wrong with the settings themselves, once all files have been judged; `whole` if these are all that are
    /// below the folder of the settings. `levels` say which rules were asked for.
    #[must_use]
    pub fn findings(&self, whole: bool, levels: &Levels) -> Vec<Finding> {
        let mut report = Report::default();
        super::rules::check_all((self, whole), &mut report);
        let mut findings = report.into_findings();
        let is_asked = |code: &str| find_rule(code).is_some_and(|rule| levels.reports(rule));
        findings.retain(|finding| self.suppressed_by(finding).is_none_or(is_asked));
        levels.apply(findings)
    }

    /// The rule that a suppression is for, of which a finding in the settings tells.
    fn suppressed_by(&self, finding: &Finding) -> Option<&'static str> {
        let number = finding.pointer.strip_prefix("/suppress/")?.parse::<usize>().ok()?;
        self.matching.suppressions.get(number).map(|suppression| suppression.code)
    }

    /// The numbers of the suppressions that fit no finding, though there was a file they are for; all that fit none if
    /// `whole`: everything below the folder of the settings was judged.
    pub(super) fn unmatched(&self, whole: bool) -> Vec<usize> {
        let is_idle = |one: &Compiled| {
            !one.is_used.load(Ordering::Relaxed)
                && (whole || (one.path.is_some() && one.has_file.load(Ordering::Relaxed)))
        };
        let all = self.matching.suppressions.iter().enumerate();
        all.filter(|(_, one)| is_idle(one)).map(|(number, _)| number).collect()
    }

    /// How many findings of the baseline did not occur, of rules that `levels` ask for.
    #[must_use]
    pub fn stale(&self, levels: &Levels) -> usize {
        self.baseline.stale(|code| find_rule(code).is_some_and(|rule| levels.reports(rule)))
    }
}

/// A path with `/` between folders, as it stands in baselines.
#[must_use]
pub fn slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
