//! The rules of the linter: each is documented, has an example with its flaw, and a fixture.

#[cfg(feature = "oracle")]
mod examples;
mod registry;
