//! The specification of adapters (parameter-efficient fine-tuning) of AdapterHub and of Hugging Face PEFT: every key of
//! every config, what the libraries do with a file, what each method computes, and how saved adapters are read, compared
//! and converted. The program `adapter-lint` is this library with a command line; the README says what it can do.
//!
//! What is wrong with a file:
//!
//! ```
//! use adapter_spec::document::{Document, Format};
//! use adapter_spec::lint::{Options, lint};
//!
//! let text = br#"{"config": {"architecture": "lora", "r": 0}, "name": "a", "version": "adapters.1.3.0"}"#;
//! let document = Document::read(text.to_vec(), Format::Json);
//! let linted = lint(&document, "adapter_config.json", &Options::default());
//! let finding = &linted.findings[0];
//! assert_eq!((finding.rule.code, finding.pointer.as_str()), ("AL206", "/config/r"));
//! assert_eq!(document.source.position(finding.span.start).column, 42);
//! ```
//!
//! Where to begin: [`lint::lint`] judges a text, [`fix::mend_file`] mends it, [`dialects::spec::Loaded::of`] gives a short
//! config in full, [`checkpoint::Container`] opens a folder or an archive of adapters, [`tensors::TensorFile`] its weights,
//! and [`convert::Plan`] writes them for another library. `examples/` has whole programs.
//!
//! ## Features
//!
//! All are on by default. Without any, the library reads texts and tensors, judges configs, and converts.
//!
//! - `oracle`: `methods`, `oracle`, `diff`, `inspect`, `merge_weights`, `params`; rules for weights.
//! - `settings`: `adapter-lint.toml`.
//! - `server`: the language server; with `settings`.
//! - `draw`: pictures; with `oracle`.
//! - `cli`: the program; with all of these.
//!
//! ## Modules
//!
//! Data goes one way: text → [`document`] → recognised by one of the [`dialects`] → typed config → [`merge`]d with
//! presets and overrides → judged by [`lint`] against the base model in [`models`] → written by [`report`]. Or, with the
//! feature `oracle`: typed config → modules at their places in the base model → with tensors, the methods that compute.
//!
//! - [`document`]: JSON and YAML text to values that know their place in it, and back.
//! - [`value`]: those values without the place.
//! - [`python`]: truth, equality and text as Python has them, since the libraries judge by these.
//! - [`dialects`]: how each library writes adapters down: typed keys, presets, loading rules, and the rules to lint by.
//! - [`models`]: base models, their sizes, and where adapters can sit in them.
//! - [`merge`]: layers of values that remember where each came from.
//! - [`lint`]: findings, rules, and the engine that runs them.
//! - [`fix`]: texts mended by the fixes that findings offer, and tensors given the names that PEFT finds.
//! - [`report`]: findings as text and data.
//! - [`files`]: outputs that are there as a whole or not at all.
//! - `methods`: what adapters compute, in plain arrays; knows no files and no configs.
//! - `oracle`: golden cases and whole models from files, run with `methods`.
//! - `draw`: pictures of what a config does to a Transformer layer.
//! - [`convert`]: saved adapters of one release, as another reads them.
//! - `diff`: whether two saved adapters are the same function.
//! - `merge_weights`: an adapter of PEFT into the weights of its base model.
//! - [`tensors`]: files of tensors, read without running code and written as a stream.
//! - [`checkpoint`]: what lies in a folder of adapters or an archive: configs with their weights.
//! - `inspect`: what is told of a folder or an archive: its adapters, and every tensor with its place.
//! - `params`: which tensors a config makes in a base model.
//! - `settings`: what a project wants of the linter, `adapter-lint.toml`.
//! - [`schema`]: JSON Schemas of every file, made from the typed keys, each declared by its dialect.
//! - [`manual`]: the manual of the keys, made from the schemas.
//! - `server`: a language server for editors.

pub mod checkpoint;
pub mod convert;
pub mod dialects;
#[cfg(feature = "oracle")]
pub mod diff;
pub mod document;
#[cfg(feature = "draw")]
pub mod draw;
pub mod files;
mod findings;
pub mod fix;
#[cfg(feature = "oracle")]
pub mod inspect;
mod json_schema;
pub mod lint;
pub mod manual;
pub mod merge;
#[cfg(feature = "oracle")]
pub mod merge_weights;
#[cfg(feature = "oracle")]
pub mod methods;
pub mod models;
#[cfg(feature = "oracle")]
pub mod oracle;
mod ordered;
mod packed;
#[cfg(feature = "oracle")]
pub mod params;
pub mod python;
pub mod report;
pub mod schema;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "settings")]
pub mod settings;
pub mod tensors;
pub mod value;

/// Holds the examples of the README to what they say.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
