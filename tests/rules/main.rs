//! The rules of the linter: each is documented, has an example with its flaw, and a fixture.

mod examples;
mod registry;
