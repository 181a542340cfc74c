use super::Severity;

/// What is known of a rule apart from its check.
#[derive(Debug)]
pub struct RuleInfo {
    /// The permanent code, such as `AL203`.
    pub code: &'static str,
    /// The type's name, from which the kebab-case name follows.
    pub type_name: &'static str,
    /// How much its findings weigh by default.
    pub severity: Severity,
    /// What else its findings tell, to programs.
    pub tag: Option<Tag>,
    /// The manual, in Markdown.
    pub docs: &'static str,
}

/// What all findings of a rule tell besides their message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tag {
    /// What they are about could as well not be there.
    Unnecessary,
    /// What they are about is deprecated.
    Deprecated,
    /// A release computes something other than the file means.
    OtherMeaning,
}

impl Tag {
    /// The tag of a rule, from those that are declared.
    pub(crate) const fn first(declared: &[Self]) -> Option<Self> {
        match declared {
            [] => None,
            [first, ..] => Some(*first),
        }
    }
}

impl RuleInfo {
    /// The name people write: `ScalingNotFloat` is `scaling-not-float`.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = String::with_capacity(self.type_name.len() + 4);
        for (at, c) in self.type_name.chars().enumerate() {
            if c.is_ascii_uppercase() && at > 0 {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    /// Whether it is about fitness for a release or a runtime, as the house numbers rules.
    #[must_use]
    pub fn is_about_releases(&self) -> bool {
        self.code.starts_with("AL8")
    }

    /// The manual as Markdown: [`RuleInfo::docs`] without the space that each doc comment starts with.
    #[must_use]
    pub fn manual(&self) -> String {
        let lines = self.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The manual under its heading: code, name and severity.
    #[must_use]
    pub fn explanation(&self) -> String {
        format!("# {} {} ({})\n\n{}", self.code, self.name(), self.severity.as_str(), self.manual())
    }

    /// The manual's first sentence.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        let text = self.docs.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        text.unwrap_or_default()
    }
}

/// Declares a rule: its manual, its name, its severity and, if it has one, its tag. The check is an inherent `fn check(subject, report)`.
macro_rules! rule {
    ($(#[doc = $doc:literal])* $name:ident, $severity:ident $(, $tag:ident)?) => {
        $(#[doc = $doc])*
        pub(crate) struct $name;

        impl $name {
            pub(super) const DOCS: &'static str = concat!($($doc, "\n"),*);
            pub(super) const SEVERITY: $crate::findings::Severity = $crate::findings::Severity::$severity;
            pub(super) const TAG: Option<$crate::findings::Tag> =
                $crate::findings::Tag::first(&[$($crate::findings::Tag::$tag)?]);
        }
    };
}
pub(crate) use rule;

/// The table of a folder of rules: a row gives the permanent code, the file and the rule in it. Makes `INFO` for each
/// rule, `RULES` for all, and `check_all`, which runs them over one subject.
macro_rules! rules {
    ($subject:ty; $($code:ident $module:ident $rule:ident,)*) => {
        $(mod $module;)*

        $(
            impl $module::$rule {
                /// Code, name, severity and manual.
                pub(crate) const INFO: &'static $crate::findings::RuleInfo = &$crate::findings::RuleInfo {
                    code: stringify!($code),
                    type_name: stringify!($rule),
                    severity: Self::SEVERITY,
                    tag: Self::TAG,
                    docs: Self::DOCS,
                };
            }
        )*

        /// Every rule of this folder, by code.
        pub(crate) static RULES: &[&$crate::findings::RuleInfo] = &[$($module::$rule::INFO,)*];

        /// Runs every rule of this folder.
        pub(crate) fn check_all(subject: $subject, report: &mut $crate::findings::Report) {
            let _ = (&subject, &report);
            $($module::$rule::check(subject, report);)*
        }
    };
}
pub(crate) use rules;
