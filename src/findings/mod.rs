//! What a rule is, and what it finds: the values that dialects give to the linter. Nothing here knows a dialect.

mod finding;
#[cfg(feature = "oracle")]
pub(crate) mod fold;
mod rule;
mod spelling;
pub(crate) mod words;

pub(crate) use finding::in_order;
pub use finding::{Edit, Finding, Fix, Related, Report, Severity};
pub use rule::{RuleInfo, Tag};
pub(crate) use rule::{rule, rules as rule_table};
pub use spelling::near;
pub(crate) use spelling::{is_slip, nearest, same_letters};
