//! The types of the linter's JSON output: they are the formats `json` and `jsonl`, and `schemas/diagnostics.json` is
//! generated from them.

use crate::json_schema::output::{require_all, version_one};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `adapter-lint check` prints as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Output {
    /// With `--output-format json`: everything.
    Diagnostics(Diagnostics),
    /// With `--output-format jsonl`: a line, which is one file.
    File(File),
    /// With `--output-format json --statistics`.
    Statistics(Statistics),
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Diagnostics {
    /// The version of this format. Members may be added within a version.
    #[schemars(schema_with = "version_one")]
    pub version: u32,
    /// The files that were judged, by path; also those without findings.
    pub files: Vec<File>,
    /// How many findings there are in all files.
    pub summary: Counts,
    /// What could not be looked at, each with its path and why; the exit code is 2 then.
    pub failures: Vec<String>,
}

/// A file that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct File {
    /// The path as it was given or found; `<stdin>` for standard input without a name.
    pub path: String,
    /// What the file is, such as `adapter-config`, `hub-adapter` or `unknown`.
    pub kind: String,
    /// The library whose file it is, such as `adapterhub` or `peft`; null if it is nobody's.
    pub dialect: Option<String>,
    /// What was found, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// One flaw at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Diagnostic {
    /// The permanent code of the rule.
    #[schemars(regex(pattern = r"^AL[1-9][0-9]{2}$"))]
    pub code: String,
    /// The name of the rule, in kebab-case.
    pub name: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// JSON pointer (RFC 6901) of the value that is at fault; empty for the whole text. In a file of weights, which is
    /// taken for an object of tensors by name, it leads to the first tensor that is meant, whether it is there or missing.
    pub pointer: String,
    /// The text that is at fault. A file of weights has no text, and all its findings stand at the first place.
    pub range: Range,
    /// How to mend it.
    pub help: Option<String>,
    /// A change of the text that mends it.
    pub fix: Option<Fix>,
    /// Other places that belong to it, such as the first of two keys that are the same; left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("default" = []))]
    pub related: Vec<Related>,
}

/// A place that belongs to a flaw at another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Related {
    /// Where.
    pub range: Range,
    /// What is there.
    pub message: String,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The library refuses the file, crashes on it, or computes something else than the file says.
    Error,
    /// The file loads, but part of what is written has no effect, is deprecated, or will surprise.
    Warning,
    /// Worth knowing.
    Note,
}

/// A range of text: from `start` up to, but without, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Range {
    /// Where it starts.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// A place in a text. Bytes that are not UTF-8 count as the replacement character (U+FFFD).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Position {
    /// The line, from 1.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// The column, from 1, in characters (Unicode scalar values).
    #[schemars(range(min = 1))]
    pub column: usize,
    /// The offset from the start of the text, from 0, in bytes of UTF-8.
    pub offset: usize,
}

/// A change of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Fix {
    /// What it does, as an imperative.
    pub title: String,
    /// Whether the meaning stays as it was, or is unmistakably what was meant.
    pub safe: bool,
    /// The edits, all against the text as it is; they do not overlap.
    pub edits: Vec<Edit>,
}

/// A replacement of a range of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Edit {
    /// What goes.
    pub range: Range,
    /// What comes in its place.
    pub text: String,
}

/// How many findings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Counts {
    /// Files that were judged.
    pub files: usize,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
    /// Findings that are notes.
    pub notes: usize,
}

/// How often each rule found something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Statistics {
    /// The version of this format. Members may be added within a version.
    #[schemars(schema_with = "version_one")]
    pub version: u32,
    /// The rules that found something, the most frequent first.
    pub rules: Vec<RuleCount>,
    /// How many findings there are in all files.
    pub summary: Counts,
}

/// How often a rule found something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct RuleCount {
    /// The permanent code of the rule.
    #[schemars(regex(pattern = r"^AL[1-9][0-9]{2}$"))]
    pub code: String,
    /// The name of the rule, in kebab-case.
    pub name: String,
    /// How much it weighs, unless options say otherwise.
    pub severity: Severity,
    /// How often it found something.
    pub count: usize,
}

/// The JSON Schema of [`Output`].
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Output).to_value()
}
